//! How a server ends whose database does not let it.

use std::fs;

use reqwest::Client;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::time::{Duration, Instant};

use crate::support::{
    Running, TestDatabase,
    site::{TOKEN, request, titled},
};

/// What a write takes before it appends to the change log: the bytes of `farol`.
const HOLD_WRITES: &str = "SELECT pg_advisory_lock(x'6661726f6c'::bigint)";
/// Less than a statement may take.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_statement_that_waits_does_not_hold_up_the_end() {
    let database = TestDatabase::postgres().await;
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql(HOLD_WRITES).execute(&mut other).await.unwrap();
    let directory = TempDir::new().unwrap();
    let settings = format!("[publish]\ntoken = \"{TOKEN}\"\n[http]\ndrain_ms = 200\n");
    fs::write(directory.path().join("farol.toml"), settings).unwrap();
    let server = Running::start(directory.path(), &["--database-url", &database.url, "serve"]);
    let publish = request("d", &[titled("a", 1, "Road")]);
    let publishing = Client::new().post(&server.endpoint).bearer_auth(TOKEN).json(&publish).send();
    let publishing = tokio::spawn(publishing);
    let waits = "SELECT 1 FROM pg_locks JOIN pg_database ON database = pg_database.oid \
                 WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()";
    while sqlx::query(waits).fetch_optional(&mut other).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }

    let began = Instant::now();
    assert_eq!(server.stop(), Some(0));
    let took = began.elapsed();
    assert!(took < SOON, "{took:?}");
    assert!(publishing.await.unwrap().is_err(), "it was cut");
    let log = fs::read_to_string(directory.path().join(Running::LOG)).unwrap();
    assert!(log.contains("http.drain_ms") && log.contains("tasks=1"), "{log}");
    assert!(!log.contains("could not"), "its transaction was rolled back, and the database closed: {log}");
    other.close().await.unwrap();
}

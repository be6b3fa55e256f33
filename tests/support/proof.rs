//! The harness keeps its own promises.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicU32, Ordering},
};

use farol::config::Backend;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use super::{TestDatabase, databases::Template, on_both_databases, real_data, redis_url};

on_both_databases!(a_test_has_a_database_of_its_own);

/// Both tests of this name create the same table: each finds its database empty.
async fn a_test_has_a_database_of_its_own(database: TestDatabase) {
    const CREATE: &str = "CREATE TABLE mine (id bigint PRIMARY KEY)";
    match database.backend {
        Backend::Sqlite => {
            let url = format!("{}?mode=rwc", database.url);
            let mut connection = SqliteConnection::connect(&url).await.expect("connects");
            sqlx::query(CREATE).execute(&mut connection).await.expect("nothing is in the way");
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.expect("connects");
            sqlx::query(CREATE).execute(&mut connection).await.expect("nothing is in the way");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_filled_once_and_copied_for_each_test() {
    static FILLED: AtomicU32 = AtomicU32::new(0);
    let template = Template {
        key: format!("proof_{}", std::process::id()),
        fill: |url| {
            Box::pin(async move {
                FILLED.fetch_add(1, Ordering::Relaxed);
                let mut connection = PgConnection::connect(&url).await.expect("connects");
                sqlx::query("CREATE TABLE seen (id bigint)").execute(&mut connection).await.expect("creates");
                connection.close().await.expect("closes");
            })
        },
    };
    let (one, other) =
        tokio::join!(TestDatabase::postgres_from(&template), TestDatabase::postgres_from(&template));
    for database in [&one, &other] {
        let mut connection = PgConnection::connect(&database.url).await.expect("connects");
        sqlx::query("INSERT INTO seen VALUES (1)").execute(&mut connection).await.expect("inserts");
        let rows: i64 =
            sqlx::query_scalar("SELECT count(*) FROM seen").fetch_one(&mut connection).await.expect("counts");
        assert_eq!(rows, 1, "the other test's row is not here");
    }
    assert_eq!(FILLED.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_dropped_even_while_it_is_in_use() {
    let database = TestDatabase::postgres().await;
    let (url, name) = (database.url.clone(), database.url.rsplit('/').next().expect("a name").to_owned());
    let mut connection = PgConnection::connect(&url).await.expect("connects");
    drop(database);
    let gone = sqlx::query("SELECT 1").execute(&mut connection).await;
    assert!(gone.is_err(), "the connection was closed by the server");
    let other = TestDatabase::postgres().await;
    let mut connection = PgConnection::connect(&other.url).await.expect("connects");
    let count = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    let count: i64 =
        sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut connection).await.expect("counts");
    assert_eq!(count, 0);
}

/// Orders that must be by code point would pass by luck on a server that sorts so by default.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_not_sort_by_code_point_of_itself() {
    let database = TestDatabase::postgres().await;
    let mut connection = PgConnection::connect(&database.url).await.expect("connects");
    let first: String = sqlx::query_scalar("SELECT min(t) FROM (VALUES ('Z'), ('a')) AS v(t)")
        .fetch_one(&mut connection)
        .await
        .expect("compares");
    assert_eq!(first, "a");
}

#[test]
fn redis_answers() {
    let mut socket = TcpStream::connect(redis_url().trim_start_matches("redis://")).expect("connects");
    socket.write_all(b"PING\r\n").expect("writes");
    let mut answer = [0; 7];
    socket.read_exact(&mut answer).expect("reads");
    assert_eq!(&answer, b"+PONG\r\n");
}

#[test]
fn real_data_is_real_or_said_to_be_left_out() {
    if let Some(directory) = real_data("a look at the manifest of the real data") {
        assert!(directory.join("MANIFEST.md").is_file());
    }
}

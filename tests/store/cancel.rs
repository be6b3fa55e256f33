//! A read that nobody waits for any more ends in the database too, and its connection is free again.

use std::time::Duration;

use farol::{
    config::Backend,
    limit::Breaker,
    store::{Database, Options, query},
};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use crate::{
    graphql::fixture,
    support::{TestDatabase, on_both_databases},
};

on_both_databases!(
    a_dropped_read_is_cancelled,
    a_late_statement_is_cancelled,
    broken_connections_are_replaced
);

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The fixture behind a single reading connection; to read the datasets takes for ever.
async fn slow(data: &TestDatabase, statement_timeout: Duration) -> Database {
    fixture::load(&data.open().await).await;
    data.slow_down("datasets").await;
    one_reader(data, statement_timeout).await
}

async fn one_reader(data: &TestDatabase, statement_timeout: Duration) -> Database {
    let options = Options {
        url: data.url.as_str().into(),
        max_connections: 1,
        acquire_timeout: PATIENCE,
        statement_timeout,
        breaker: Breaker::never(),
    };
    Database::connect(&options).await.unwrap()
}

/// Whether PostgreSQL is running the statement now.
async fn runs(data: &TestDatabase) -> bool {
    let mut connection = PgConnection::connect(&data.url).await.unwrap();
    sqlx::query_scalar(
        "SELECT count(*) > 0 FROM pg_stat_activity \
         WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%datasets%'",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap()
}

async fn until_it_runs(data: &TestDatabase, database: &Database) {
    let running = async {
        match data.backend {
            Backend::Postgres => {
                while !runs(data).await {
                    tokio::task::yield_now().await;
                }
            }
            // The only connection does not answer: it is taken.
            Backend::Sqlite => {
                while timeout(Duration::from_millis(50), database.ping()).await.is_ok() {
                    tokio::task::yield_now().await;
                }
            }
        }
    };
    timeout(PATIENCE, running).await.expect("the statement runs");
}

async fn a_dropped_read_is_cancelled(data: TestDatabase) {
    let database = slow(&data, Duration::from_mins(10)).await;
    let before = processes(&data).await;
    for _ in 0..3 {
        let reading = database.clone();
        let read = tokio::spawn(async move { query::dataset::all(&reading).await });
        until_it_runs(&data, &database).await;
        read.abort();
        // The connection is given back when the statement is over, and works.
        timeout(PATIENCE, database.ping()).await.expect("the connection is free").unwrap();
        assert!(data.backend == Backend::Sqlite || !runs(&data).await, "the statement still runs");
    }
    let after = processes(&data).await;
    assert!(
        before.iter().all(|reader| after.contains(reader)),
        "it is the same connection: {before:?} {after:?}"
    );
    timeout(PATIENCE, database.close()).await.expect("nothing is left to wait for");
}

async fn a_late_statement_is_cancelled(data: TestDatabase) {
    let database = slow(&data, Duration::from_millis(200)).await;
    let late = timeout(PATIENCE, query::dataset::all(&database)).await.expect("it is not waited for");
    assert_eq!(
        late.unwrap_err().to_string(),
        "a database statement took longer than 200 ms (database.statement_timeout_ms)"
    );
    timeout(PATIENCE, database.ping()).await.expect("the connection is free").unwrap();
}

/// After a quiet night: a firewall may have forgotten them, and would not say so.
#[tokio::test]
async fn connections_that_were_idle_for_long_are_not_used() {
    let data = TestDatabase::postgres().await;
    let mut other = PgConnection::connect(&data.url).await.unwrap();
    let database = one_reader(&data, PATIENCE).await;
    database.ping().await.unwrap();
    let before = readers(&mut other).await;
    // Only the time between two statements is not the clock's.
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(11)).await;
    tokio::time::resume();
    database.ping().await.unwrap();
    let replaced = async {
        while readers(&mut other).await.iter().any(|reader| before.contains(reader)) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, replaced).await.expect("they are closed");
    assert_eq!((before.len(), readers(&mut other).await.len()), (1, 1));
}

/// The same, none of SQLite.
async fn processes(data: &TestDatabase) -> Vec<i32> {
    if data.backend == Backend::Sqlite {
        return Vec::new();
    }
    readers(&mut PgConnection::connect(&data.url).await.unwrap()).await
}

/// The processes that serve the program's connections.
async fn readers(by: &mut PgConnection) -> Vec<i32> {
    let processes = "SELECT pid FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'farol'";
    sqlx::query_scalar(processes).fetch_all(by).await.unwrap()
}

/// On SQLite there is nobody who could break a connection: there it only shows that reads go on.
async fn broken_connections_are_replaced(data: TestDatabase) {
    let database = one_reader(&data, PATIENCE).await;
    database.ping().await.unwrap();
    if data.backend == Backend::Postgres {
        let mut other = PgConnection::connect(&data.url).await.unwrap();
        let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let ended: i64 = sqlx::query_scalar(others).fetch_one(&mut other).await.unwrap();
        assert!(ended > 0);
        let broken = database.ping().await.unwrap_err().to_string();
        assert!(broken.starts_with("the database cannot be reached"), "{broken}");
    }
    database.ping().await.unwrap();
}

//! A database that stops and starts again: clear refusals at once, and back by itself.

use std::time::{Duration, Instant};

use farol::{
    limit::{Breaker, BreakerOptions, BreakerState},
    store::{Database, Options, StoreError, query::dataset, write::Transaction},
};
use futures_util::FutureExt;
use tokio::time::timeout;

use crate::{
    graphql::fixture,
    support::{PostgresServer, TestDatabase, on_both_databases},
};

on_both_databases!(a_full_pool_is_no_failure_of_the_database);

/// What the server has by default, but for fewer calls.
fn options() -> BreakerOptions {
    BreakerOptions {
        name: "database",
        window: Duration::from_secs(10),
        min_calls: 5,
        failure_percent: 50,
        slow_percent: 80,
        slow: Duration::from_secs(5),
        pause: Duration::from_secs(1),
    }
}

async fn connect(server: &PostgresServer) -> Database {
    let options = Options {
        url: server.url().into(),
        max_connections: 4,
        acquire_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(30),
        breaker: Breaker::new(options()),
    };
    Database::connect(&options).await.unwrap()
}

#[tokio::test]
async fn stopped_it_is_left_alone_and_started_it_is_back_within_five_seconds() {
    let mut server = PostgresServer::start().await;
    let database = connect(&server).await;
    database.ping().await.unwrap();
    server.kill();

    let mut failures = 0;
    while database.breaker().state() != BreakerState::Open {
        let error = database.ping().await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        failures += 1;
        assert!(failures <= 5, "it is left alone after five failures");
    }
    let refused = database.ping().now_or_never().expect("refused at once").unwrap_err();
    let StoreError::BreakerOpen { retry_after } = refused else { panic!("{refused:?}") };
    assert!(retry_after <= Duration::from_secs(1), "{retry_after:?}");
    let refused = Transaction::begin(&database).now_or_never().expect("refused at once").err();
    assert!(matches!(refused, Some(StoreError::BreakerOpen { .. })), "{refused:?}");

    // Away for longer than a pause: what tries it opens the breaker again.
    while database.breaker().opened() < 3 {
        let _ = database.ping().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.restart().await;
    let since = Instant::now();
    while database.ping().await.is_err() {
        assert!(since.elapsed() < Duration::from_secs(5), "it is back within five seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("back {:?} after the database", since.elapsed());
    Transaction::begin(&database).await.unwrap();
    for _ in 0..3 {
        database.ping().await.unwrap();
    }
    assert_eq!(database.breaker().state(), BreakerState::Closed);
}

#[tokio::test]
async fn a_database_that_refuses_statements_does_not_fail() {
    let server = PostgresServer::start().await;
    let database = connect(&server).await;
    for _ in 0..20 {
        let refused = dataset::all(&database).await.unwrap_err();
        assert!(matches!(refused, StoreError::Database(_)), "there are no tables: {refused:?}");
    }
    assert_eq!((database.breaker().state(), database.breaker().opened()), (BreakerState::Closed, 0));
}

/// By its codes: too many connections, a full disk, an error of its system; and a defect that one statement met.
#[tokio::test]
async fn a_database_that_says_it_cannot_fails() {
    let data = TestDatabase::postgres().await;
    data.execute("ALTER TABLE datasets RENAME TO behind_datasets".to_owned()).await;
    let database = data.open().await;
    for (code, fails) in [("53300", true), ("53100", true), ("58030", true), ("XX000", false)] {
        let refuse = format!(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS boolean LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$"
        );
        data.execute(refuse).await;
        let view = "SELECT d.* FROM refuse() LEFT JOIN behind_datasets d ON true";
        data.execute(format!("CREATE OR REPLACE VIEW datasets AS {view}")).await;
        let error = dataset::all(&database).await.unwrap_err();
        assert_eq!(matches!(error, StoreError::Unavailable(_)), fails, "{code}: {error:?}");
    }
}

/// The only connection reads for ever; neither those who waited long enough nor those who gave up say anything of the
/// database, though they waited for longer than a slow statement takes.
async fn a_full_pool_is_no_failure_of_the_database(data: TestDatabase) {
    fixture::load(&data.open().await).await;
    data.slow_down("datasets").await;
    let slow = Duration::from_millis(10);
    let breaker = Breaker::new(BreakerOptions { slow, ..options() });
    let options = Options {
        url: data.url.as_str().into(),
        max_connections: 1,
        acquire_timeout: Duration::from_secs(1),
        statement_timeout: Duration::from_mins(10),
        breaker,
    };
    let database = Database::connect(&options).await.unwrap();
    let reading = database.clone();
    let read = tokio::spawn(async move { dataset::all(&reading).await });
    while database.pool().in_use == 0 {
        tokio::task::yield_now().await;
    }
    let answers = futures_util::future::join_all((0..10).map(|_| database.ping())).await;
    for answer in answers {
        let error = answer.unwrap_err();
        assert!(matches!(error, StoreError::Busy(_)), "{error:?}");
    }
    for _ in 0..10 {
        assert!(timeout(2 * slow, database.ping()).await.is_err(), "it waits");
    }
    assert_eq!((database.breaker().state(), database.breaker().opened()), (BreakerState::Closed, 0));
    read.abort();
}

//! Statements are timed, slow ones are logged without their values, and the pool tells who waits.

use std::time::Duration;

use farol::{
    import::{self, Outcome},
    limit::Breaker,
    store::{Database, Options, query},
    telemetry::{
        figures::Pool,
        meter::{Meter, Reading},
        metrics::Metrics,
    },
};
use tokio::time::timeout;

use crate::{
    graphql::fixture,
    support::{TestDatabase, listen, on_both_databases},
};

on_both_databases!(
    a_slow_statement_is_told_without_its_values,
    a_statement_given_up_is_told,
    what_writes_is_told_as_well,
    who_waits_is_told
);

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A database with one reading connection, whose statements all count as slow.
async fn timed(data: &TestDatabase, metrics: &Metrics) -> Database {
    let options = Options {
        url: data.url.as_str().into(),
        max_connections: 1,
        acquire_timeout: PATIENCE,
        statement_timeout: Duration::from_mins(10),
        breaker: Breaker::never(),
    };
    let statements = metrics.statements().slow_from(Some(Duration::ZERO));
    Database::connect(&options).await.unwrap().timed(statements)
}

async fn a_slow_statement_is_told_without_its_values(data: TestDatabase) {
    let (lines, _guard) = listen("farol::slow=warn");
    let metrics = Metrics::new().unwrap();
    let database = timed(&data, &metrics).await;
    query::changes::from(&database, 987_654_321, 77).await.unwrap();

    let written = lines.read();
    let [line] = &written[..] else { panic!("one line, not {written:?}") };
    assert_eq!((&line["level"], &line["outcome"]), (&"WARN".into(), &"ok".into()));
    assert!(line["sql"].as_str().unwrap().starts_with("SELECT sequence, at"), "{line}");
    assert_eq!(line["fingerprint"].as_str().map(str::len), Some(16), "{line}");
    assert!(line["duration_ms"].is_u64(), "{line}");
    assert!(!line.to_string().contains("987654321"), "a value is in {line}");
    let figures = metrics.render();
    for line in ["farol_db_slow_queries_total 1", "farol_db_query_duration_seconds_count{outcome=\"ok\"} 1"] {
        assert!(figures.contains(line), "{line} is not in\n{figures}");
    }
}

async fn a_statement_given_up_is_told(data: TestDatabase) {
    let (lines, _guard) = listen("farol::slow=warn");
    fixture::load(&data.open().await).await;
    data.slow_down("datasets").await;
    let metrics = Metrics::new().unwrap();
    let database = timed(&data, &metrics).await;
    // It takes for ever.
    let meter = Meter::default();
    let late = timeout(Duration::from_millis(50), query::dataset::all(&database));
    assert!(meter.measure(late).await.is_err());
    let Reading { statements, database_time } = meter.read();
    assert!(statements == 1 && database_time >= Duration::from_millis(50), "{statements}, {database_time:?}");

    let written = lines.read();
    let [line] = &written[..] else { panic!("one line, not {written:?}") };
    assert_eq!(line["outcome"], "cancelled");
    assert!(line["duration_ms"].as_u64().unwrap() >= 50, "{line}");
    assert!(metrics.render().contains("farol_db_query_duration_seconds_count{outcome=\"cancelled\"} 1"));
}

async fn what_writes_is_told_as_well(data: TestDatabase) {
    let (lines, _guard) = listen("farol::slow=warn");
    let metrics = Metrics::new().unwrap();
    let database = timed(&data, &metrics).await;
    let release = r#"{"ocid": "ocds-x-1", "id": "1", "tender": {"id": "t", "title": "A secret"}}"#;
    let meter = Meter::default();
    let published = meter.measure(import::publish(&database, "d", vec![release.to_owned()])).await.unwrap();
    assert_eq!(published[0].outcome, Outcome::Created);

    let written = lines.read();
    let told = |sql: &str| written.iter().any(|line| line["sql"].as_str().unwrap().starts_with(sql));
    for sql in ["BEGIN", "SELECT id FROM processes", "INSERT INTO releases", "COMMIT"] {
        assert!(told(sql), "{sql} is not in {written:?}");
    }
    assert!(written.iter().all(|line| line["outcome"] == "ok"), "{written:?}");
    assert!(!written.iter().any(|line| line.to_string().contains("secret")), "a value is in {written:?}");
    let Reading { statements, database_time } = meter.read();
    assert_eq!(statements, written.len() as u64, "each counts for the request");
    assert!(database_time > Duration::ZERO);
}

async fn who_waits_is_told(data: TestDatabase) {
    fixture::load(&data.open().await).await;
    data.slow_down("datasets").await;
    let database = timed(&data, &Metrics::new().unwrap()).await;
    assert_eq!(database.pool(), Pool { idle: 1, in_use: 0, most: 1, waiting: 0 });
    let reading = database.clone();
    let slow = tokio::spawn(async move { query::dataset::all(&reading).await });
    until(&database, Pool { idle: 0, in_use: 1, most: 1, waiting: 0 }).await;
    let waiting = database.clone();
    let behind = tokio::spawn(async move { waiting.ping().await });
    until(&database, Pool { idle: 0, in_use: 1, most: 1, waiting: 1 }).await;
    slow.abort();
    behind.await.unwrap().unwrap();
    until(&database, Pool { idle: 1, in_use: 0, most: 1, waiting: 0 }).await;
}

async fn until(database: &Database, pool: Pool) {
    let reached = async {
        while database.pool() != pool {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{:?}, not {pool:?}", database.pool()));
}

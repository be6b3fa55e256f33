//! Publishers at the same time, and those who give up.

use std::time::Duration;

use chrono::Utc;
use farol::{
    import::{self, Outcome},
    limit::Breaker,
    store::{Database, Options, StoreError, id, write::api_key},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio::time::timeout;

use crate::{
    import::{
        desk::{Desk, release},
        dump::assert_same,
    },
    support::{TestDatabase, on_both_databases},
};

on_both_databases!(publishers_of_the_same_releases_store_each_once, what_was_given_up_is_whole_or_not_there,);

fn releases(count: u32) -> Vec<Value> {
    let parts = |at: u32| json!({ "buyer": { "name": format!("Town {}", at % 3) }, "tender": { "title": format!("Road {at}") } });
    (0..count).map(|at| release(&format!("p{}", at / 2), at % 28 + 1, &parts(at))).collect()
}

/// Two stores, as two servers have them, and several publishers on each.
async fn publishers_of_the_same_releases_store_each_once(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let other = desk.database.open().await;
    let all = releases(20);
    let calls = (0..4).flat_map(|at| {
        // Everyone publishes all, in another order.
        let mut mine = all.clone();
        mine.rotate_left(at * 5);
        let texts: Vec<String> = mine.iter().map(Value::to_string).collect();
        [(&desk.store, texts.clone()), (&other, texts)]
    });
    let published = join_all(calls.map(|(store, texts)| import::publish(store, "d", texts))).await;
    let stored = published.into_iter().flat_map(Result::unwrap);
    let stored = stored.filter(|published| published.outcome != Outcome::Unchanged);
    let mut ids: Vec<String> = stored.map(|published| published.release_id.unwrap()).collect();
    ids.sort_unstable();
    let mut expected: Vec<&str> = all.iter().map(|release| release["id"].as_str().unwrap()).collect();
    expected.sort_unstable();
    assert_eq!(ids, expected, "each release was stored by one of them");
    assert_eq!(desk.changes().await.len(), 10);
    let counts = "SELECT processes * 1000 + releases * 10 + organizations FROM datasets";
    assert_eq!(desk.number(counts).await, 10_203);
    other.close().await;
}

/// A call that is dropped anywhere on its way leaves all of its releases or none, and nothing in the way of the
/// next one.
async fn what_was_given_up_is_whole_or_not_there(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let all = releases(12);
    let texts: Vec<String> = all.iter().map(Value::to_string).collect();
    let mut left = Vec::new();
    for micros in (0..60).map(|step| step * 250) {
        let name = format!("d{micros}");
        let call = import::publish(&desk.store, &name, texts.clone());
        let _ = tokio::time::timeout(Duration::from_micros(micros), call).await;
        // What is on its way to be committed may come between two questions, so that there is only one.
        let found = desk.number(&found_and_counted(&name)).await;
        assert!([0, 12_012].contains(&found), "after {micros} µs: {found}");
        left.push(found);
    }
    assert_eq!(left[0], 0, "one was given up before it began");
    for micros in (0..60).map(|step| step * 250) {
        import::publish(&desk.store, &format!("d{micros}"), texts.clone()).await.unwrap();
    }
    let expected = Desk::new(TestDatabase::sqlite().await).await;
    for micros in (0..60).map(|step| step * 250) {
        expected.import_values(&format!("d{micros}"), &all).await;
    }
    let (mut found, mut expected) = (desk.dump().await, expected.dump().await);
    found.remove("changes");
    expected.remove("changes");
    assert_same(&expected, &found);
}

/// How many releases a dataset has, and a thousand times how many it counts.
fn found_and_counted(dataset: &str) -> String {
    format!(
        "SELECT coalesce(sum(d.releases), 0) * 1000 + (SELECT count(*) FROM releases r \
         JOIN processes p ON p.id = r.process_id JOIN datasets e ON e.id = p.dataset_id WHERE e.name = '{dataset}') \
         FROM datasets d WHERE d.name = '{dataset}'"
    )
}

/// On SQLite there is one writer at a time, over all processes: who has waited long enough is to try again.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_too_long_for_another_writer_is_told_to_try_again() {
    let data = TestDatabase::sqlite().await;
    let options = Options {
        url: data.url.as_str().into(),
        max_connections: 2,
        acquire_timeout: Duration::from_millis(100),
        statement_timeout: Duration::from_secs(30),
        breaker: Breaker::never(),
    };
    let store = Database::connect(&options).await.unwrap();
    let mut other = SqliteConnection::connect(&data.url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let texts: Vec<String> = releases(2).iter().map(Value::to_string).collect();
    let refused = import::publish(&store, "d", texts.clone()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Busy(_)), "{refused:?}");
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    let published = import::publish(&store, "d", texts).await.unwrap();
    assert!(published.iter().all(|published| published.outcome == Outcome::Created));
    store.close().await;
}

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an import does for as long as it writes to a dataset: its lock, until the connection is closed.
async fn hold(database: &TestDatabase, dataset: &str) -> PgConnection {
    let mut import = PgConnection::connect(&database.url).await.unwrap();
    let lock = sqlx::query("SELECT pg_advisory_lock($1)").bind(id::dataset(dataset));
    lock.execute(&mut import).await.unwrap();
    import
}

/// Waits until the database has a statement that waits for such a lock, or none any more.
async fn until_one_waits(by: &mut PgConnection, waits: bool) {
    let waiting = "SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
         WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted)";
    let reached = async {
        while sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut *by).await.unwrap() != waits {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("a statement waits: not {waits}"));
}

/// More of them than there are connections that write.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_gave_up_keep_nobody_from_writing() {
    let desk = Desk::new(TestDatabase::postgres().await).await;
    let mut import = hold(&desk.database, "d").await;
    let texts: Vec<String> = releases(2).iter().map(Value::to_string).collect();
    for _ in 0..3 {
        let (store, texts) = (desk.store.clone(), texts.clone());
        let call = tokio::spawn(async move { import::publish(&store, "d", texts).await });
        until_one_waits(&mut import, true).await;
        call.abort();
        until_one_waits(&mut import, false).await;
    }
    let published = timeout(PATIENCE, import::publish(&desk.store, "other", texts.clone())).await;
    assert!(published.unwrap().is_ok());
    api_key::used(&desk.store, &[("k".to_owned(), Utc::now())]).await.unwrap();

    import.close().await.unwrap();
    let published = timeout(PATIENCE, import::publish(&desk.store, "d", texts)).await.unwrap().unwrap();
    assert!(published.iter().all(|published| published.outcome == Outcome::Created));
}

/// On PostgreSQL the writers of a dataset wait for each other: for as long as one waits for a connection.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_too_long_for_an_import_is_told_to_try_again() {
    let data = TestDatabase::postgres().await;
    let options = Options {
        url: data.url.as_str().into(),
        max_connections: 2,
        acquire_timeout: Duration::from_secs(1),
        statement_timeout: Duration::from_mins(10),
        breaker: Breaker::never(),
    };
    let store = Database::connect(&options).await.unwrap();
    let import = hold(&data, "d").await;
    let texts: Vec<String> = releases(2).iter().map(Value::to_string).collect();
    let refused = timeout(PATIENCE, import::publish(&store, "d", texts.clone())).await.unwrap().unwrap_err();
    assert!(matches!(refused, StoreError::Busy(_)), "{refused:?}");
    import.close().await.unwrap();
    let published = import::publish(&store, "d", texts).await.unwrap();
    assert!(published.iter().all(|published| published.outcome == Outcome::Created));
    store.close().await;
}

//! The change log never shows a higher sequence before a lower one, and says which database it is of.

use std::time::Duration;

use chrono::Utc;
use farol::{
    config::Backend,
    store::{
        Database, migrate, notify,
        query::changes::{self, Entry},
        write::{ChangeKind, NewChange, Transaction},
    },
};
use tokio::sync::mpsc;

use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    the_log_follows_commits,
    nothing_remains_of_a_dropped_transaction,
    the_log_is_read_both_ways,
    a_database_is_known_by_its_identity,
);

fn change(ocid: &str) -> NewChange {
    let (paths, tags) = (vec!["tender.status".to_owned()], vec!["process:7".to_owned()]);
    NewChange { kind: ChangeKind::Updated, dataset: 1, process: 7, ocid: ocid.to_owned(), paths, tags }
}

async fn ocids(store: &Database) -> Vec<String> {
    changes::after(store, 0, 100).await.unwrap().into_iter().map(|entry| entry.ocid().to_owned()).collect()
}

async fn the_log_follows_commits(database: TestDatabase) {
    let store = database.open().await;
    let other = database.open().await;
    let first = Transaction::begin(&store).await.unwrap();
    first.commit(Utc::now(), &[change("a"), change("b")]).await.unwrap();
    let second = Transaction::begin(&other).await.unwrap();
    second.commit(Utc::now(), &[change("c")]).await.unwrap();
    let entries = changes::after(&store, 1, 100).await.unwrap();
    assert_eq!(
        entries.iter().map(|entry| (entry.sequence(), entry.ocid())).collect::<Vec<_>>(),
        [(2, "b"), (3, "c")]
    );
    assert_eq!(entries[0].kind(), "updated");
    assert_eq!(entries[0].paths(), r#"["tender.status"]"#);
}

async fn nothing_remains_of_a_dropped_transaction(database: TestDatabase) {
    let store = database.open().await;
    drop(Transaction::begin(&store).await.unwrap());
    Transaction::begin(&store).await.unwrap().commit(Utc::now(), &[change("a")]).await.unwrap();
    assert_eq!(ocids(&store).await, ["a"]);
}

/// Two transactions interleave: the one that appended first has not committed when the other wants to.
/// Without the lock the second would get a higher sequence and show it first.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_never_steps_over_an_uncommitted_entry() {
    let database = TestDatabase::postgres().await;
    let store = database.open().await;
    let mut slow = sqlx::postgres::PgPool::connect(&database.url).await.unwrap().begin().await.unwrap();
    // The first writer, stopped between its append and its commit.
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(0x66_61_72_6f_6c_i64)
        .execute(&mut *slow)
        .await
        .unwrap();
    let insert = "INSERT INTO changes (at, kind, dataset_id, process_id, ocid, paths, tags) \
                  VALUES (now(), 'updated', 1, 1, 'slow', '[]', '[]')";
    sqlx::query(insert).execute(&mut *slow).await.unwrap();
    let writer = store.clone();
    let fast = tokio::spawn(async move {
        Transaction::begin(&writer).await.unwrap().commit(Utc::now(), &[change("fast")]).await.unwrap();
    });
    waits_for_the_lock(&database.url).await;
    assert_eq!(ocids(&store).await, Vec::<String>::new());
    slow.commit().await.unwrap();
    fast.await.unwrap();
    assert_eq!(ocids(&store).await, ["slow", "fast"]);
}

/// Returns once the server shows a session that waits for an advisory lock.
async fn waits_for_the_lock(url: &str) {
    let pool = sqlx::postgres::PgPool::connect(url).await.unwrap();
    let sql = "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
               WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database())";
    tokio::time::timeout(Duration::from_secs(20), async {
        while !sqlx::query_scalar::<_, bool>(sql).fetch_one(&pool).await.unwrap() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the second writer waits");
}

async fn a_database_is_known_by_its_identity(database: TestDatabase) {
    let identity = async |database: &TestDatabase| {
        let store = database.open().await;
        migrate::run(&store).await.unwrap();
        let identity = changes::identity(&store).await.unwrap();
        store.close().await;
        identity
    };
    let other = match database.backend {
        Backend::Sqlite => TestDatabase::sqlite().await,
        // A copy of the same template.
        Backend::Postgres => TestDatabase::postgres().await,
    };
    let known = identity(&database).await;
    assert!(known.len() >= 32, "{known}");
    assert_eq!(identity(&database).await, known, "after a restart");
    assert_ne!(identity(&other).await, known);
}

async fn the_log_is_read_both_ways(database: TestDatabase) {
    let store = database.open().await;
    assert_eq!(changes::head(&store).await.unwrap(), 0);
    let all: Vec<NewChange> = ["a", "b", "c", "d"].map(change).into();
    Transaction::begin(&store).await.unwrap().commit(Utc::now(), &all).await.unwrap();
    let ocids = |entries: Vec<Entry>| {
        let ocids = entries.into_iter().filter_map(|entry| entry.process.map(|process| process.ocid));
        ocids.collect::<Vec<_>>()
    };
    assert_eq!(ocids(changes::from(&store, 2, 2).await.unwrap()), ["b", "c"]);
    assert_eq!(ocids(changes::before(&store, 4, 2).await.unwrap()), ["c", "b"]);
    assert_eq!(changes::head(&store).await.unwrap(), 4);
}

/// Whoever listens is told of each commit, and again once a connection that was cut is there again.
#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_was_cut_off_listens_again() {
    let database = TestDatabase::postgres().await;
    let store = database.open().await;
    let (told, mut heard) = mpsc::unbounded_channel();
    let listened = store.clone();
    let listening = tokio::spawn(async move {
        notify::listen(&listened, || told.send(()).unwrap()).await;
    });
    let mut next =
        async || tokio::time::timeout(Duration::from_secs(30), heard.recv()).await.unwrap().unwrap();
    let append = async || Transaction::begin(&store).await.unwrap().commit(Utc::now(), &[change("a")]).await;
    next().await;
    append().await.unwrap();
    next().await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND query LIKE 'LISTEN %'";
    database.execute(cut.to_owned()).await;
    next().await;
    append().await.unwrap();
    next().await;
    listening.abort();
}

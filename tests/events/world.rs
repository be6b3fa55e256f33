//! A database whose change log is followed.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use farol::{
    cache::{Ledger, Slot, Tag},
    events::{Options, Tail},
    lifecycle::{Drained, Tasks},
    store::{
        Database,
        write::{ChangeKind, NewChange, Transaction},
    },
};
use tokio_util::sync::CancellationToken;

use crate::support::TestDatabase;

/// Longer than any test takes.
pub(super) const NEVER: Duration = Duration::from_hours(10);

/// A follower of a database, which it does not write to.
pub(super) struct World {
    pub(super) database: Arc<TestDatabase>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) tail: Tail,
    tasks: Tasks,
    shutdown: CancellationToken,
}

impl World {
    /// Follows a database from where it is now.
    pub(super) async fn follow(database: impl Into<Arc<TestDatabase>>, options: Options) -> Self {
        let database = database.into();
        let (ledger, tasks, shutdown) = (Arc::default(), Tasks::default(), CancellationToken::new());
        let tail =
            Tail::start(&database.open().await, Arc::clone(&ledger), options, &tasks, shutdown.clone());
        tail.catch_up().await.unwrap();
        Self { database, ledger, tail, tasks, shutdown }
    }

    /// Another one who writes: with connections of its own, as another process has them.
    pub(super) async fn writer(&self) -> Database {
        self.database.open().await
    }

    /// The sequence that a read which begins now is at.
    pub(super) fn position(&self) -> i64 {
        self.ledger.position().expect("the log is followed")
    }

    /// Whether a value that depends on a tag and was read at a sequence counts.
    pub(super) fn counts(&self, read_at: i64, tag: Tag<'_>) -> bool {
        self.ledger.counts(read_at, &[Slot::of(tag)])
    }

    /// Waits until something is so.
    pub(super) async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !is_so(self) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        waited.unwrap_or_else(|_| panic!("it never was so that {what}"));
    }

    /// Stops to follow.
    pub(super) async fn end(&self) {
        self.shutdown.cancel();
        assert_eq!(self.tasks.drain(Duration::from_secs(30)).await, Drained::Clean);
    }
}

/// Only what is told, or asked for, is read.
pub(super) fn without_timer() -> Options {
    Options { interval: NEVER, ..Options::default() }
}

/// A process that changed, with an organisation of the same number.
pub(super) fn change(process: i64) -> NewChange {
    let tags = vec![format!("process:{process}"), format!("organization:{process}")];
    let (kind, ocid) = (ChangeKind::Updated, format!("ocds-{process}"));
    NewChange { kind, dataset: 1, process, ocid, paths: vec![], tags }
}

/// Appends entries.
pub(super) async fn append(store: &Database, at: DateTime<Utc>, changes: &[NewChange]) {
    Transaction::begin(store).await.unwrap().commit(at, changes).await.unwrap();
}

/// Appends an entry without a notification: as if it had been lost.
pub(super) async fn append_silently(database: &TestDatabase, process: i64) {
    database.execute(silently(database, process)).await;
}

/// The statement that does so.
pub(super) fn silently(database: &TestDatabase, process: i64) -> String {
    let at = match database.backend {
        farol::config::Backend::Sqlite => Utc::now().timestamp_millis().to_string(),
        farol::config::Backend::Postgres => "now()".to_owned(),
    };
    let values = format!("{at}, 'updated', 1, {process}, 'ocds-{process}', '[]', '[]'");
    let columns = "at, kind, dataset_id, process_id, ocid, paths, tags";
    format!("INSERT INTO changes ({columns}) VALUES ({values})")
}

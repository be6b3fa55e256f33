//! An engine with subscriptions over a database that others write to.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use farol::{
    cache::Ledger,
    events::{self, Tail},
    graphql::{
        Asked, Call, Engine, Execution, Limits,
        live::{Next, Opened, Subscription},
    },
    lifecycle::Tasks,
    store::{
        Database,
        write::{ChangeKind, NewChange, Transaction},
    },
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::TestDatabase;

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked when nothing else matters.
pub(super) const PLAIN: &str = "subscription($after: String, $size: Int = 50, $delay: Int = 0, $policy: SlowConsumerPolicy = DISCONNECT) {
    processChanges(after: $after, batch: { maxSize: $size, maxDelayMs: $delay }, policy: $policy) {
        changes { cursor ocid kind }
        cursor
        missed { count from to }
    }
}";

pub(super) struct World {
    pub(super) database: TestDatabase,
    pub(super) store: Database,
    pub(super) engine: Engine,
    pub(super) tail: Tail,
    _tasks: Tasks,
}

impl World {
    /// A node that follows the log; `queue` messages wait for a subscriber at most.
    pub(super) async fn begin(database: TestDatabase, queue: usize) -> Self {
        let store = database.open().await;
        let (tasks, ledger) = (Tasks::default(), Arc::<Ledger>::default());
        let options = events::Options { interval: Duration::from_millis(20), ..events::Options::default() };
        let tail = Tail::start(&database.open().await, ledger, options, &tasks, CancellationToken::new());
        tail.catch_up().await.unwrap();
        let engine = Engine::new(database.open().await, Limits::default()).with_live(&tail, queue);
        Self { database, store, engine, tail, _tasks: tasks }
    }

    /// Subscribes as [`PLAIN`] asks.
    pub(super) async fn subscribe(&self, variables: Value) -> Listener {
        self.listen(PLAIN, variables).await
    }

    pub(super) async fn listen(&self, document: &str, variables: Value) -> Listener {
        match self.open(document, variables).await {
            Opened::Stream(messages) => Listener { messages },
            Opened::Once(execution) => panic!("no subscription: {}", text(&execution)),
        }
    }

    /// What is answered instead of a subscription.
    pub(super) async fn refused(&self, document: &str, variables: Value) -> Value {
        match self.open(document, variables).await {
            Opened::Once(execution) => serde_json::from_str(&text(&execution)).unwrap(),
            Opened::Stream(_) => panic!("it is a subscription"),
        }
    }

    pub(super) async fn open(&self, document: &str, variables: Value) -> Opened {
        let request = async_graphql::Request::new(document);
        let request = request.variables(async_graphql::Variables::from_json(variables));
        self.engine.open(Asked::from(request), Call::default()).await
    }

    /// Appends changes of these processes, in one transaction, and has them known here.
    pub(super) async fn write(&self, processes: impl IntoIterator<Item = i64>) {
        append(&self.store, processes).await;
        self.tail.catch_up().await.unwrap();
    }
}

/// Appends changes of these processes, in one transaction.
pub(super) async fn append(store: &Database, processes: impl IntoIterator<Item = i64>) {
    let change = |process: i64| NewChange {
        kind: ChangeKind::Updated,
        dataset: 1,
        process,
        ocid: format!("ocds-{process}"),
        paths: vec!["tender/title".to_owned()],
        tags: vec![format!("process:{process}")],
    };
    let changes: Vec<_> = processes.into_iter().map(change).collect();
    Transaction::begin(store).await.unwrap().commit(Utc::now(), &changes).await.unwrap();
}

fn text(execution: &Execution) -> String {
    let mut bytes = Vec::new();
    execution.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// One subscriber.
pub(super) struct Listener {
    messages: Subscription,
}

impl Listener {
    /// What it is told next: a message's batch.
    pub(super) async fn next(&mut self) -> Value {
        match self.said().await {
            Some(Next::Event(event)) => {
                let mut message: Value = serde_json::from_slice(event.payload()).unwrap();
                assert_eq!(message["errors"], Value::Null, "{message}");
                let batch = message["data"]["processChanges"].take();
                assert_eq!(event.cursor(), batch["cursor"].as_str());
                batch
            }
            Some(Next::Failed(execution)) => panic!("it failed: {}", text(&execution)),
            Some(Next::Ended) | None => panic!("it ended"),
        }
    }

    /// The errors that it ends with.
    pub(super) async fn failure(&mut self) -> Value {
        match self.said().await {
            Some(Next::Failed(execution)) => serde_json::from_str(&text(&execution)).unwrap(),
            Some(Next::Event(event)) => panic!("a message: {:?}", event.payload()),
            Some(Next::Ended) | None => panic!("it ended"),
        }
    }

    /// Whether it ends now, without errors.
    pub(super) async fn ends(&mut self) -> bool {
        matches!(self.said().await, Some(Next::Ended))
    }

    async fn said(&mut self) -> Option<Next> {
        tokio::time::timeout(PATIENCE, self.messages.next()).await.expect("it is told something in time")
    }

    /// The ocids of the next changes, so many of them, as they come.
    pub(super) async fn changes(&mut self, count: usize) -> Vec<String> {
        let mut changes = Vec::new();
        while changes.len() < count {
            changes.extend(ocids(&self.next().await));
        }
        changes
    }
}

/// The ocids of a batch.
pub(super) fn ocids(batch: &Value) -> Vec<String> {
    let changes = batch["changes"].as_array().unwrap();
    changes.iter().map(|change| change["ocid"].as_str().unwrap().to_owned()).collect()
}

/// The ocids of processes.
pub(super) fn named(processes: impl IntoIterator<Item = i64>) -> Vec<String> {
    processes.into_iter().map(|process| format!("ocds-{process}")).collect()
}

/// Variables that begin behind a batch.
pub(super) fn behind(batch: &Value) -> Value {
    json!({ "after": batch["cursor"] })
}

//! One server of several over a database: an engine that keeps what it reads, and what tells it of writes.

use std::{sync::Arc, time::Duration};

use async_graphql::{Request, Variables};
use farol::{
    cache::{
        Capacity, Figures, Ledger, Tiers,
        policy::Lifetimes,
        response,
        shared::{self, Shared},
    },
    events::{self, Tail},
    graphql::{Call, Engine, Execution, Limits},
    lifecycle::Tasks,
    store::query::changes,
};
use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{RedisServer, TestDatabase};

/// A server without its socket. It follows the log when it is told to, and on PostgreSQL when that says so.
pub(super) struct Node {
    pub(super) engine: Engine,
    pub(super) ledger: Arc<Ledger>,
    pub(super) tiers: Arc<Tiers>,
    pub(super) tail: Tail,
    pub(super) shared: Option<Shared>,
    _tasks: Tasks,
    _stop: DropGuard,
}

/// What a node keeps, and where.
#[derive(Clone, Copy, Default)]
pub(super) struct Keeping<'a> {
    pub(super) redis: Option<&'a RedisServer>,
    /// How long a call of Redis may take; however busy the machine, it answers in time.
    pub(super) timeout: Option<Duration>,
    /// Whole responses too.
    pub(super) responses: bool,
    pub(super) lifetimes: Lifetimes,
}

impl Node {
    /// A node that has caught up with the log.
    pub(super) async fn start(data: &TestDatabase, keeping: Keeping<'_>) -> Self {
        let database = data.open().await;
        let shared = match keeping.redis {
            Some(redis) => {
                let options = shared::Options {
                    url: redis.url().into(),
                    ca_file: None,
                    timeout: keeping.timeout.unwrap_or(Duration::from_secs(10)),
                    namespace: changes::identity(&database).await.unwrap(),
                };
                Some(Shared::connect(&options).await.unwrap())
            }
            None => None,
        };
        let (ledger, tasks, stop) = (Arc::new(Ledger::default()), Tasks::default(), CancellationToken::new());
        let options = events::Options { interval: Duration::from_hours(10), ..events::Options::default() };
        let tail = Tail::start(&database, ledger.clone(), options, &tasks, stop.clone());
        tail.catch_up().await.unwrap();
        let capacity = Capacity { lifetimes: keeping.lifetimes, ..Capacity::default() };
        let tiers = Arc::new(Tiers::new(ledger.clone(), shared.clone(), capacity));
        let responses = keeping.responses.then(response::Options::default);
        let engine = Engine::caching(&database, Limits::default(), tiers.clone(), responses);
        Self { engine, ledger, tiers, tail, shared, _tasks: tasks, _stop: stop.drop_guard() }
    }

    /// Its answer to a document.
    pub(super) async fn ask(&self, document: &str, variables: Value) -> Execution {
        ask(&self.engine, document, variables).await
    }

    /// Its answer as it goes over the wire.
    pub(super) async fn text(&self, document: &str) -> String {
        text(&self.ask(document, Value::Null).await)
    }

    pub(super) fn figures(&self) -> Figures {
        self.tiers.figures()
    }

    /// Waits until something is so, of what goes on in the background.
    pub(super) async fn until(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        let waiting = async {
            while !is_so(self).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        waited.unwrap_or_else(|_| panic!("it never was so that {what}"));
    }

    /// Waits until Redis has all that was read, and nothing else.
    pub(super) async fn until_filled(&self, redis: &RedisServer) {
        self.until("Redis has all that was read", async |node| {
            let filled = node.figures().shared.unwrap().fills;
            // Fills that nobody waits for take their time; locks are given back.
            tokio::time::sleep(Duration::from_millis(200)).await;
            filled > 0
                && node.figures().shared.unwrap().fills == filled
                && redis.ask::<u64>(&["DBSIZE"]).await == filled
        })
        .await;
    }
}

/// An engine's answer to a document.
pub(super) async fn ask(engine: &Engine, document: &str, variables: Value) -> Execution {
    engine.execute(Request::new(document).variables(Variables::from_json(variables)), Call::default()).await
}

/// An answer as it goes over the wire.
pub(super) fn text(execution: &Execution) -> String {
    let mut body = Vec::new();
    execution.write(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

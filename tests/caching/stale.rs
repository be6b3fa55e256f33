//! Two nodes, one Redis, and a value that was read before a write and arrives behind it: nobody is answered
//! with it who may know better.

use std::{sync::Arc, time::Duration};

use farol::{
    cache::{
        Cached, Capacity, Ledger, Relation as Kept, Tier, Tiers,
        policy::{FIELDS, Policy, ROWS},
        shared::{Options, Shared},
    },
    loader::{Limits, Relation},
};
use tokio::task::JoinHandle;

use crate::{
    cache::world::{Source, Versions, World, ask, mark},
    support::RedisServer,
};

/// A node over a world that all nodes share, as they do a database.
struct Node {
    ledger: Arc<Ledger>,
    tiers: Arc<Tiers>,
    source: Source,
}

/// What a node answers: the version of the one key, and who gave it.
type Answer = (Option<i64>, Tier);

impl Node {
    /// A node that has followed the log up to here.
    async fn start(world: &Arc<World>, redis: &RedisServer, policy: Policy, position: i64) -> Self {
        let options = Options {
            url: redis.url().into(),
            ca_file: None,
            timeout: Duration::from_secs(10),
            namespace: "test".to_owned(),
        };
        let shared = Shared::connect(&options).await.unwrap();
        let ledger = Arc::new(Ledger::default());
        ledger.open(0, position);
        let tiers = Arc::new(Tiers::new(ledger.clone(), Some(shared), Capacity::default()));
        let kept = Kept { name: "versions".to_owned(), number: 0, policy };
        let cached = Cached::new(Versions(world.clone()), kept, Some(tiers.clone()));
        let source = Relation::new(cached, Limits { in_flight: usize::MAX, largest: 100 });
        Self { ledger, tiers, source }
    }

    async fn ask(&self) -> Answer {
        let found = ask(&self.source, KEY).await.unwrap();
        (found.entry.value, found.tier)
    }

    /// Begins to ask, and comes back when the load has read its value; it ends when the gate opens.
    async fn begin(&self, world: &World) -> JoinHandle<Answer> {
        let (source, before) = (self.source.clone(), world.loads());
        world.gate.close();
        let asked = tokio::spawn(async move {
            let found = ask(&source, KEY).await.unwrap();
            (found.entry.value, found.tier)
        });
        while world.loads() == before || !world.gate.is_reached() {
            tokio::task::yield_now().await;
        }
        asked
    }
}

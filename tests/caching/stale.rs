//! Two nodes, one Redis, and a value that was read before a write and arrives behind it: nobody is answered
//! with it who knows of the write.

use std::{sync::Arc, time::Duration};

use farol::{
    cache::{
        Cached, Capacity, Ledger, Relation as Kept, Tier, Tiers,
        policy::{FIELDS, Policy, ROWS},
        shared::{Counts, Fill, Held, Options, Shared},
    },
    loader::{Limits, Relation},
};
use futures_util::future::join_all;
use serde_json::json;
use tokio::{sync::Notify, task::JoinHandle};

use super::{
    node::{Keeping, Node as Server},
    releases,
};
use crate::{
    cache::world::{Source, Versions, World, ask, mark},
    support::{RedisServer, TestDatabase, on_both_databases},
};

on_both_databases!(a_write_by_another_is_read_once_for_all_nodes);

/// The one key that is asked for.
const KEY: i64 = 7;

/// A node over a world that all nodes share, as they do a database.
struct Node {
    ledger: Arc<Ledger>,
    source: Source,
    shared: Shared,
}

/// What a node answers: the version of the key, and who gave it.
type Answer = (Option<i64>, Tier);

impl Node {
    /// A node that has followed the log up to a sequence.
    async fn start(world: &Arc<World>, redis: &RedisServer, policy: Policy, position: i64) -> Self {
        let timeout = Duration::from_secs(10);
        let options =
            Options { url: redis.url().into(), ca_file: None, timeout, namespace: "test".to_owned() };
        let shared = Shared::connect(&options).await.unwrap();
        let ledger = Arc::new(Ledger::default());
        ledger.open(0, position);
        let tiers = Arc::new(Tiers::new(ledger.clone(), Some(shared.clone()), Capacity::default()));
        let kept = Kept { name: "versions".to_owned(), number: 0, policy };
        let cached = Cached::new(Versions(world.clone()), kept, Some(tiers));
        let source = Relation::new(cached, Limits { in_flight: usize::MAX, largest: 100 });
        Self { ledger, source, shared }
    }

    async fn ask(&self) -> Answer {
        answer(&self.source).await
    }

    /// Asks, and comes back when the load has read its value; it ends when that is told.
    async fn begin(&self, world: &World) -> (JoinHandle<Answer>, Arc<Notify>) {
        let (source, hold) = (self.source.clone(), world.hold());
        let asked = tokio::spawn(async move { answer(&source).await });
        while world.is_to_hold() {
            tokio::task::yield_now().await;
        }
        (asked, hold)
    }

    /// Waits until Redis has taken or refused what this node read.
    async fn until_filled(&self) -> Counts {
        loop {
            let counts = self.shared.counts();
            if counts.fills + counts.outdated > 0 {
                return counts;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn answer(source: &Source) -> Answer {
    let found = ask(source, KEY).await.unwrap();
    (found.entry.value, found.tier)
}

#[tokio::test]
async fn a_fill_that_comes_behind_a_newer_one_is_refused() {
    for policy in [ROWS, FIELDS] {
        let (world, redis) = (Arc::new(World::default()), RedisServer::start().await);
        world.write(KEY);
        let [a, b] = [(), ()].map(|()| Node::start(&world, &redis, policy, 1));
        let (a, b) = (a.await, b.await);
        let (late, hold) = a.begin(&world).await;
        assert_eq!(world.write(KEY), 2);
        mark(&b.ledger, 2, KEY);
        assert_eq!(b.ask().await, (Some(2), Tier::Database));
        assert_eq!(b.until_filled().await.fills, 1);

        hold.notify_one();
        assert_eq!(late.await.unwrap(), (Some(1), Tier::Database), "it began before the write");
        let counts = a.until_filled().await;
        assert_eq!((counts.fills, counts.outdated), (0, 1));
        mark(&a.ledger, 2, KEY);
        assert_eq!(a.ask().await, (Some(2), Tier::Shared));
        assert_eq!(b.ask().await, (Some(2), Tier::Memory));
        assert_eq!(Node::start(&world, &redis, policy, 2).await.ask().await, (Some(2), Tier::Shared));
    }
}

#[tokio::test]
async fn a_fill_that_comes_first_is_used_by_nobody_who_knows_of_the_write() {
    for policy in [ROWS, FIELDS] {
        let (world, redis) = (Arc::new(World::default()), RedisServer::start().await);
        world.write(KEY);
        let a = Node::start(&world, &redis, policy, 1).await;
        let (late, hold) = a.begin(&world).await;
        assert_eq!(world.write(KEY), 2);
        hold.notify_one();
        assert_eq!(late.await.unwrap(), (Some(1), Tier::Database), "it began before the write");
        assert_eq!(a.until_filled().await.fills, 1);
        // One that has not heard of the write yet takes what is there.
        let behind = Node::start(&world, &redis, policy, 1).await;
        assert_eq!(behind.ask().await, (Some(1), Tier::Shared));

        let b = Node::start(&world, &redis, policy, 1).await;
        mark(&b.ledger, 2, KEY);
        assert_eq!(b.ask().await, (Some(2), Tier::Database));
        assert_eq!(b.until_filled().await.fills, 1);
        for node in [&a, &behind] {
            mark(&node.ledger, 2, KEY);
            assert_eq!(node.ask().await, (Some(2), Tier::Shared));
        }
    }
}

/// The same over tables, with the change log that a write appends to.
async fn a_write_by_another_is_read_once_for_all_nodes(data: TestDatabase) {
    const COUNT: &str = "{ processes { totalCount } }";
    let (redis, writer) = (RedisServer::start().await, data.open().await);
    let keeping = Keeping { redis: Some(&redis), ..Keeping::default() };
    let nodes = [(), (), ()].map(|()| Server::start(&data, keeping));
    let nodes = join_all(nodes).await;
    for number in 1..4 {
        let before = nodes.iter().map(|node| node.figures().loads).sum::<u64>();
        let release = json!({ "ocid": format!("ocds-{number}"), "id": "1", "date": "2024-01-01T00:00:00Z" });
        releases::import(&writer, "left", &[release]).await;
        let expected = format!("{{\"data\":{{\"processes\":{{\"totalCount\":{number}}}}}}}");
        for node in &nodes {
            node.tail.catch_up().await.unwrap();
            assert_eq!(node.text(COUNT).await, expected);
            assert_eq!(node.text(COUNT).await, expected);
        }
        assert_eq!(nodes.iter().map(|node| node.figures().loads).sum::<u64>(), before + 1);
        assert_eq!(Server::start(&data, keeping).await.text(COUNT).await, expected);
    }
}

/// Between looking for a value and being given the right to load it, a node may have missed that another
/// loaded it and gave the right back.
#[tokio::test]
async fn who_is_given_the_right_to_load_looks_once_more() {
    let (world, redis) = (Arc::new(World::default()), RedisServer::start().await);
    world.write(KEY);
    let other = Node::start(&world, &redis, FIELDS, 1).await;
    assert_eq!(other.ask().await, (Some(1), Tier::Database));
    let keys: Vec<String> = redis.ask(&["KEYS", "*:value:*"]).await;
    let key = keys[0].split_once(":value:").unwrap().1.to_owned();
    let Held { read_at, bytes } = other.shared.get(std::slice::from_ref(&key)).await.remove(0).unwrap();
    let _: u64 = redis.ask(&["DEL", &keys[0]]).await;

    // While Redis answers nobody, a node asks and then the other fills: it will do both in this order.
    let node = Node::start(&world, &redis, FIELDS, 1).await;
    let _: String = redis.ask(&["CLIENT", "PAUSE", "600"]).await;
    let source = node.source.clone();
    let asked = tokio::spawn(async move { answer(&source).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.shared.fill(vec![Fill { key, read_at, bytes }], Duration::from_mins(1)).await;
    assert_eq!(asked.await.unwrap(), (Some(1), Tier::Shared));
    assert_eq!(world.loads(), 1);
}

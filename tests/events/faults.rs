//! Whatever happens to Redis and to whoever relays, every node sees every entry once and in order.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use chrono::Utc;
use farol::{
    config::Backend,
    events::Options,
    store::query::changes::{self, Entry},
};
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::{
    nodes::{LOCK, Node, STREAM, until, until_known, until_relayed},
    world::{append, change, silently},
};
use crate::support::{RedisServer, TestDatabase, on_both_databases};

on_both_databases!(every_node_sees_every_entry_once_and_in_order);

const NODES: usize = 3;

/// What happens while others write.
#[derive(Clone, Debug)]
enum Fault {
    /// So many changes at once, without a notification.
    Silently(u8),
    /// Redis is killed, and is there again, empty, when so many more entries are known.
    Killed(u8),
    Flushed,
    /// The stream is cut to so many batches.
    Trimmed(u8),
    /// Redis does not answer for so many milliseconds.
    Held(u16),
    /// Another has the lock, for so many milliseconds, and tells nothing.
    Stolen(u16),
    /// The lock is gone.
    Unlocked,
    /// A node dies without a word, and another comes.
    Died(usize),
    /// A node ends, and another comes.
    Ended(usize),
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (1..50_u8).prop_map(Fault::Silently),
        (0..20_u8).prop_map(Fault::Killed),
        Just(Fault::Flushed),
        (0..3_u8).prop_map(Fault::Trimmed),
        (1..900_u16).prop_map(Fault::Held),
        (1..900_u16).prop_map(Fault::Stolen),
        Just(Fault::Unlocked),
        (0..NODES).prop_map(Fault::Died),
        (0..NODES).prop_map(Fault::Ended),
    ]
}

async fn every_node_sees_every_entry_once_and_in_order(database: TestDatabase) {
    let mut runner = TestRunner::new(ProptestConfig::default());
    let steps = vec((fault(), 0..30_u8), 24).new_tree(&mut runner).unwrap().current();
    println!("{steps:#?}");
    let database = Arc::new(database);
    let mut redis = RedisServer::start().await;
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(Node::start(&database, &redis, Options::default()).await);
    }
    until_relayed(&redis).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(write(database.clone(), stop.clone()));
    let mut dead = Vec::new();
    for (fault, more) in steps {
        // Some faults meet the ones before, others a node that has recovered.
        known(&nodes, more).await;
        match fault {
            Fault::Silently(count) => {
                for process in 0..i64::from(count) {
                    write_silently(&database, process + 1).await;
                }
            }
            Fault::Killed(more) => {
                redis.kill();
                known(&nodes, more).await;
                redis.restart().await;
            }
            Fault::Flushed => tell(&redis, &["FLUSHALL"]).await,
            Fault::Trimmed(left) => tell(&redis, &["XTRIM", STREAM, "MAXLEN", &left.to_string()]).await,
            Fault::Held(time) => tell(&redis, &["CLIENT", "PAUSE", &time.to_string(), "ALL"]).await,
            Fault::Stolen(time) => tell(&redis, &["SET", LOCK, "a thief", "PX", &time.to_string()]).await,
            Fault::Unlocked => tell(&redis, &["DEL", LOCK]).await,
            Fault::Died(node) => {
                dead.push(nodes.swap_remove(node).die().await);
                nodes.push(Node::start(&database, &redis, Options::default()).await);
            }
            Fault::Ended(node) => {
                nodes.swap_remove(node).end().await;
                nodes.push(Node::start(&database, &redis, Options::default()).await);
            }
        }
    }
    stop.store(true, SeqCst);
    writing.await.unwrap();
    let log = log(&database).await;
    let all: Vec<&Node> = nodes.iter().collect();
    until_known(&all, log.last().unwrap().sequence).await;
    assert!(log.len() > 300, "{} entries were written", log.len());
    for node in nodes {
        assert_eq!(node.log(), 0, "it is one log");
        assert_part_of(&log, &node.seen());
    }
    for seen in dead {
        assert_part_of(&log, &seen);
    }
}

/// Every entry from the first to the last, as it is in the log.
fn assert_part_of(log: &[Arc<Entry>], seen: &[Arc<Entry>]) {
    let Some(first) = seen.first() else { return };
    let begun = log.partition_point(|entry| entry.sequence < first.sequence);
    assert!(log.len() - begun >= seen.len(), "{} entries of {}", seen.len(), log.len() - begun);
    if let Some(other) = (0..seen.len()).find(|at| seen[*at] != log[begun + at]) {
        let around =
            |all: &[Arc<Entry>], at: usize| all[at.saturating_sub(2)..all.len().min(at + 3)].to_vec();
        panic!("seen: {:#?}, in the log: {:#?}", around(seen, other), around(log, begun + other));
    }
}

/// Tells Redis something, as soon as it answers.
async fn tell(redis: &RedisServer, command: &[&str]) {
    until("Redis answers", async || redis.answers().await).await;
    redis.ask::<redis::Value>(command).await;
}

/// Waits until a node knows so many entries more.
async fn known(nodes: &[Node], more: u8) {
    until_known(&[&nodes[0]], nodes[0].place() + i64::from(more)).await;
}

/// Writes a little, again and again.
async fn write(database: Arc<TestDatabase>, stop: Arc<AtomicBool>) {
    let store = database.open().await;
    let mut number = 0;
    while !stop.load(SeqCst) {
        number += 1;
        let changes: Vec<_> = (0..=number % 4).map(|process| change(process + 1)).collect();
        append(&store, Utc::now(), &changes).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Writes without a notification: as if it had been lost.
async fn write_silently(database: &TestDatabase, process: i64) {
    let insert = silently(database, process);
    // Sequences become visible in order only if whoever writes takes the lock (src/store/write/postgres.rs).
    let sql = match database.backend {
        Backend::Sqlite => insert,
        Backend::Postgres => {
            format!("BEGIN; SELECT pg_advisory_xact_lock(x'6661726f6c'::bigint); {insert}; COMMIT")
        }
    };
    database.execute(sql).await;
}

/// The whole log.
async fn log(database: &TestDatabase) -> Vec<Arc<Entry>> {
    let entries = changes::from(&database.open().await, 0, 1_000_000).await.unwrap();
    entries.into_iter().map(Arc::new).collect()
}

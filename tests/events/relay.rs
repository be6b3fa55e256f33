//! One node reads the log for all.

use std::time::Duration;

use chrono::Utc;
use farol::events::Options;

use super::{
    nodes::{LOCK, Node, STREAM, only_fed, until, until_fed, until_known, until_relayed},
    world::{append, append_silently, change},
};
use crate::support::{RedisServer, TestDatabase, on_both_databases};

on_both_databases!(
    a_node_that_is_fed_reads_the_log_seldom,
    when_the_relay_dies_another_takes_over,
    a_relay_that_ends_gives_the_right_back,
    a_relay_that_cannot_read_the_log_gives_the_right_back,
    a_stolen_right_doubles_nothing,
    a_large_write_comes_in_parts,
    without_redis_each_reads_for_itself,
);

async fn a_node_that_is_fed_reads_the_log_seldom(database: TestDatabase) {
    const WRITES: i64 = 60;
    let redis = RedisServer::start().await;
    let relay = Node::start(&database, &redis, only_fed()).await;
    until_relayed(&redis).await;
    let fed = Node::start(&database, &redis, only_fed()).await;
    let writer = database.open().await;
    until_fed(&fed, &writer).await;

    let (looks, relay_looks, begun) = (fed.tail.looks(), relay.tail.looks(), fed.place());
    for process in 1..=WRITES {
        append(&writer, Utc::now(), &[change(process)]).await;
        until_known(&[&relay, &fed], begun + process).await;
    }
    let (looks, relay_looks) = (fed.tail.looks() - looks, relay.tail.looks() - relay_looks);
    assert!(relay_looks >= 60, "the relay looked {relay_looks} times");
    // One whose words are late on a busy machine is looked after.
    assert!(looks <= 15, "the node that is fed looked {looks} times");
    assert!(fed.has_all(begun + WRITES));
    let own = fed.seen().split_off(fed.seen().len() - 60);
    assert_eq!(own, relay.seen().split_off(relay.seen().len() - 60), "whole entries");
    assert!(redis.ask::<i64>(&["PTTL", STREAM]).await > 0, "what lies in Redis has an end");
}

async fn when_the_relay_dies_another_takes_over(database: TestDatabase) {
    let redis = RedisServer::start().await;
    let relay = Node::start(&database, &redis, only_fed()).await;
    until_relayed(&redis).await;
    let nodes =
        [Node::start(&database, &redis, only_fed()).await, Node::start(&database, &redis, only_fed()).await];
    let writer = database.open().await;
    for node in &nodes {
        until_fed(node, &writer).await;
    }
    relay.die().await;
    let begun = nodes[0].place();
    append_silently(&database, 7).await;
    until_known(&[&nodes[0], &nodes[1]], begun + 1).await;
    // Now one of them feeds the other.
    until("one is fed again", async || {
        let (looks, before) = ([0, 1].map(|node| nodes[node].tail.looks()), nodes[0].place());
        append(&writer, Utc::now(), &[change(1)]).await;
        until_known(&[&nodes[0], &nodes[1]], before + 1).await;
        [0, 1].into_iter().any(|node| nodes[node].tail.looks() == looks[node])
    })
    .await;
    for node in nodes {
        assert!(node.has_all(node.place()), "{:?}", node.sequences());
    }
}

async fn a_relay_that_ends_gives_the_right_back(database: TestDatabase) {
    let redis = RedisServer::start().await;
    let relay = Node::start(&database, &redis, Options::default()).await;
    until_relayed(&redis).await;
    relay.end().await;
    assert!(!redis.ask::<bool>(&["EXISTS", LOCK]).await);
}

async fn a_relay_that_cannot_read_the_log_gives_the_right_back(database: TestDatabase) {
    let redis = RedisServer::start().await;
    let short = Options { fed_interval: Duration::from_millis(500), ..Options::default() };
    let relay = Node::start(&database, &redis, short).await;
    until_relayed(&redis).await;
    database.execute("ALTER TABLE changes RENAME TO away".to_owned()).await;
    until("nobody relays", async || !redis.ask::<bool>(&["EXISTS", LOCK]).await).await;
    database.execute("ALTER TABLE away RENAME TO changes".to_owned()).await;
    until_relayed(&redis).await;
    relay.end().await;
}

/// The lock goes from one to the other in the middle of their work.
async fn a_stolen_right_doubles_nothing(database: TestDatabase) {
    let redis = RedisServer::start().await;
    let quick = Options { interval: Duration::from_millis(20), ..Options::default() };
    let nodes = [Node::start(&database, &redis, quick).await, Node::start(&database, &redis, quick).await];
    until_relayed(&redis).await;
    let writer = database.open().await;
    let mut tokens = Vec::new();
    for process in 1..=60 {
        if process % 3 == 0 {
            tokens.extend(redis.ask::<Option<String>>(&["GETDEL", LOCK]).await);
        }
        append(&writer, Utc::now(), &[change(process), change(process)]).await;
        until_known(&[&nodes[usize::from(process % 2 == 0)]], 2 * process).await;
    }
    until_known(&[&nodes[0], &nodes[1]], 120).await;
    for node in &nodes {
        assert!(node.has_all(120), "{:?}", node.sequences());
    }
    tokens.dedup();
    assert!(tokens.len() >= 3, "it was taken anew: {tokens:?}");
}

/// Larger than a batch, and than what is added to the stream at once.
async fn a_large_write_comes_in_parts(database: TestDatabase) {
    let redis = RedisServer::start().await;
    let relay = Node::start(&database, &redis, only_fed()).await;
    until_relayed(&redis).await;
    let fed = Node::start(&database, &redis, only_fed()).await;
    let writer = database.open().await;
    until_fed(&fed, &writer).await;
    let begun = fed.place();
    let changes: Vec<_> = (1..=5_000).map(change).collect();
    append(&writer, Utc::now(), &changes).await;
    until_known(&[&relay, &fed], begun + 5_000).await;
    assert!(fed.has_all(begun + 5_000));
    until("all of it was told", async || redis.ask::<u64>(&["XLEN", STREAM]).await >= 20).await;
    // More than a node remembers: the others are told that something is missing, and read it.
    let changes: Vec<_> = (1..=25_000).map(change).collect();
    append(&writer, Utc::now(), &changes).await;
    until("it is known", async || fed.place() == begun + 30_000).await;
    append(&writer, Utc::now(), &[change(1)]).await;
    until("it goes on", async || fed.place() == begun + 30_001).await;
}

async fn without_redis_each_reads_for_itself(database: TestDatabase) {
    let mut redis = RedisServer::start().await;
    redis.kill();
    let nodes = [
        Node::start(&database, &redis, Options::default()).await,
        Node::start(&database, &redis, Options::default()).await,
    ];
    let writer = database.open().await;
    append(&writer, Utc::now(), &[change(1)]).await;
    until_known(&[&nodes[0], &nodes[1]], 1).await;
    redis.restart().await;
    until_relayed(&redis).await;
    append(&writer, Utc::now(), &[change(2)]).await;
    until_known(&[&nodes[0], &nodes[1]], 2).await;
    redis.kill();
    append(&writer, Utc::now(), &[change(3)]).await;
    until_known(&[&nodes[0], &nodes[1]], 3).await;
    for node in nodes {
        assert_eq!(node.sequences(), [1, 2, 3]);
    }
}

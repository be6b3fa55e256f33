//! What a stream tells that is not so, or not all of it. Here the test is the relay: it says again what a true one
//! said once.

use std::time::Duration;

use chrono::Utc;
use farol::{config::Backend, events::Options};

use super::{
    nodes::{LOCK, Node, STREAM, only_fed, until, until_known, until_relayed},
    world::{append, change},
};
use crate::support::{RedisServer, TestDatabase, on_both_databases};

on_both_databases!(
    what_is_missing_in_the_stream_is_read_from_the_log,
    what_is_known_or_no_batch_at_all_does_no_harm,
    a_stream_of_a_lost_log_is_not_read,
    entries_of_a_lost_log_are_found_out,
);

/// What lies in a stream: ids, and of each the fields and values.
type Entries = Vec<(String, Vec<(String, Vec<u8>)>)>;

/// A database whose log has six entries, the last three of which lie aside; and what a relay said of each.
struct Told {
    database: TestDatabase,
    redis: RedisServer,
    batches: Vec<Vec<u8>>,
}

impl Told {
    async fn begin(database: TestDatabase) -> Self {
        let redis = RedisServer::start().await;
        let relay = Node::start(&database, &redis, Options::default()).await;
        until_relayed(&redis).await;
        let writer = database.open().await;
        for sequence in 1..=6 {
            append(&writer, Utc::now(), &[change(sequence)]).await;
            let sequence = u64::try_from(sequence).unwrap();
            until("it is told", async || redis.ask::<u64>(&["XLEN", STREAM]).await == sequence).await;
        }
        relay.end().await;
        let entries: Entries = redis.ask(&["XRANGE", STREAM, "-", "+"]).await;
        let batches = entries.into_iter().map(|(_, mut fields)| fields.remove(0).1).collect();
        for sql in [
            "CREATE TABLE aside AS SELECT * FROM changes WHERE sequence > 3",
            "DELETE FROM changes WHERE sequence > 3",
        ] {
            database.execute(sql.to_owned()).await;
        }
        Self { database, redis, batches }
    }

    /// Empties Redis, and has nobody but the test be the relay.
    async fn take_over(&self) {
        self.redis.ask::<()>(&["FLUSHALL"]).await;
        self.redis.ask::<()>(&["SET", LOCK, "the test"]).await;
    }

    /// Says what the relay said of an entry.
    async fn tell(&self, sequence: usize) {
        let id = format!("{sequence}-0");
        let command: [&[u8]; 5] =
            [b"XADD", STREAM.as_bytes(), id.as_bytes(), b"batch", &self.batches[sequence - 1]];
        self.redis.ask::<String>(&command).await;
    }

    /// The last three entries are in the log.
    async fn restore(&self) {
        let overriding = match self.database.backend {
            Backend::Sqlite => "",
            Backend::Postgres => "OVERRIDING SYSTEM VALUE",
        };
        self.database.execute(format!("INSERT INTO changes {overriding} SELECT * FROM aside")).await;
    }

    /// A node that does not look at the log any more, because it is fed.
    async fn fed(&self) -> Node {
        let node = Node::start(&self.database, &self.redis, only_fed()).await;
        until("it looks no more", async || {
            let looks = node.tail.looks();
            tokio::time::sleep(Duration::from_millis(100)).await;
            node.tail.looks() == looks
        })
        .await;
        node
    }
}

async fn what_is_missing_in_the_stream_is_read_from_the_log(database: TestDatabase) {
    let told = Told::begin(database).await;
    told.take_over().await;
    let node = told.fed().await;
    told.restore().await;
    told.tell(5).await;
    until_known(&[&node], 6).await;
    told.tell(6).await;
    told.take_over().await;
    append(&told.database.open().await, Utc::now(), &[change(7)]).await;
    node.tail.catch_up().await.unwrap();
    until("all are seen", async || node.sequences().len() == 4).await;
    assert_eq!(node.sequences(), [4, 5, 6, 7]);
}

async fn what_is_known_or_no_batch_at_all_does_no_harm(database: TestDatabase) {
    let told = Told::begin(database).await;
    told.take_over().await;
    let node = told.fed().await;
    told.restore().await;
    told.tell(4).await;
    until_known(&[&node], 4).await;
    let looks = node.tail.looks();
    told.redis.ask::<u64>(&["DEL", STREAM]).await;
    for sequence in [3, 4, 5] {
        told.tell(sequence).await;
    }
    until_known(&[&node], 5).await;
    assert_eq!((node.sequences(), node.tail.looks()), (vec![4, 5], looks), "the log was not needed");
    // Under an id that no log reaches. It is removed, and the lock with it: this node is the relay then.
    told.redis.ask::<String>(&["XADD", STREAM, "*", "batch", "nonsense"]).await;
    until_known(&[&node], 6).await;
    until("it is removed", async || told.redis.ask::<u64>(&["XLEN", STREAM]).await <= 1).await;
    assert_eq!(node.sequences(), [4, 5, 6]);
    assert_eq!(node.log(), 0, "it is the same log");
}

/// As after a restore while no server ran: nobody knows but Redis that there was more.
async fn a_stream_of_a_lost_log_is_not_read(database: TestDatabase) {
    let told = Told::begin(database).await;
    assert_eq!(told.redis.ask::<u64>(&["XLEN", STREAM]).await, 6);
    let node = Node::start(&told.database, &told.redis, Options::default()).await;
    until("it is removed", async || told.redis.ask::<u64>(&["XLEN", STREAM]).await == 0).await;
    until_relayed(&told.redis).await;
    assert_eq!((node.place(), node.sequences()), (3, vec![]));
}

async fn entries_of_a_lost_log_are_found_out(database: TestDatabase) {
    let told = Told::begin(database).await;
    told.take_over().await;
    // Slow enough that what is told comes before a look.
    let options = Options { fed_interval: Duration::from_secs(2), ..Options::default() };
    let node = Node::start(&told.database, &told.redis, options).await;
    until("what is not in the log is believed", async || {
        told.take_over().await;
        told.tell(4).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        node.sequences() == [4]
    })
    .await;
    until("it is found out", async || node.log() == 1 && node.place() == 3).await;
    until("it is removed", async || told.redis.ask::<u64>(&["XLEN", STREAM]).await == 0).await;
}

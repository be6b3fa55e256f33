//! The newest part of the change log as it lies in Redis, and the right to add to it.
//!
//! Batches ([`Batch`]) lie in a stream, each under the sequence of its last entry, so that Redis itself refuses
//! what would be out of order. One node at a time may add to it: the one whose token is in the lock, which ends
//! by itself soon after the node does. Adding compares the token and renews the lock in one step, so a node that
//! was held up and lost the lock adds nothing, however late its words arrive.
//!
//! What reads waits in Redis, on a connection of its own, and asks for the lock in the same breath. Every call
//! ends in time; one that fails leaves the connection of no use.

use std::{sync::LazyLock, time::Duration};

use redis::{RedisError, Script, aio::MultiplexedConnection, cmd, pipe};

use super::batch::Batch;
use crate::cache::shared::{Failure, Shared, UNLOCK, in_time};

/// How long a reader waits in Redis for something to come. As often it sees whether the lock is held.
pub(super) const WAIT: Duration = Duration::from_millis(250);
/// How long the lock lasts when it is not renewed.
const LOCK: Duration = Duration::from_secs(2);
/// How long Redis has for an answer, besides what it was asked to wait. Nobody is held up meanwhile.
const ANSWER: Duration = Duration::from_millis(500);
/// How long the stream is kept when nobody relays any more.
const KEPT: Duration = Duration::from_mins(10);
/// Batches that are kept, about. Who is further behind reads the log itself.
const MOST: usize = 1_000;
/// Batches that are read at a time.
const PAGE: usize = 64;

/// What lies in a stream: its name, and of each entry its id, with fields and values.
type Streams = Vec<(String, Vec<(String, Vec<(String, Vec<u8>)>)>)>;

/// The field of a stream's entry that holds the batch.
const FIELD: &str = "batch";

/// Adds batches and renews the lock, if it is still the one with this token; answers whether it is.
///
/// `KEYS` are the lock and the stream. `ARGV[1]` is the token, `ARGV[2]` how long the lock lasts in milliseconds,
/// `ARGV[3]` how many batches are kept, `ARGV[4]` how long when nobody relays; then the id and the bytes of
/// each.
static APPEND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
         redis.call('PEXPIRE', KEYS[1], ARGV[2])
         for i = 5, #ARGV, 2 do
             redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], ARGV[i], 'batch', ARGV[i + 1])
         end
         redis.call('PEXPIRE', KEYS[2], ARGV[4])
         return 1",
    )
});

/// A connection to the stream, and the lock if this node has it.
pub(super) struct Stream {
    connection: MultiplexedConnection,
    /// The key of the stream.
    batches: String,
    /// The key of the lock.
    lock: String,
    /// Makes tokens.
    shared: Shared,
    /// The token of the lock that this node took last and has not given back. It may have lapsed.
    token: Option<String>,
}

/// What a reader heard.
pub(super) struct Heard {
    /// What came, in order; `None` for what is no batch.
    pub(super) batches: Vec<Option<Batch>>,
    /// Who may add to the stream.
    pub(super) relay: Holder,
}

/// Who has the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// This node, just now.
    Me,
    /// Another one.
    Another,
    /// No node.
    Nobody,
}

impl Stream {
    /// Opens a connection.
    pub(super) async fn open(shared: &Shared) -> Result<Self, Failure> {
        let (batches, lock) = (shared.key("log", "batches"), shared.key("log", "relay"));
        Ok(Self { connection: shared.open().await?, batches, lock, shared: shared.clone(), token: None })
    }

    /// Whether this node took the lock and has not noticed that it lost it.
    pub(super) fn is_relay(&self) -> bool {
        self.token.is_some()
    }

    /// The sequence that the stream goes up to; 0 when it is empty.
    pub(super) async fn newest(&mut self) -> Result<i64, Failure> {
        let mut last = cmd("XREVRANGE");
        last.arg(&self.batches).arg("+").arg("-").arg("COUNT").arg(1);
        let found: Vec<(String, redis::Value)> = ask(last.query_async(&mut self.connection)).await?;
        // An id that no node wrote lies beyond any log.
        Ok(found.first().map_or(0, |(id, _)| sequence(id).unwrap_or(i64::MAX)))
    }

    /// Waits until there is something behind a sequence, but not long; and asks for the lock, if this node would
    /// have it.
    pub(super) async fn listen(&mut self, behind: i64, would_relay: bool) -> Result<Heard, Failure> {
        let mut questions = pipe();
        let read = questions.cmd("XREAD").arg("COUNT").arg(PAGE).arg("BLOCK").arg(milliseconds(WAIT));
        read.arg("STREAMS").arg(&self.batches).arg(format!("{behind}-0"));
        let token = self.shared.token();
        if would_relay {
            let lock = questions.cmd("SET").arg(&self.lock).arg(&token);
            lock.arg("NX").arg("PX").arg(milliseconds(LOCK));
        } else {
            questions.cmd("EXISTS").arg(&self.lock);
        }
        let answers = in_time(WAIT + ANSWER, questions.query_async(&mut self.connection));
        let (came, answer): (Option<Streams>, Option<redis::Value>) = answers.await?;
        let relay = match answer {
            Some(redis::Value::Okay) => Holder::Me,
            Some(redis::Value::Int(0)) => Holder::Nobody,
            _ => Holder::Another,
        };
        if relay == Holder::Me {
            self.token = Some(token);
        }
        let batches = came.into_iter().flatten().flat_map(|(_, entries)| entries);
        Ok(Heard { batches: batches.map(|(id, fields)| read_back(&id, &fields)).collect(), relay })
    }

    /// Adds batches, or none, and keeps the lock. False if this node does not have it any more: then nothing was
    /// added.
    pub(super) async fn append(&mut self, batches: &[Batch]) -> Result<bool, Failure> {
        let Some(token) = &self.token else { return Ok(false) };
        let mut script = APPEND.key(&self.lock);
        script.key(&self.batches).arg(token).arg(milliseconds(LOCK)).arg(MOST).arg(milliseconds(KEPT));
        for batch in batches {
            // One that is too long is left out: whoever reads the next one notices that something lies between.
            if let Some(bytes) = batch.encode() {
                script.arg(format!("{}-0", batch.newest())).arg(bytes);
            }
        }
        let has_lock = ask(script.invoke_async::<bool>(&mut self.connection)).await?;
        if !has_lock {
            self.token = None;
        }
        Ok(has_lock)
    }

    /// Gives the lock back, if this node still has it.
    pub(super) async fn release(&mut self) -> Result<(), Failure> {
        let Some(token) = self.token.take() else { return Ok(()) };
        let mut script = UNLOCK.key(&self.lock);
        script.arg(token);
        ask(script.invoke_async::<u64>(&mut self.connection)).await.map(drop)
    }

    /// Removes the stream, and takes the lock from whoever has it: so nothing of before is added afterwards.
    pub(super) async fn clear(&mut self) -> Result<(), Failure> {
        self.token = None;
        let mut remove = cmd("DEL");
        remove.arg(&self.lock).arg(&self.batches);
        ask(remove.exec_async(&mut self.connection)).await
    }
}

/// The batch of a stream's entry; `None` if it is none, or lies under another sequence than its own.
fn read_back(id: &str, fields: &[(String, Vec<u8>)]) -> Option<Batch> {
    let (_, bytes) = fields.iter().find(|(name, _)| name == FIELD)?;
    Batch::decode(bytes).filter(|batch| sequence(id) == Some(batch.newest()))
}

/// The sequence of an id.
fn sequence(id: &str) -> Option<i64> {
    id.strip_suffix("-0")?.parse().ok()
}

async fn ask<T>(answer: impl Future<Output = Result<T, RedisError>>) -> Result<T, Failure> {
    in_time(ANSWER, answer).await
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

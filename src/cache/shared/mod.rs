//! L2: bytes in Redis, shared by all nodes.
//!
//! Nothing here fails. Redis is there to save work, so what cannot be had from it within a short time is
//! missing, and while it is away it is not asked at all (`link.rs`). What must stay true:
//!
//! - No call takes longer than the timeout of [`Options`], whatever Redis does; a call may be given up at
//!   any point.
//! - A value is never replaced by one that was read before it (`scripts.rs`). Redis orders by that; whether a
//!   value still counts is for the [`Ledger`](super::Ledger) to say.
//! - What is read is what was stored, whole and in this release's format, or missing (`value.rs`).
//!
//! Keys begin with `farol:FORMAT:NAMESPACE:`, then `value:`, `plain:` or `lock:`; `log:` is of the events and `rate:` of the limits. One
//! call may name keys of several slots, so Redis Cluster is not supported; a primary with replicas behind one
//! address is.

mod counts;
mod endpoint;
mod link;
mod scripts;
mod value;

use std::{
    fmt,
    hash::BuildHasher,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use redis::{FromRedisValue, ScriptInvocation, aio::MultiplexedConnection, cmd};
use secrecy::SecretString;

pub use self::{
    counts::Counts,
    endpoint::{Failure, SharedError},
    value::FORMAT,
};
use self::{endpoint::Endpoint, link::Link};
pub(crate) use self::{
    endpoint::in_time,
    scripts::UNLOCK,
    value::{decode, encode},
};
use crate::limit::Breaker;

/// How to connect.
#[derive(Clone, Debug)]
pub struct Options {
    /// `redis://` or `rediss://`. May carry a password.
    pub url: SecretString,
    /// The certificates (PEM) that vouch for a `rediss://` server, in place of the public ones.
    pub ca_file: Option<PathBuf>,
    /// How long a call may take.
    pub timeout: Duration,
    /// Keeps apart what must not be shared: an identity of the database that values come from.
    pub namespace: String,
}

/// A value to be kept in Redis.
pub struct Fill {
    /// Its key, without the prefix.
    pub key: String,
    /// The sequence of the change log it was read at. A value that is there and was read later stays.
    pub read_at: i64,
    /// The value.
    pub bytes: Vec<u8>,
}

/// What was found in Redis.
#[derive(Debug, PartialEq, Eq)]
pub struct Held {
    /// The sequence of the change log it was read at.
    pub read_at: i64,
    /// The value.
    pub bytes: Vec<u8>,
}

/// Who may load what a key stands for.
#[derive(Debug, PartialEq, Eq)]
pub enum Lock {
    /// This caller: it gives the token to [`Shared::unlock`].
    Mine {
        /// Proves whose it is.
        token: String,
    },
    /// Another node does.
    Taken,
    /// Redis does not answer: everyone may.
    Unknown,
}

/// The connection to Redis. Clones share it. Nothing here fails: what cannot be had from Redis is a miss.
#[derive(Clone)]
pub struct Shared(Arc<Parts>);

struct Parts {
    link: Arc<Link>,
    prefix: String,
    tokens: Tokens,
}

impl Shared {
    /// Connects, and returns after a second at the latest: without Redis it goes on trying behind the
    /// scenes, and everything is missing meanwhile. Calls need the runtime that this was called in.
    ///
    /// # Errors
    /// Only what no waiting would mend: a URL or a file of certificates that cannot be used.
    pub async fn connect(options: &Options) -> Result<Self, SharedError> {
        let prefix = format!("farol:{FORMAT}:{}:", options.namespace);
        let endpoint = Endpoint::new(options, format!("{prefix}probe")).await?;
        Ok(Self(Arc::new(Parts { link: Link::open(endpoint).await, prefix, tokens: Tokens::default() })))
    }

    /// The values of these keys, in their order, by one `MGET`. All are missing when Redis does not answer.
    pub async fn get(&self, keys: &[String]) -> Vec<Option<Held>> {
        let found = self.fetch(keys.iter().map(|key| self.key("value", key)).collect()).await;
        found.unwrap_or_else(|| keys.iter().map(|_| None).collect())
    }

    /// Keeps values for a time, by one call for all of them. Left out are those of which one that was read
    /// later is there, and those of more than 8 MiB.
    pub async fn fill(&self, values: Vec<Fill>, lifetime: Duration) {
        let Some(lifetime) = milliseconds(lifetime) else { return };
        let mut script = scripts::FILL.prepare_invoke();
        script.arg(lifetime);
        let mut filled = 0;
        for fill in values {
            if let Some(value) = value::encode(fill.read_at, &fill.bytes) {
                script.key(self.key("value", &fill.key)).arg(value);
                filled += 1;
            }
        }
        if filled > 0 {
            let call = async |mut connection| script.invoke_async::<u64>(&mut connection).await;
            if let Some(outdated) = self.0.link.ask(call).await {
                self.0.link.counters.filled(filled, outdated);
            }
        }
    }

    /// A value that was put by [`put_plain`](Self::put_plain); `None` also when Redis does not answer.
    pub async fn get_plain(&self, key: &str) -> Option<Vec<u8>> {
        let found = self.fetch(vec![self.key("plain", key)]).await?;
        found.into_iter().next().flatten().map(|held| held.bytes)
    }

    /// Keeps a value that does not depend on the data, for a time, whatever is there. Left out is one of more
    /// than 8 MiB.
    pub async fn put_plain(&self, key: &str, bytes: &[u8], lifetime: Duration) {
        let (Some(lifetime), Some(value)) = (milliseconds(lifetime), value::encode(0, bytes)) else { return };
        let mut set = cmd("SET");
        set.arg(self.key("plain", key)).arg(value).arg("PX").arg(lifetime);
        if self.0.link.ask(async |mut connection| set.exec_async(&mut connection).await).await.is_some() {
            self.0.link.counters.filled(1, 0);
        }
    }

    /// Asks for the right to load what a key stands for, for all nodes; it lapses after `lifetime`. It is
    /// also left to lapse when the caller is dropped, or Redis goes away, before the answer is there.
    pub async fn lock(&self, key: &str, lifetime: Duration) -> Lock {
        let Some(lifetime) = milliseconds(lifetime) else { return Lock::Unknown };
        let token = self.0.tokens.next();
        let mut set = cmd("SET");
        set.arg(self.key("lock", key)).arg(&token).arg("NX").arg("PX").arg(lifetime);
        let call = async |mut connection| set.query_async::<Option<String>>(&mut connection).await;
        match self.0.link.ask(call).await {
            Some(Some(_)) => Lock::Mine { token },
            Some(None) => Lock::Taken,
            None => Lock::Unknown,
        }
    }

    /// Gives the right back, if it is still the one that came with this token.
    pub async fn unlock(&self, key: &str, token: &str) {
        let mut script = scripts::UNLOCK.key(self.key("lock", key));
        script.arg(token);
        // One that cannot be given back lapses.
        let _: Option<u64> = self
            .0
            .link
            .ask_even_late(async |mut connection| script.invoke_async(&mut connection).await)
            .await;
    }

    /// Opens a connection of the caller's own, over which it may wait as long as it likes without holding up
    /// anyone. Fails, within about a second, where Redis does not store anything over it.
    pub async fn open(&self) -> Result<MultiplexedConnection, Failure> {
        self.0.link.open_another().await
    }

    /// Runs a script; `None` when Redis does not answer. Its keys are made by [`Self::key`].
    pub(crate) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Option<T> {
        self.0.link.ask(async |mut connection| script.invoke_async(&mut connection).await).await
    }

    /// A token that no other lock has, of any process.
    pub(crate) fn token(&self) -> String {
        self.0.tokens.next()
    }

    /// What was asked so far, and what became of it.
    pub fn counts(&self) -> Counts {
        self.0.link.counters.read()
    }

    /// Asks Redis for nothing: true when it answers in time, false at once while it is away.
    pub async fn ping(&self) -> bool {
        let ping = redis::cmd("PING");
        let call = async |mut connection| ping.query_async::<String>(&mut connection).await;
        self.0.link.ask(call).await.is_some()
    }

    /// What passes it over while it answers late.
    pub fn breaker(&self) -> &Breaker {
        &self.0.link.breaker
    }

    /// Whether Redis is there, as far as is known, and answers soon.
    pub fn is_up(&self) -> bool {
        self.0.link.is_open()
    }

    /// What lies under these full keys; `None` when Redis does not answer.
    async fn fetch(&self, keys: Vec<String>) -> Option<Vec<Option<Held>>> {
        if keys.is_empty() {
            return Some(Vec::new());
        }
        let mut get = cmd("MGET");
        get.arg(&keys);
        let call = async |mut connection| get.query_async::<Vec<Option<Vec<u8>>>>(&mut connection).await;
        let values = self.0.link.ask(call).await?;
        let mut held: Vec<Option<Held>> = values.into_iter().map(|value| value::decode(&value?)).collect();
        held.resize_with(keys.len(), || None);
        self.0.link.counters.asked(keys.len(), held.iter().flatten().count());
        Some(held)
    }

    /// What a key of a kind is called in Redis.
    pub(crate) fn key(&self, kind: &str, key: &str) -> String {
        format!("{}{kind}:{key}", self.0.prefix)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Shared").field("prefix", &self.0.prefix).field("counts", &self.counts()).finish()
    }
}

/// A lifetime as Redis takes it; `None` for one that is over at once. Redis refuses ends beyond its calendar:
/// longer than a year is as good as for ever.
fn milliseconds(lifetime: Duration) -> Option<u64> {
    const YEAR: Duration = Duration::from_hours(365 * 24);
    u64::try_from(lifetime.min(YEAR).as_millis()).ok().filter(|lifetime| *lifetime > 0)
}

/// Tokens of locks: no two are the same, of all processes. They need not be hard to guess.
struct Tokens {
    process: String,
    given: AtomicU64,
}

impl Default for Tokens {
    fn default() -> Self {
        // Its keys come from the system's source of randomness.
        let random = std::hash::RandomState::new();
        let process =
            format!("{:016x}{:016x}", random.hash_one("farol"), random.hash_one(std::process::id()));
        Self { process, given: AtomicU64::new(0) }
    }
}

impl Tokens {
    fn next(&self) -> String {
        format!("{}-{}", self.process, self.given.fetch_add(1, Relaxed))
    }
}

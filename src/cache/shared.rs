//! L2: bytes in Redis, shared by all nodes.

use std::time::Duration;

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
pub struct Held {
    /// The sequence of the change log it was read at.
    pub read_at: i64,
    /// The value.
    pub bytes: Vec<u8>,
}

/// The connection to Redis. Clones share it. Nothing here fails: what cannot be had from Redis is a miss.
#[derive(Clone)]
pub struct Shared(());

impl Shared {
    /// The values of these keys, in their order, by one `MGET`. All are missing when Redis does not answer.
    pub async fn get(&self, keys: &[String]) -> Vec<Option<Held>> {
        keys.iter().map(|_| None).collect()
    }

    /// Keeps values for a time.
    pub async fn fill(&self, _values: Vec<Fill>, _lifetime: Duration) {}

    /// A value that is kept as it is, without a sequence.
    pub async fn get_plain(&self, _key: &str) -> Option<Vec<u8>> {
        None
    }

    /// Keeps a value as it is for a time.
    pub async fn put_plain(&self, _key: &str, _bytes: &[u8], _lifetime: Duration) {}

    /// Asks for the right to load what a key stands for, for all nodes; it lapses after `lifetime`.
    pub async fn lock(&self, _key: &str, _lifetime: Duration) -> Lock {
        Lock::Unknown
    }

    /// Gives the right back.
    pub async fn unlock(&self, _key: &str, _token: &str) {}
}

/// Who may load what a key stands for.
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

//! Documents that clients registered: in this process, and in Redis for all of them.
//!
//! What must stay true: a hash gives the text it is the hash of and no other, whoever wrote to Redis; memory
//! is bounded; and nothing waits where the document is in this process.

use std::{sync::Arc, time::Duration};

use super::hash::DocumentHash;
use crate::cache::{BoundedCache, shared::Shared};

/// What a document takes beside its text, roughly: its hash, and its places in the cache.
const BYTES_BESIDE: usize = 200;

/// How many documents may be registered, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredLimits {
    /// Memory in this process, in bytes. Documents that are asked for less make room.
    pub bytes: u64,
    /// How long Redis keeps a document.
    pub lifetime: Duration,
}

impl Default for RegisteredLimits {
    fn default() -> Self {
        Self { bytes: 16 * 1024 * 1024, lifetime: Duration::from_hours(24) }
    }
}

/// The registered documents by their hash.
pub(super) struct Registered {
    here: BoundedCache,
    shared: Option<Shared>,
    lifetime: Duration,
}

impl Registered {
    /// None yet in this process.
    pub(super) fn new(limits: RegisteredLimits, shared: Option<Shared>) -> Self {
        Self { here: BoundedCache::new(limits.bytes), shared, lifetime: limits.lifetime }
    }

    /// A document that this process has.
    pub(super) fn here(&self, hash: DocumentHash) -> Option<Arc<String>> {
        self.here.get(hash.as_bytes())
    }

    /// A document that Redis has. It is not kept here: it has yet to be admitted.
    pub(super) async fn elsewhere(&self, hash: DocumentHash) -> Option<String> {
        let bytes = self.shared.as_ref()?.get_plain(&key(hash)).await?;
        let text = verified(hash, bytes);
        if text.is_none() {
            tracing::warn!(%hash, "Redis gave another document than the one with this hash; it is not used");
        }
        text
    }

    /// Keeps a document in this process.
    pub(super) fn keep(&self, hash: DocumentHash, text: &str) {
        let weight = text.len().saturating_add(BYTES_BESIDE);
        self.here.insert(hash.as_bytes(), Arc::new(text.to_owned()), weight);
    }

    /// Gives a document to the other processes.
    pub(super) async fn share(&self, hash: DocumentHash, text: &str) {
        if let Some(shared) = &self.shared {
            shared.put_plain(&key(hash), text.as_bytes(), self.lifetime).await;
        }
    }
}

/// Its key in Redis. Apart from the hash it says what is there, for those who look.
fn key(hash: DocumentHash) -> String {
    format!("document:{hash}")
}

/// What came out of Redis, if it is what it should be.
fn verified(hash: DocumentHash, bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| DocumentHash::of(text) == hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_in_bytes() {
        let limits = RegisteredLimits { bytes: 100_000, ..RegisteredLimits::default() };
        let registered = Registered::new(limits, None);
        for number in 0..1_000 {
            let text = format!("{{ a{number}: __typename }} # {}", "x".repeat(1_000));
            registered.keep(DocumentHash::of(&text), &text);
        }
        let (bytes, count) = registered.here.settle();
        assert!(bytes <= limits.bytes && count > 50, "{count} documents in {bytes} bytes");
        let longer = "x".repeat(200_000);
        registered.keep(DocumentHash::of(&longer), &longer);
        registered.here.settle();
        assert!(registered.here(DocumentHash::of(&longer)).is_none(), "it has no room for this one");
    }

    #[test]
    fn only_the_text_with_the_hash_is_taken_from_redis() {
        let hash = DocumentHash::of("{ a }");
        assert_eq!(verified(hash, b"{ a }".to_vec()).as_deref(), Some("{ a }"));
        for other in [&b"{ b }"[..], b"{ a } ", b"", b"\xff\xfe"] {
            assert_eq!(verified(hash, other.to_vec()), None, "{other:?}");
        }
    }
}

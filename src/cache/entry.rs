//! A value as it is kept, and what it must be to be kept.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::tag::{Slot, Tag};

/// The answer to a key, absence included, as it is kept.
#[derive(Debug)]
pub struct Entry<V> {
    /// The value; `None` when the key has none, which is kept too.
    pub value: Option<V>,
    /// What it depends on.
    pub slots: Box<[Slot]>,
    /// The sequence of the change log that it was read at; `None` when it may not be kept.
    pub read_at: Option<i64>,
    /// From then on it is too old; `None` when it is not kept.
    pub expires: Option<Instant>,
    /// How long it took to load.
    pub took: Duration,
}

/// An answer, and who gave it.
#[derive(Debug)]
pub struct Found<V> {
    /// The answer.
    pub entry: Arc<Entry<V>>,
    /// Who gave it.
    pub tier: Tier,
    /// The sequence of the change log that it is known to be right at: that it was read at, or up to which
    /// no write has touched it. `None` when that is not known.
    pub right_at: Option<i64>,
}

/// Who gave an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// The memory of this process.
    Memory,
    /// Redis.
    Shared,
    /// The database.
    Database,
}

/// A value that the caches can store.
pub trait Cacheable: Clone + Send + Sync + 'static {
    /// How many bytes it takes beside its own size, about: what it points to.
    fn size_estimate(&self) -> usize;

    /// Whether it is a value and not a failure: only values are cached.
    fn is_cacheable(&self) -> bool {
        true
    }

    /// Its bytes for Redis; `None` when it has none.
    fn encode(&self) -> Option<Vec<u8>>;

    /// Reads such bytes; `None` when they are not of this type.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// The slots of the tags of one value.
#[derive(Debug, Default)]
pub struct Tags(Vec<Slot>);

impl Tags {
    /// Adds a tag. Many values name one organisation again and again: a repetition costs nothing.
    pub fn add(&mut self, tag: Tag<'_>) {
        let slot = Slot::of(tag);
        if !self.0.contains(&slot) {
            self.0.push(slot);
        }
    }

    pub(super) fn into_slots(self) -> Box<[Slot]> {
        self.0.into_boxed_slice()
    }
}

/// The part of its lifetime at whose end a value is due for sure. Chance alone leaves a few of many keys
/// without a refresh, the more of them the shorter their loads are, and a machine that is busy late for others.
const SURE_PART: u32 = 8;

impl<V> Entry<V> {
    /// Whether it is so old that it should be loaded anew though it still counts: in the last part of its
    /// lifetime, and before that by chance (`chance` is uniform between 0 and 1), the likelier the nearer the
    /// end and the longer the load (`XFetch`; Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache
    /// Stampede Prevention, 2015).
    pub(super) fn is_due(&self, now: Instant, lifetime: Duration, chance: f64) -> bool {
        let Some(expires) = self.expires else { return false };
        let left = expires.saturating_duration_since(now);
        let ahead = self.took.as_secs_f64() * -chance.max(f64::MIN_POSITIVE).ln();
        left <= lifetime / SURE_PART || left.as_secs_f64() <= ahead
    }
}

impl<V> Clone for Found<V> {
    fn clone(&self) -> Self {
        Self { entry: Arc::clone(&self.entry), tier: self.tier, right_at: self.right_at }
    }
}

/// A count.
impl Cacheable for i64 {
    fn size_estimate(&self) -> usize {
        0
    }

    fn encode(&self) -> Option<Vec<u8>> {
        Some(self.to_be_bytes().into())
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_be_bytes(bytes.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(expires: Instant, took: Duration) -> Entry<i64> {
        Entry { value: Some(1), slots: Box::default(), read_at: Some(1), expires: Some(expires), took }
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_falls_due_the_sooner_the_longer_it_loads() {
        let (now, lifetime) = (Instant::now(), Duration::from_mins(5));
        let (quick, slow) = (Duration::from_millis(1), Duration::from_mins(1));
        let in_a_minute = now + Duration::from_mins(1);
        assert!(!entry(in_a_minute, quick).is_due(now, lifetime, 0.3));
        assert!(entry(in_a_minute, slow).is_due(now, lifetime, 0.3));
        assert!(!entry(in_a_minute, slow).is_due(now, lifetime, 0.9));
        assert!(!entry(now + Duration::from_secs(38), quick).is_due(now, lifetime, 0.3));
        assert!(
            entry(now + Duration::from_secs(37), quick).is_due(now, lifetime, 1.0),
            "near its end it is due"
        );
    }
}

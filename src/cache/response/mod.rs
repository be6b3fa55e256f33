//! Whole responses, kept as the bytes that are sent and found by what was asked.
//!
//! A response is used as long as it counts ([`Ledger`]) and is not too old. One that is too old but still
//! counts is used for a while longer, and for longer still while nothing can be read; one background execution
//! makes it anew meanwhile. One that does not count is never used. Finding never waits. What is not found is made: by one of those who ask for it
//! at the same time, while the others wait (`making`).
//!
//! What must stay true: the whole key is compared, so that no two questions share an answer; what is kept
//! of a response, its encodings (`packed`) included, is within the budget of bytes.

mod making;
mod packed;
mod stored;

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{sync::Semaphore, time::Instant};

use self::making::{NOT_URGENT, UnderWay};
pub use self::{
    making::{Making, Turn, Urgency},
    packed::Packed,
    stored::Stored,
};
use super::{Dependencies, bounded::BoundedCache, ledger::Ledger};
use crate::lifecycle::Tasks;

/// A response found so often is packed as small as it gets.
const HITS_TO_PACK: u32 = 8;
/// Smaller bodies are not packed: the headers would take what is won.
pub const SMALLEST_TO_PACK: usize = 1_024;

/// What was asked, in full: equal keys mean equal questions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(Vec<u8>);

/// How much is kept, and for how long it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Memory for all responses, in bytes.
    pub bytes: u64,
    /// How long a response that is too old may still be used while it is made anew.
    pub stale_while_revalidate: Duration,
    /// How long it may be used while nothing can be read.
    pub stale_if_error: Duration,
}

/// The cache of responses.
pub struct Responses {
    /// By the bytes of their keys.
    entries: BoundedCache,
    /// Those that are being made.
    under_way: Mutex<HashMap<Key, UnderWay>>,
    ledger: Arc<Ledger>,
    stale_while_revalidate: Duration,
    stale_if_error: Duration,
    /// Packing and making anew go on without the request that began them.
    background: Tasks,
    /// One response is packed at a time.
    packing: Semaphore,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// A response that was found.
pub struct Hit {
    /// The response.
    pub stored: Arc<Stored>,
    /// Present when it is too old and nobody makes it anew yet: whoever gets this should, in the background.
    pub refresh: Option<Making>,
}

/// What the cache did since it was made, and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// How often a response was found.
    pub hits: u64,
    /// How often none was.
    pub misses: u64,
    /// Bytes held now, with all that belongs to them.
    pub bytes: u64,
}

impl Key {
    /// The key of a question, written out in full.
    pub fn new(question: Vec<u8>) -> Self {
        Self(question)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bytes: 128 * 1024 * 1024,
            stale_while_revalidate: Duration::from_secs(30),
            stale_if_error: Duration::from_hours(1),
        }
    }
}

impl Responses {
    /// An empty cache whose responses count by this ledger.
    pub fn new(ledger: Arc<Ledger>, options: Options) -> Arc<Self> {
        Arc::new(Self {
            entries: BoundedCache::new(options.bytes),
            under_way: Mutex::default(),
            ledger,
            stale_while_revalidate: options.stale_while_revalidate,
            stale_if_error: options.stale_if_error,
            background: Tasks::default(),
            packing: Semaphore::new(1),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        })
    }

    /// Whether anything can be kept now: the change log is being followed.
    pub fn is_open(&self) -> bool {
        self.ledger.position().is_some()
    }

    /// The response to a question, if there is one that may be used; `is_away` tells that it is not known whether anything can be read now.
    /// Must be called within a runtime; never waits.
    pub fn find(self: &Arc<Self>, key: &Key, is_away: bool) -> Option<Hit> {
        let longest = self.stale_while_revalidate;
        let longest = if is_away { longest.max(self.stale_if_error) } else { longest };
        let Some(stored) = self.usable(key, longest) else {
            self.misses.fetch_add(1, Relaxed);
            return None;
        };
        self.hits.fetch_add(1, Relaxed);
        if stored.hit() == HITS_TO_PACK && stored.body().len() >= SMALLEST_TO_PACK {
            self.pack(key.clone(), stored.clone());
        }
        let refresh =
            (stored.is_stale() && stored.may_refresh()).then(|| self.begin(key, NOT_URGENT).ok()).flatten();
        Some(Hit { stored, refresh })
    }

    /// Runs something in the background, until it ends or [`end`](Self::end) cuts it.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn(future);
    }

    /// Ends what goes on in the background; what it would have made is of no use any more.
    pub async fn end(&self) {
        self.background.drain(Duration::ZERO).await;
    }

    /// What the cache did, and what it holds.
    pub fn figures(&self) -> Figures {
        let (bytes, _) = self.entries.settle();
        Figures { hits: self.hits.load(Relaxed), misses: self.misses.load(Relaxed), bytes }
    }

    /// The response of a key, if it counts and is too old for no longer than this.
    fn usable(&self, key: &Key, longest: Duration) -> Option<Arc<Stored>> {
        let usable = |stored: &Arc<Stored>| {
            let last = stored.expires().and_then(|expires| expires.checked_add(longest));
            self.counts(stored.dependencies()) && last.is_none_or(|last| Instant::now() < last)
        };
        self.entries.get(&key.0).filter(usable)
    }

    fn counts(&self, dependencies: &Dependencies) -> bool {
        dependencies.count(&self.ledger)
    }

    fn keep(&self, key: &Key, stored: Arc<Stored>) {
        let weight = weight(key, &stored);
        self.entries.insert(&key.0, stored, weight);
    }

    /// Packs a response in the background, one after the other.
    fn pack(self: &Arc<Self>, key: Key, stored: Arc<Stored>) {
        let responses = self.clone();
        self.spawn(async move {
            let Ok(_turn) = responses.packing.acquire().await else { return };
            let held = responses.usable(&key, Duration::ZERO).is_some_and(|held| Arc::ptr_eq(&held, &stored));
            let packed = stored.clone();
            if held && tokio::task::spawn_blocking(move || packed.pack()).await.is_ok() {
                // It has grown.
                responses.entries.weigh_again(&key.0, &stored, weight(&key, &stored));
            }
        });
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Key, UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of memory that a response takes with its key.
fn weight(Key(key): &Key, stored: &Stored) -> usize {
    key.len() + stored.size()
}

#[cfg(test)]
mod tests;

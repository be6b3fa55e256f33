//! What all kept values of a process share: the ledger, the memory, Redis, and the counts.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    ledger::Ledger,
    memory::Memory,
    policy::Lifetimes,
    shared::{self, Shared},
};
use crate::lifecycle::Tasks;

/// The tiers below the requests. One of each per server.
pub struct Tiers {
    pub(super) ledger: Arc<Ledger>,
    pub(super) memory: Memory,
    pub(super) shared: Option<Shared>,
    pub(super) lifetimes: Lifetimes,
    pub(super) counters: Counters,
    /// Refreshes and writes to Redis that nobody waits for.
    pub(super) tasks: Tasks,
    chance: AtomicU64,
}

/// How the tiers are set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Bytes of values in memory, about.
    pub bytes: u64,
    /// How long values are kept.
    pub lifetimes: Lifetimes,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { bytes: 64 * 1024 * 1024, lifetimes: Lifetimes::default() }
    }
}

/// What happened so far.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) loads: AtomicU64,
    pub(super) memory_hits: AtomicU64,
    pub(super) memory_misses: AtomicU64,
    pub(super) joined: AtomicU64,
    pub(super) refreshes: AtomicU64,
}

/// What happened so far, and what is kept now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Keys answered from memory.
    pub memory_hits: u64,
    /// Keys that memory had no answer to.
    pub memory_misses: u64,
    /// Keys that waited for a load that another request had begun.
    pub joined: u64,
    /// Keys loaded anew before they were too old.
    pub refreshes: u64,
    /// Calls of a batch function: loads from the database.
    pub loads: u64,
    /// Bytes of values in memory, about.
    pub memory_bytes: u64,
    /// What was asked of Redis, where there is one.
    pub shared: Option<shared::Counts>,
}

impl Tiers {
    /// Empty tiers: what they keep counts as long as `ledger` says so. Without `shared` there is no Redis.
    pub fn new(ledger: Arc<Ledger>, shared: Option<Shared>, capacity: Capacity) -> Self {
        Self {
            ledger,
            memory: Memory::new(capacity.bytes),
            shared,
            lifetimes: capacity.lifetimes,
            counters: Counters::default(),
            tasks: Tasks::default(),
            // Another in each process: nodes that loaded together must not refresh together. And never 0,
            // whose first number is 0 too.
            chance: AtomicU64::new(RandomState::new().hash_one(()) | 1),
        }
    }

    /// What decides whether a value still counts.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// What happened so far, and what is kept now.
    pub fn figures(&self) -> Figures {
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        Figures {
            memory_hits: count(&self.counters.memory_hits),
            memory_misses: count(&self.counters.memory_misses),
            joined: count(&self.counters.joined),
            refreshes: count(&self.counters.refreshes),
            loads: count(&self.counters.loads),
            memory_bytes: self.memory.bytes(),
            shared: self.shared.as_ref().map(Shared::counts),
        }
    }

    /// Ends what goes on in the background: nobody waits for it.
    pub async fn end(&self) {
        self.tasks.drain(Duration::ZERO).await;
    }

    /// How long a value of this process is kept.
    pub(super) fn lifetime(&self) -> Duration {
        self.lifetimes.memory
    }

    /// A number between 0 and 1, another each time (`SplitMix64`: Steele, Lea, Flood, 2014).
    pub(super) fn chance(&self) -> f64 {
        let mut bits = self.chance.fetch_add(0x9E37_79B9_7F4A_7C15, Relaxed);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        // 32 bits are chance enough, and exact in a float.
        f64::from(u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

pub(super) fn count(counter: &AtomicU64, by: usize) {
    counter.fetch_add(by as u64, Relaxed);
}

//! Rates: a token bucket for each caller and resource, shared by all nodes where there is Redis.
//!
//! Redis decides by one script, with its own clock, so that nodes need not agree on the time. While it is away,
//! or where there is none, the same sums are done in memory (`rate/memory.rs`). What must stay true:
//!
//! - A caller has one bucket for each resource, on however many nodes he is.
//! - Redis that is slow or gone holds nobody up for longer than its timeout; memory then goes on from what Redis
//!   last said, so that its end is no fresh start for those who had used up theirs.
//! - Memory is bounded, whoever makes up callers.

mod memory;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use self::memory::Memory;
use super::{Plan, Plans, Resource, Verdict};
use crate::cache::shared::Shared;

/// The buckets of all callers. Clones share them.
#[derive(Clone, Debug)]
pub struct RateLimiter(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    plans: Plans,
    memory: Memory,
    counters: Counters,
}

#[derive(Debug, Default)]
struct Counters {
    allowed: [AtomicU64; 2],
    refused: [AtomicU64; 2],
}

/// What was decided so far. Arrays are in the order of [`Resource::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateFigures {
    /// What was allowed.
    pub allowed: [u64; 2],
    /// What was refused.
    pub refused: [u64; 2],
    /// Buckets in memory.
    pub remembered: usize,
}

impl RateLimiter {
    /// Limits callers by their plans, over all nodes of `shared`, or on this one alone.
    pub fn new(plans: Plans, shared: Option<Shared>) -> Self {
        let _ = shared;
        Self(Arc::new(Parts { plans, memory: Memory::default(), counters: Counters::default() }))
    }

    /// The plan of this name, or else that of everyone.
    pub fn plan(&self, name: Option<&str>) -> &Plan {
        self.0.plans.plan(name)
    }

    /// Takes so much from a caller's bucket, all or nothing. `caller` names the bucket: `address:192.0.2.1`,
    /// `key:…`. `None` where his plan has no limit. Dropping the future leaves open whether it was taken.
    pub async fn take(&self, caller: &str, plan: &Plan, resource: Resource, amount: u64) -> Option<Verdict> {
        let rule = plan.rule(resource)?;
        let verdict = self.0.memory.take(key(resource, caller), rule, amount);
        let counters = &self.0.counters;
        let counter = if verdict.allowed { &counters.allowed } else { &counters.refused };
        counter[resource as usize].fetch_add(1, Relaxed);
        Some(verdict)
    }

    /// Puts back what was taken and not needed. Waits for nothing.
    pub fn give_back(&self, caller: &str, plan: &Plan, resource: Resource, amount: u64) {
        if let Some(rule) = plan.rule(resource) {
            self.0.memory.give_back(&key(resource, caller), rule, amount);
        }
    }

    /// What was decided so far.
    pub fn figures(&self) -> RateFigures {
        let read = |counters: &[AtomicU64; 2]| counters.each_ref().map(|counter| counter.load(Relaxed));
        let Counters { allowed, refused } = &self.0.counters;
        RateFigures { allowed: read(allowed), refused: read(refused), remembered: self.0.memory.len() }
    }
}

/// What a bucket is called.
fn key(resource: Resource, caller: &str) -> String {
    [resource.as_str(), ":", caller].concat()
}

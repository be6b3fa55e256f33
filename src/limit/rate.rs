//! Rates: a token bucket for each caller and resource, shared by all nodes where there is Redis.
//!
//! Redis decides by one script, with its own clock, so that nodes need not agree on the time. While it is away,
//! or where there is none, the same sums are done in memory (`rate/memory.rs`). What must stay true:
//!
//! - A caller has one bucket for each resource, on however many nodes he is.
//! - Redis that is slow or gone holds nobody up for longer than its timeout; memory then goes on from what Redis
//!   last said, so that its end is no fresh start for those who had used up theirs.
//! - Memory is bounded, whoever makes up callers.

mod group;
mod memory;
mod script;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use self::{group::Group, memory::Memory};
use super::{Plan, Plans, Resource, Verdict};
use crate::cache::shared::Shared;

/// The buckets of all callers. Clones share them.
#[derive(Clone, Debug)]
pub struct RateLimiter(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    plans: Plans,
    memory: Arc<Memory>,
    group: Option<Arc<Group>>,
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
    /// Calls of Redis that were answered.
    pub calls: u64,
    /// What of that Redis decided; the rest was decided in memory.
    pub shared: u64,
    /// Buckets in memory.
    pub remembered: usize,
}

impl RateLimiter {
    /// Limits callers by their plans, over all nodes of `shared`, or on this one alone.
    pub fn new(plans: Plans, shared: Option<Shared>) -> Self {
        let memory = Arc::new(Memory::default());
        let group = shared.map(|shared| Group::new(shared, Arc::clone(&memory)));
        let (allowed, refused) = Default::default();
        Self(Arc::new(Parts { plans, memory, group, allowed, refused }))
    }

    /// The plan of this name, or else that of everyone.
    pub fn plan(&self, name: Option<&str>) -> &Plan {
        self.0.plans.plan(name)
    }

    /// Takes so much from a caller's bucket, all or nothing. `caller` names the bucket: `address:192.0.2.1`,
    /// `key:…`. `None` where his plan has no limit. Dropping the future leaves open whether
    /// requests were taken; cost is put back where Redis has taken it meanwhile.
    pub async fn take(&self, caller: &str, plan: &Plan, resource: Resource, amount: u64) -> Option<Verdict> {
        let rule = plan.rule(resource)?;
        let parts = &self.0;
        let key = key(resource, caller);
        let verdict = match &parts.group {
            Some(group) => group.take(key, (resource, rule), amount).await,
            None => parts.memory.take(key, rule, amount),
        };
        let counters = if verdict.allowed { &parts.allowed } else { &parts.refused };
        counters[resource as usize].fetch_add(1, Relaxed);
        Some(verdict)
    }

    /// Puts back what was taken and not needed. Waits for nothing. Without a runtime the process is
    /// ending, and only memory hears of it.
    pub fn give_back(&self, caller: &str, plan: &Plan, resource: Resource, amount: u64) {
        let Some(rule) = plan.rule(resource).filter(|_| amount > 0) else { return };
        let key = key(resource, caller);
        match &self.0.group {
            Some(group) => group.give_back(key, (resource, rule), amount),
            None => self.0.memory.give_back(&key, rule, amount),
        }
    }

    /// What was decided so far.
    pub fn figures(&self) -> RateFigures {
        let read = |counters: &[AtomicU64; 2]| counters.each_ref().map(|counter| counter.load(Relaxed));
        let Parts { memory, group, allowed, refused, .. } = &*self.0;
        let of_group = |counter: fn(&Group) -> &AtomicU64| {
            group.as_ref().map_or(0, |group| counter(group).load(Relaxed))
        };
        RateFigures {
            allowed: read(allowed),
            refused: read(refused),
            calls: of_group(|group| &group.calls),
            shared: of_group(|group| &group.decided),
            remembered: memory.len(),
        }
    }
}

/// What a bucket is called.
fn key(resource: Resource, caller: &str) -> String {
    [resource.as_str(), ":", caller].concat()
}

//! What one caller may still ask for: his buckets, by his plan.

use std::sync::Arc;

use super::{Plan, RateLimiter, Resource, Verdict};

/// One caller's buckets.
#[derive(Clone, Debug)]
pub struct Account {
    limiter: RateLimiter,
    /// What his buckets are called.
    caller: Arc<str>,
    /// The name of his plan; that of everyone without one.
    plan: Option<Arc<str>>,
}

/// Units that an operation was estimated to cost, and that are taken. Dropped before it has begun, for its client
/// went away or it was refused, all of them are given back.
#[derive(Debug)]
pub struct Charge<'a> {
    account: &'a Account,
    /// What is to be given back if this is dropped.
    units: u64,
    /// What is left.
    pub verdict: Option<Verdict>,
}

impl Account {
    /// The account of a caller whose buckets have this name, by the plan of that name.
    pub fn new(limiter: RateLimiter, caller: Arc<str>, plan: Option<Arc<str>>) -> Self {
        Self { limiter, caller, plan }
    }

    /// Counts so many requests, all or none. `None` where there is no limit.
    pub async fn requests(&self, count: u64) -> Option<Verdict> {
        self.limiter.take(&self.caller, self.plan(), Resource::Requests, count).await
    }

    /// Takes what an operation is estimated to cost.
    ///
    /// # Errors
    /// It is more than is left.
    pub async fn charge(&self, units: u64) -> Result<Charge<'_>, Verdict> {
        let verdict = self.limiter.take(&self.caller, self.plan(), Resource::Cost, units).await;
        match verdict {
            Some(verdict) if !verdict.allowed => Err(verdict),
            verdict => Ok(Charge { account: self, units, verdict }),
        }
    }

    /// Gives back units that were taken and not needed.
    pub fn give_back(&self, units: u64) {
        if units > 0 {
            self.limiter.give_back(&self.caller, self.plan(), Resource::Cost, units);
        }
    }

    fn plan(&self) -> &Plan {
        self.limiter.plan(self.plan.as_deref())
    }
}

impl Charge<'_> {
    /// The operation begins: the units stay taken from now on. What it does not cost, [`Account::give_back`] gives
    /// back.
    pub fn begun(mut self) -> u64 {
        std::mem::take(&mut self.units)
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        self.account.give_back(self.units);
    }
}

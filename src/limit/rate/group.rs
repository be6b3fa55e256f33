//! Calls of Redis in groups: what comes while one call is under way leaves together with the next.
//!
//! A busy node then makes one round trip for many requests, and an idle one loses no time, for nobody waits for
//! a group to fill. One task makes the calls; it begins with the first change that waits and ends when none
//! does. Whoever waits may be dropped at any point: what has not left then is left out. A change waits for the
//! call under way and its own, of which each ends within the timeout of Redis; once one had no answer, Redis is
//! away, and all that wait are decided in memory at once. Cost that was taken for one who went away meanwhile is put
//! back, for what it pays for is not begun; a request stays counted, or whoever hangs up at once could ask for ever.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use redis::ScriptInvocation;
use tokio::{runtime::Handle, sync::oneshot};

use super::{memory::Memory, script::RATE};
use crate::{
    cache::shared::Shared,
    limit::{Resource, Rule, Verdict, bucket::TOKEN},
};

/// Changes of one call at most: about a millisecond of Redis (`tests/limit/pace.rs`), which does nothing else
/// meanwhile.
const MOST: usize = 256;

/// What waits, and where it goes.
#[derive(Debug)]
pub(super) struct Group {
    shared: Shared,
    memory: Arc<Memory>,
    gathering: Mutex<Gathering>,
    /// Calls that Redis answered.
    pub(super) calls: AtomicU64,
    /// What it decided for those who were still there to hear it.
    pub(super) decided: AtomicU64,
}

#[derive(Debug, Default)]
struct Gathering {
    changes: Vec<Change>,
    /// Whether the task is there that makes the calls.
    flying: bool,
}

/// A change of a bucket.
#[derive(Debug)]
struct Change {
    key: String,
    rule: Rule,
    resource: Resource,
    amount: u64,
    /// Who waits for the verdict on what is taken; nobody waits where something is put back.
    taker: Option<oneshot::Sender<Decided>>,
}

/// A verdict, and who gave it.
#[derive(Debug)]
struct Decided {
    verdict: Verdict,
    by_redis: bool,
}

/// The task that makes the calls, while it runs: what waits when it ends by a panic is decided by whoever waits.
struct Flight<'a>(&'a Group);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut gathering = self.0.lock();
            gathering.flying = false;
            gathering.changes.clear();
        }
    }
}

/// Tells a verdict to whoever waits for it. True when he has gone, and what was taken for him has to be put back.
fn is_taken_for_nobody(taker: oneshot::Sender<Decided>, decided: Decided, resource: Resource) -> bool {
    let allowed = decided.verdict.allowed;
    taker.send(decided).is_err() && allowed && resource == Resource::Cost
}

impl Group {
    pub(super) fn new(shared: Shared, memory: Arc<Memory>) -> Arc<Self> {
        let (gathering, calls, decided) = (Mutex::default(), AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { shared, memory, gathering, calls, decided })
    }

    /// Takes so much; Redis decides, or memory where it does not answer.
    pub(super) async fn take(
        self: &Arc<Self>,
        key: String,
        (resource, rule): (Resource, Rule),
        amount: u64,
    ) -> Verdict {
        if !self.shared.is_up() {
            return self.memory.take(key, rule, amount);
        }
        let (taker, verdict) = oneshot::channel();
        self.add(Change { key: key.clone(), rule, resource, amount, taker: Some(taker) });
        match verdict.await {
            Ok(Decided { verdict, by_redis }) => {
                // Counted where it is heard, like what is allowed and refused: else there would be more decisions of
                // Redis than decisions.
                self.decided.fetch_add(u64::from(by_redis), Relaxed);
                verdict
            }
            // The task ends early only with the process, or by a panic.
            Err(_) => self.memory.take(key, rule, amount),
        }
    }

    /// Puts so much back. Waits for nothing.
    pub(super) fn give_back(self: &Arc<Self>, key: String, (resource, rule): (Resource, Rule), amount: u64) {
        // Without a runtime the process is ending.
        if self.shared.is_up() && Handle::try_current().is_ok() {
            self.add(Change { key, rule, resource, amount, taker: None });
        } else {
            self.memory.give_back(&key, rule, amount);
        }
    }

    fn add(self: &Arc<Self>, change: Change) {
        let mut gathering = self.lock();
        gathering.changes.push(change);
        if !gathering.flying {
            gathering.flying = true;
            tokio::spawn(Arc::clone(self).fly());
        }
    }

    /// Makes calls until nothing waits.
    async fn fly(self: Arc<Self>) {
        let _flight = Flight(&self);
        while let Some(changes) = self.next_group() {
            let Some(answers) = self.ask(&changes).await else {
                for change in changes {
                    self.decide_alone(change);
                }
                continue;
            };
            self.calls.fetch_add(1, Relaxed);
            for (change, (allowed, owed)) in changes.into_iter().zip(answers) {
                let Change { key, rule, resource, amount, taker } = change;
                self.memory.mirror(key.clone(), rule, owed);
                let Some(taker) = taker else { continue };
                let verdict = rule.verdict(allowed, owed, amount);
                if is_taken_for_nobody(taker, Decided { verdict, by_redis: true }, resource) {
                    self.give_back(key, (resource, rule), amount);
                }
            }
        }
    }

    /// What leaves next; `None` when nothing waits, and the task has to end.
    fn next_group(&self) -> Option<Vec<Change>> {
        let mut gathering = self.lock();
        gathering.changes.retain(|change| !change.taker.as_ref().is_some_and(oneshot::Sender::is_closed));
        gathering.flying = !gathering.changes.is_empty();
        let leaving = gathering.changes.len().min(MOST);
        gathering.flying.then(|| gathering.changes.drain(..leaving).collect())
    }

    /// Whether each change was allowed, and what its bucket lacks then.
    async fn ask(&self, changes: &[Change]) -> Option<Vec<(bool, u64)>> {
        let mut script: ScriptInvocation<'_> = RATE.prepare_invoke();
        for Change { key, rule, amount, taker, .. } in changes {
            // More than any bucket holds is refused, or fills any, just as well.
            let amount = i64::try_from((*amount).min(2 * Rule::MOST)).unwrap_or(i64::MAX);
            let amount = if taker.is_some() { amount } else { -amount };
            script.key(self.shared.key("rate", key));
            script.arg(rule.per_minute()).arg(rule.burst()).arg(amount).arg(TOKEN);
        }
        let answers: Vec<u64> = self.shared.run(&script).await?;
        let answers: Vec<(bool, u64)> =
            answers.as_chunks().0.iter().map(|&[allowed, owed]| (allowed == 1, owed)).collect();
        (answers.len() == changes.len()).then_some(answers)
    }

    fn decide_alone(&self, change: Change) {
        let Change { key, rule, resource, amount, taker } = change;
        let Some(taker) = taker else { return self.memory.give_back(&key, rule, amount) };
        let verdict = self.memory.take(key.clone(), rule, amount);
        if is_taken_for_nobody(taker, Decided { verdict, by_redis: false }, resource) {
            self.memory.give_back(&key, rule, amount);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Gathering> {
        self.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

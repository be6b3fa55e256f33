//! The buckets in memory: those that are not full.
//!
//! A full bucket is as good as none, so now and then those that are full again are forgotten. That takes one
//! look at all buckets of a shard, once for as many new ones as were kept, so its share in each take stays the
//! same. Where there is too little room for buckets that are not full, those that lack least are forgotten, which
//! gives each of these callers the least. A lock is held for one bucket's sums, or one such look.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use crate::limit::{Rule, Verdict, bucket::Bucket};

/// Shards, so that callers rarely wait for each other.
const SHARDS: usize = 16;
/// Buckets of a shard at most.
const MOST: usize = 8_192;
/// A shard of fewer is not looked through.
const FEW: usize = 256;

/// The buckets.
pub(super) struct Memory {
    /// Keyed by the process: nobody can choose names that meet in one place.
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
    began: Instant,
}

#[derive(Default)]
struct Shard {
    buckets: HashMap<String, (Bucket, Rule)>,
    /// At so many buckets it is looked through.
    look_at: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: Default::default(), began: Instant::now() }
    }
}

impl Memory {
    /// Takes so much, all or nothing.
    pub(super) fn take(&self, key: String, rule: Rule, amount: u64) -> Verdict {
        let mut shard = self.shard(&key);
        let now = self.now();
        let bucket = shard.bucket(key, rule, now);
        let allowed = bucket.take(rule, now, amount);
        rule.verdict(allowed, bucket.owed, amount)
    }

    /// Puts so much back.
    pub(super) fn give_back(&self, key: &str, rule: Rule, amount: u64) {
        let mut shard = self.shard(key);
        if let Some((bucket, _)) = shard.buckets.get_mut(key) {
            bucket.give_back(rule, self.now(), amount);
        }
    }

    /// Remembers what a bucket lacks by another's account.
    pub(super) fn mirror(&self, key: String, rule: Rule, owed: u64) {
        let mut shard = self.shard(&key);
        let now = self.now();
        if owed > 0 {
            *shard.bucket(key, rule, now) = Bucket { owed, at: now };
        } else {
            shard.buckets.remove(&key);
        }
    }

    /// How many buckets are kept.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).buckets.len()).sum()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn shard(&self, key: &str) -> MutexGuard<'_, Shard> {
        #[expect(clippy::cast_possible_truncation, reason = "the rest is less than the number of shards")]
        let number = (self.hasher.hash_one(key) % SHARDS as u64) as usize;
        lock(&self.shards[number])
    }
}

impl Shard {
    /// The bucket of a key; a full one if it is not known.
    fn bucket(&mut self, key: String, rule: Rule, now: u64) -> &mut Bucket {
        if self.buckets.len() >= self.look_at.max(FEW) && !self.buckets.contains_key(&key) {
            self.forget(now);
        }
        let (bucket, known) = match self.buckets.entry(key) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(room) => room.insert((Bucket { owed: 0, at: now }, rule)),
        };
        *known = rule;
        bucket
    }

    /// Forgets the buckets that are full; if there is too little room still, those that lack least.
    fn forget(&mut self, now: u64) {
        self.buckets.retain(|_, (bucket, rule)| {
            bucket.refill(*rule, now);
            bucket.owed > 0
        });
        if self.buckets.len() > MOST / 2 {
            let mut owed: Vec<u64> = self.buckets.values().map(|(bucket, _)| bucket.owed).collect();
            let excess = owed.len() - MOST / 2;
            let (_, most, _) = owed.select_nth_unstable(excess - 1);
            let most = *most;
            self.buckets.retain(|_, (bucket, _)| bucket.owed > most);
        }
        self.look_at = (2 * self.buckets.len()).min(MOST);
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Memory").field("buckets", &self.len()).finish()
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{MOST, Memory, SHARDS};
    use crate::limit::Rule;

    fn caller(number: usize) -> String {
        format!("requests:address:{number}")
    }

    #[tokio::test(start_paused = true)]
    async fn buckets_that_are_full_again_are_forgotten() {
        let (memory, rule) = (Memory::default(), Rule::new(60, 10));
        for number in 0..10_000 {
            memory.take(caller(number), rule, 1);
        }
        assert_eq!(memory.len(), 10_000);
        memory.take("greedy".to_owned(), rule, 10);
        advance(Duration::from_secs(2)).await;
        for number in 10_000..30_000 {
            memory.take(caller(number), rule, 1);
        }
        assert!(memory.len() <= 20_001, "{} buckets", memory.len());
        let verdict = memory.take("greedy".to_owned(), rule, 3);
        assert_eq!((verdict.allowed, verdict.remaining), (false, 2), "his was not full");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_makes_up_callers_makes_nobody_forget_the_greedy() {
        let (memory, rule) = (Memory::default(), Rule::new(1, 100));
        for number in 0..100 {
            memory.take(format!("greedy{number}"), rule, 100);
        }
        for number in 0..2 * MOST * SHARDS {
            // Some time, so that not all lack the same.
            advance(Duration::from_micros(1)).await;
            memory.take(caller(number), rule, 1);
        }
        assert!(memory.len() <= MOST * SHARDS, "{} buckets", memory.len());
        assert!(memory.len() >= MOST * SHARDS / 4, "{} buckets", memory.len());
        for number in 0..100 {
            assert!(!memory.take(format!("greedy{number}"), rule, 1).allowed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_another_says_replaces_what_is_known() {
        let (memory, rule) = (Memory::default(), Rule::new(60, 10));
        memory.take("caller".to_owned(), rule, 10);
        memory.mirror("caller".to_owned(), rule, 0);
        assert_eq!(memory.len(), 0);
        memory.mirror("caller".to_owned(), rule, 10 * crate::limit::bucket::TOKEN);
        assert!(!memory.take("caller".to_owned(), rule, 1).allowed);
        memory.give_back("caller", rule, 5);
        assert_eq!(memory.take("caller".to_owned(), rule, 5).remaining, 0);
    }
}

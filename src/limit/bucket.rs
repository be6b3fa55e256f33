//! The arithmetic of a token bucket, in whole numbers, so that memory and Redis agree to the last digit.
//!
//! A bucket is what it lacks until it is full. A token has as many parts as a minute has microseconds, so a
//! rule's tokens per minute are its parts per microsecond: only waiting times are rounded, and those upwards.
//! The script of Redis (`rate/script.rs`) does the same sums with numbers that hold 53 bits; [`Rule::MOST`]
//! keeps them within.

use std::time::Duration;

/// Parts of a token.
pub(super) const TOKEN: u64 = 60_000_000;

/// How fast a bucket fills, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    per_minute: u64,
    burst: u64,
}

/// A bucket as it was at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket {
    /// Parts that it lacked.
    pub(super) owed: u64,
    /// When, in microseconds of whoever keeps the bucket.
    pub(super) at: u64,
}

/// Whether something was allowed, and what a client may be told of its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it was. Nothing was taken if not.
    pub allowed: bool,
    /// Tokens of a full bucket.
    pub limit: u64,
    /// Whole tokens that are left.
    pub remaining: u64,
    /// Until the bucket is full, when nothing more is taken.
    pub reset: Duration,
    /// Until as much as was refused would be allowed; `None` when it was allowed, and when it never will be
    /// because it is more than the limit.
    pub retry_after: Option<Duration>,
}

impl Rule {
    /// The most tokens that a rule may name.
    pub const MOST: u64 = 100_000_000;

    /// So many tokens a minute, and so many at once after a rest; each at least 1 and at most [`Self::MOST`].
    pub fn new(per_minute: u64, burst: u64) -> Self {
        Self { per_minute: per_minute.clamp(1, Self::MOST), burst: burst.clamp(1, Self::MOST) }
    }

    /// Tokens that come back in a minute.
    pub const fn per_minute(self) -> u64 {
        self.per_minute
    }

    /// Tokens of a full bucket.
    pub const fn burst(self) -> u64 {
        self.burst
    }

    /// What a client is told when a bucket lacks so many parts after something was allowed or not.
    pub(super) fn verdict(self, allowed: bool, owed: u64, amount: u64) -> Verdict {
        let room = (self.burst * TOKEN).saturating_sub(owed);
        let lacking = amount.saturating_mul(TOKEN).saturating_sub(room);
        Verdict {
            allowed,
            limit: self.burst,
            remaining: room / TOKEN,
            reset: self.time_for(owed),
            retry_after: (!allowed && amount <= self.burst).then(|| self.time_for(lacking)),
        }
    }

    /// How long so many parts take to come back.
    fn time_for(self, parts: u64) -> Duration {
        Duration::from_micros(parts.div_ceil(self.per_minute))
    }
}

impl Verdict {
    /// What is told of the bucket when so many tokens are put back.
    #[must_use]
    pub fn with_more(self, tokens: u64) -> Self {
        let remaining = self.remaining.saturating_add(tokens).min(self.limit);
        let (lacked, lacks) = (self.limit - self.remaining, self.limit - remaining);
        let reset = match u128::from(lacked) {
            0 => Duration::ZERO,
            // Rounded up: what is lacking of a token beside whole ones counts as one.
            lacked => {
                let micros = (self.reset.as_micros() * u128::from(lacks)).div_ceil(lacked);
                Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
            }
        };
        Self { remaining, reset, ..self }
    }
}

impl Bucket {
    /// Lets come back what came back until `now`. A clock that went backwards brings nothing back; a rule that
    /// became smaller never leaves more owed than its bucket holds.
    pub(super) fn refill(&mut self, rule: Rule, now: u64) {
        let back = now.saturating_sub(self.at).saturating_mul(rule.per_minute);
        self.owed = self.owed.saturating_sub(back).min(rule.burst * TOKEN);
        self.at = now;
    }

    /// Takes so many tokens, all or none; whether they were there.
    pub(super) fn take(&mut self, rule: Rule, now: u64, amount: u64) -> bool {
        self.refill(rule, now);
        let owed = self.owed.saturating_add(amount.saturating_mul(TOKEN));
        let allowed = owed <= rule.burst * TOKEN;
        if allowed {
            self.owed = owed;
        }
        allowed
    }

    /// Puts so many tokens back; more than were taken fill the bucket, and no more.
    pub(super) fn give_back(&mut self, rule: Rule, now: u64, amount: u64) {
        self.refill(rule, now);
        self.owed = self.owed.saturating_sub(amount.saturating_mul(TOKEN));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::{collection::vec, prelude::*};

    use super::{Bucket, Rule, TOKEN};

    /// Fractions of tokens in the bucket, with a denominator of its own: the textbook's bucket.
    struct Model {
        tokens: u128,
        at: u64,
    }

    const DENOMINATOR: u128 = 60_000_000;

    impl Model {
        fn refill(&mut self, rule: Rule, now: u64) {
            let new = u128::from(now - self.at) * u128::from(rule.per_minute);
            self.tokens = (self.tokens + new).min(u128::from(rule.burst) * DENOMINATOR);
            self.at = now;
        }
    }

    proptest! {
        #[test]
        fn it_is_the_bucket_of_the_textbook(
            per_minute in 1..=Rule::MOST, burst in 1..=100_000_u64,
            steps in vec((any::<bool>(), 0..200_000_u64, 0..90_000_000_u64), 1..60),
        ) {
            let rule = Rule::new(per_minute, burst);
            let mut model = Model { tokens: u128::from(burst) * DENOMINATOR, at: 0 };
            let (mut bucket, mut now) = (Bucket::default(), 0);
            for (take, amount, pause) in steps {
                now += pause;
                model.refill(rule, now);
                let asked = u128::from(amount) * DENOMINATOR;
                if take {
                    let allowed = asked <= model.tokens;
                    prop_assert_eq!(bucket.take(rule, now, amount), allowed);
                    if allowed { model.tokens -= asked; }
                } else {
                    bucket.give_back(rule, now, amount);
                    model.tokens = (model.tokens + asked).min(u128::from(burst) * DENOMINATOR);
                }
                prop_assert_eq!(u128::from(burst * TOKEN - bucket.owed), model.tokens);
            }
        }

        /// A client that waits as long as it is told is let in, and not a microsecond before.
        #[test]
        fn the_wait_it_tells_is_exact(
            per_minute in 1..=Rule::MOST, burst in 1..=100_000_u64, first in 1..=100_000_u64, second in 1..=100_000_u64,
        ) {
            let rule = Rule::new(per_minute, burst);
            let mut bucket = Bucket::default();
            let _ = bucket.take(rule, 0, first);
            let before = bucket;
            let allowed = bucket.take(rule, 0, second);
            let verdict = rule.verdict(allowed, bucket.owed, second);
            prop_assert_eq!(verdict.retry_after.is_some(), !allowed && second <= burst);
            if let Some(wait) = verdict.retry_after {
                let wait = u64::try_from(wait.as_micros()).unwrap();
                let mut early = before;
                prop_assert!(!early.take(rule, wait - 1, second));
                prop_assert!(bucket.take(rule, wait, second));
            }
            let full = u64::try_from(rule.verdict(true, before.owed, 0).reset.as_micros()).unwrap();
            let mut rested = before;
            rested.refill(rule, full);
            prop_assert_eq!(rested.owed, 0);
        }

        #[test]
        fn any_clock_and_any_amount_leave_it_within_its_bounds(
            steps in vec((any::<u64>(), any::<u64>(), any::<bool>(), any::<u64>()), 0..20),
        ) {
            let mut bucket = Bucket::default();
            for (now, amount, take, burst) in steps {
                let rule = Rule::new(7, burst);
                if take { let _ = bucket.take(rule, now, amount); } else { bucket.give_back(rule, now, amount); }
                prop_assert!(bucket.owed <= rule.burst * TOKEN);
                prop_assert_eq!(bucket.at, now);
            }
        }
    }

    #[test]
    fn a_verdict_says_what_is_left_and_when_there_is_more() {
        let rule = Rule::new(100, 150);
        let mut bucket = Bucket::default();
        assert!(bucket.take(rule, 0, 150));
        let refused = bucket.take(rule, 0, 1);
        let verdict = rule.verdict(refused, bucket.owed, 1);
        assert_eq!((verdict.allowed, verdict.limit, verdict.remaining), (false, 150, 0));
        assert_eq!(verdict.retry_after, Some(Duration::from_millis(600)));
        assert_eq!(verdict.reset, Duration::from_secs(90));
        assert_eq!(rule.verdict(false, bucket.owed, 151).retry_after, None, "it will never be allowed");

        let more = verdict.with_more(50);
        assert_eq!((more.remaining, more.reset), (50, Duration::from_mins(1)));
        let full = verdict.with_more(1_000);
        assert_eq!((full.remaining, full.reset), (150, Duration::ZERO));
    }
}

//! `[cache]`: what is kept in memory, and what others may keep.

use std::time::Duration;

settings! {
    /// What is kept to answer again, and for how long others may keep an answer.
    Cache = "cache" {
        /// Whether anything that was read is kept.
        enabled: bool = true;
        /// Bytes of memory for rows and fields, about.
        memory_bytes: u64 = 67108864;
        /// Seconds a row or a field is kept in memory at most. A write that touches it drops it at once.
        memory_ttl_s: u64 = 300, in 1..=86_400;
        /// Seconds it is kept in Redis at most, where there is one.
        shared_ttl_s: u64 = 3600, in 1..=86_400;
        /// Bytes of memory for whole responses; 0 keeps none.
        response_bytes: u64 = 134217728;
        /// Seconds a response that is too old may be used while it is made anew, here and in caches
        /// outside. One that a write has touched is never used here.
        stale_while_revalidate_s: u64 = 30, in 0..=31_536_000;
        /// Seconds a response that is too old may be used while the database is left alone because it fails (see
        /// breaker). One that a write is known to have touched is never used.
        stale_if_error_s: u64 = 3600, in 0..=31_536_000;
        /// Seconds a browser or a cache in between may use an answer without asking again.
        http_max_age_s: u64 = 10, in 0..=31_536_000;
    }
}

impl Cache {
    /// How long a response that is too old may be used while it is made anew.
    pub fn stale_while_revalidate(&self) -> Duration {
        Duration::from_secs(self.stale_while_revalidate_s)
    }

    /// How long a response that is too old may be used while the database is left alone.
    pub fn stale_if_error(&self) -> Duration {
        Duration::from_secs(self.stale_if_error_s)
    }

    /// How long rows and fields are kept at most.
    pub fn lifetimes(&self) -> (Duration, Duration) {
        (Duration::from_secs(self.memory_ttl_s), Duration::from_secs(self.shared_ttl_s))
    }

    /// How long others may use an answer.
    pub fn http_max_age(&self) -> Duration {
        Duration::from_secs(self.http_max_age_s)
    }
}

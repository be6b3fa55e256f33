//! `[cache]`: what is kept in memory, and what others may keep.

use std::time::Duration;

settings! {
    /// What is kept to answer again, and for how long others may keep an answer.
    Cache = "cache" {
        /// Whether answers are kept at all.
        enabled: bool = true;
        /// Bytes of memory for whole responses.
        response_bytes: u64 = 134217728;
        /// Seconds a response that is too old may be used while it is made anew, here and in caches
        /// outside. One that a write has touched is never used here.
        stale_while_revalidate_s: u64 = 30, in 0..=31_536_000;
        /// Seconds a browser or a cache in between may use an answer without asking again.
        http_max_age_s: u64 = 10, in 0..=31_536_000;
    }
}

impl Cache {
    /// How long a response that is too old may be used while it is made anew.
    pub fn stale_while_revalidate(&self) -> Duration {
        Duration::from_secs(self.stale_while_revalidate_s)
    }

    /// How long others may use an answer.
    pub fn http_max_age(&self) -> Duration {
        Duration::from_secs(self.http_max_age_s)
    }
}

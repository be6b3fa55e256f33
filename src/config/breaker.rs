//! `[breaker]`: when a database that fails is left alone for a moment.

use std::time::Duration;

settings! {
    /// When a database that fails is left alone for a moment: clients hear at once that it does not answer, or get
    /// what is in the cache. Calls of the last ten seconds count.
    Breaker = "breaker" {
        /// Whether it is ever left alone.
        enabled: bool = true;
        /// Statements within ten seconds until their ends are judged.
        min_calls: u32 = 20, in 1..=1_000_000;
        /// Of a hundred statements, so many that fail are too many.
        failure_percent: u32 = 50, in 1..=100;
        /// Of a hundred statements, so many that are slow are too many.
        slow_percent: u32 = 80, in 1..=100;
        /// Milliseconds after which a statement is slow, whether or not someone still waits for it; half of
        /// `graphql.execution_timeout_ms` at most.
        slow_ms: u64 = 5000, in 1..=u64::MAX;
        /// Milliseconds the database is left alone. Then a few statements try how it is.
        pause_ms: u64 = 1000, in 1..=60_000;
    }
}

impl Breaker {
    /// When a statement is slow.
    pub fn slow(&self) -> Duration {
        Duration::from_millis(self.slow_ms)
    }

    /// How long the database is left alone.
    pub fn pause(&self) -> Duration {
        Duration::from_millis(self.pause_ms)
    }
}

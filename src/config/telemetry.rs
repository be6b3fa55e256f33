//! `[telemetry]`: what the server tells of its work.

use std::time::Duration;

settings! {
    /// What the server tells of its work, besides the log and the metrics.
    Telemetry = "telemetry" {
        /// Milliseconds after which a SQL statement counts as slow and is logged, with its text and without its
        /// values. 0 for never.
        slow_query_ms: u64 = 200, in 0..=86_400_000;
    }
}

impl Telemetry {
    /// When a statement counts as slow, if ever.
    pub fn slow_query(&self) -> Option<Duration> {
        (self.slow_query_ms > 0).then(|| Duration::from_millis(self.slow_query_ms))
    }
}

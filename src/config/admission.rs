//! `[admission]`: how much is done at a time.

use std::time::Duration;

settings! {
    /// How much is done at a time, and what waits. The rest hears at once that it should try again later.
    Admission = "admission" {
        /// Requests inside the server at a time, whatever they ask for. What comes beyond is refused before it is
        /// read.
        max_in_flight: usize = 2000, in 1..=u64::MAX;
        /// Operations executed at a time. What is answered from the response cache does not count.
        max_executing: usize = 20, in 1..=10_000;
        /// Operations that may wait until they are executed.
        max_queued: usize = 100, in 0..=100_000;
        /// Milliseconds an operation may wait.
        queue_timeout_ms: u64 = 5000, in 1..=30_000;
        /// Whether the server says that it is not ready while it turns operations away, so that a load balancer
        /// sends them elsewhere. With every server under load none would be left.
        unready_when_shedding: bool = false;
    }
}

impl Admission {
    /// How long an operation may wait.
    pub fn queue_timeout(&self) -> Duration {
        Duration::from_millis(self.queue_timeout_ms)
    }
}

//! `[live]`: changes as they happen.

use std::time::Duration;

settings! {
    /// Changes as they happen.
    Live = "live" {
        /// Hours that the change log is kept. Whoever was away for longer cannot go on where he was.
        retention_hours: u64 = 168, in 1..=87_600;
    }
}

impl Live {
    /// How long the change log is kept.
    pub fn retention(&self) -> Duration {
        Duration::from_hours(self.retention_hours)
    }
}

//! Tells the log which documents are executed although no manifest has them: mode `log`.
//!
//! What must stay true: each is told once as long as it is remembered, and whatever clients send, the log
//! gets only so many lines in a minute.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::hash::DocumentHash;
use crate::cache::BoundedCache;

/// Documents that are remembered as told.
const MOST_TOLD: u64 = 10_000;
/// Lines in a minute. What is left out comes again, as its clients do.
const MOST_LINES: u32 = 60;
/// The longest operation name in a line: a client chooses it.
const LONGEST_NAME: usize = 64;
const MINUTE: Duration = Duration::from_mins(1);

/// What was told.
pub(super) struct Unlisted {
    told: BoundedCache,
    // Locked for the length of a comparison, and only for a document that was not told yet.
    minute: Mutex<Minute>,
}

struct Minute {
    began: Instant,
    lines: u32,
    /// Requests since the last line that should have got one.
    untold: u64,
}

impl Unlisted {
    /// Nothing was told yet.
    pub(super) fn new() -> Self {
        let minute = Minute { began: Instant::now(), lines: 0, untold: 0 };
        Self { told: BoundedCache::new(MOST_TOLD), minute: Mutex::new(minute) }
    }

    /// Tells of a document that was admitted, unless that was done or is too much.
    pub(super) fn tell(&self, hash: DocumentHash, operation: Option<&str>, request_id: Option<&str>) {
        if self.told.contains(hash.as_bytes()) {
            return;
        }
        let Some(untold) = self.line() else { return };
        self.told.insert(hash.as_bytes(), Arc::new(()), 1);
        tracing::warn!(
            %hash,
            operation = operation.map(|name| name.get(..LONGEST_NAME).unwrap_or(name)),
            request_id,
            untold,
            "a document is executed that the manifest does not have (documents.mode = log)"
        );
    }

    /// Takes one of the minute's lines; how many requests got none since the last one.
    fn line(&self) -> Option<u64> {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.began.elapsed() >= MINUTE {
            (minute.began, minute.lines) = (Instant::now(), 0);
        }
        if minute.lines == MOST_LINES {
            minute.untold += 1;
            return None;
        }
        minute.lines += 1;
        Some(std::mem::take(&mut minute.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_so_many_lines() {
        let unlisted = Unlisted::new();
        let lines = |count: u32| (0..count).filter_map(|_| unlisted.line()).collect::<Vec<_>>();
        assert_eq!(lines(100), vec![0; 60]);
        tokio::time::advance(Duration::from_millis(59_999)).await;
        assert_eq!(lines(1), vec![0; 0]);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(lines(2), [41, 0]);
    }
}

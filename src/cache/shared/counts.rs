//! What was asked of Redis, and what became of it, in numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::endpoint::Failure;

/// What happened so far, since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Values that were asked for and found.
    pub hits: u64,
    /// Values that were asked for and not found, while Redis answered: absent, of another format or damaged.
    pub misses: u64,
    /// Values that were stored.
    pub fills: u64,
    /// Values that were not stored, because one that was read later is there.
    pub outdated: u64,
    /// Calls to which there was no answer in time, and attempts to connect.
    pub slow: u64,
    /// Calls and attempts that Redis answered with an error: out of memory, loading, a wrong password.
    pub refused: u64,
    /// Calls and attempts for which there was no connection, or it broke.
    pub broken: u64,
    /// Calls that were not made, because Redis was away.
    pub skipped: u64,
    /// How often it came to be away.
    pub away: u64,
}

/// The counters behind [`Counts`].
#[derive(Default)]
pub(super) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    fills: AtomicU64,
    outdated: AtomicU64,
    slow: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
    skipped: AtomicU64,
    away: AtomicU64,
}

impl Counters {
    /// Of so many values that were asked for, so many were found.
    pub(super) fn asked(&self, values: usize, found: usize) {
        self.hits.fetch_add(found as u64, Relaxed);
        self.misses.fetch_add((values - found) as u64, Relaxed);
    }

    /// Of so many values, so many were not stored.
    pub(super) fn filled(&self, values: u64, outdated: u64) {
        self.fills.fetch_add(values.saturating_sub(outdated), Relaxed);
        self.outdated.fetch_add(outdated, Relaxed);
    }

    pub(super) fn went_away(&self) {
        self.away.fetch_add(1, Relaxed);
    }

    pub(super) fn skipped(&self) {
        self.skipped.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self, failure: &Failure) {
        let counter = match failure {
            Failure::Slow => &self.slow,
            Failure::Refused(_) => &self.refused,
            Failure::Broken(_) => &self.broken,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// All of them, each as it is at some moment of the call.
    pub(super) fn read(&self) -> Counts {
        Counts {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            fills: self.fills.load(Relaxed),
            outdated: self.outdated.load(Relaxed),
            slow: self.slow.load(Relaxed),
            refused: self.refused.load(Relaxed),
            broken: self.broken.load(Relaxed),
            skipped: self.skipped.load(Relaxed),
            away: self.away.load(Relaxed),
        }
    }
}

//! What is known of an operation before it is answered: for whoever has to tell of it and has no answer to tell it by.
//! A subscription has none of its own, and a client may go away.

use std::sync::{Mutex, PoisonError};

use super::execution::Stats;
use crate::telemetry::meter::Meter;

/// Filled in by the engine as soon as something is known. Whoever asks keeps it, so that it outlives the engine's
/// future.
#[derive(Debug, Default)]
pub struct Noted {
    /// Locked to be copied, and never across an await.
    stats: Mutex<Stats>,
    /// Counts the statements.
    pub(super) meter: Meter,
}

impl Noted {
    /// What is known by now.
    pub fn stats(&self) -> Stats {
        let known = self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Stats { database: self.meter.read(), ..known }
    }

    pub(super) fn note(&self, stats: &Stats) {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone_from(stats);
    }
}

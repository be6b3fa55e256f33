//! What became of the calls of the last seconds: a ring of counts.

use std::time::Duration;

/// Counts of the ring. A window is as many slices of time.
const SLICES: usize = 10;

/// What became of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Calls that ended, or lasted for long.
    pub(super) calls: u32,
    /// Those that failed.
    pub(super) failed: u32,
    /// Those that lasted for long, whatever their end.
    pub(super) slow: u32,
}

/// The ring.
#[derive(Debug)]
pub(super) struct Window {
    slice: Duration,
    /// Each with the number of its slice since the beginning, so that an old one is told from a new one.
    slices: [(u128, Tally); SLICES],
}

impl Window {
    /// An empty one over so much time.
    pub(super) fn new(length: Duration) -> Self {
        let slice = (length / u32::try_from(SLICES).unwrap_or(1)).max(Duration::from_millis(1));
        Self { slice, slices: [(0, Tally::default()); SLICES] }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.slices = [(0, Tally::default()); SLICES];
    }

    /// Counts a call that ended so long after the beginning.
    pub(super) fn record(&mut self, at: Duration, failed: bool, slow: bool) {
        let number = self.number(at);
        let (known, tally) = &mut self.slices[(number % SLICES as u128) as usize];
        if *known != number {
            (*known, *tally) = (number, Tally::default());
        }
        tally.calls = tally.calls.saturating_add(1);
        tally.failed += u32::from(failed);
        tally.slow += u32::from(slow);
    }

    /// What became of the calls of the slices that are not older than the window.
    pub(super) fn tally(&self, at: Duration) -> Tally {
        let number = self.number(at);
        let recent = self.slices.iter().filter(|(known, _)| known + SLICES as u128 > number);
        recent.fold(Tally::default(), |sum, (_, tally)| Tally {
            calls: sum.calls.saturating_add(tally.calls),
            failed: sum.failed.saturating_add(tally.failed),
            slow: sum.slow.saturating_add(tally.slow),
        })
    }

    fn number(&self, at: Duration) -> u128 {
        at.as_nanos() / self.slice.as_nanos()
    }
}

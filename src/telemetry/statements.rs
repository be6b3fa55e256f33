//! Every SQL statement that reads, timed: whether it was answered, refused or given up.

use std::time::{Duration, Instant};

use metrics::{Histogram, histogram, with_local_recorder};
use metrics_exporter_prometheus::PrometheusRecorder;

use super::names::QUERY_DURATION;

/// Where statements are timed. By default nowhere.
#[derive(Clone, Debug)]
pub struct Statements {
    ok: Histogram,
    failed: Histogram,
    cancelled: Histogram,
}

/// A statement under way. Dropped before it has ended, it was given up.
pub struct Timing<'a> {
    statements: &'a Statements,
    began: Instant,
    has_ended: bool,
}

impl Statements {
    pub(super) fn register(recorder: &PrometheusRecorder) -> Self {
        let of = |outcome: &'static str| {
            with_local_recorder(recorder, || histogram!(QUERY_DURATION, "outcome" => outcome))
        };
        Self { ok: of("ok"), failed: of("failed"), cancelled: of("cancelled") }
    }

    /// A statement begins, with the wait for its connection.
    pub fn begin(&self) -> Timing<'_> {
        Timing { statements: self, began: Instant::now(), has_ended: false }
    }
}

impl Default for Statements {
    fn default() -> Self {
        Self { ok: Histogram::noop(), failed: Histogram::noop(), cancelled: Histogram::noop() }
    }
}

impl Timing<'_> {
    /// The statement has ended: with an answer, or with an error. Returns how long it took.
    pub fn ended(mut self, answered: bool) -> Duration {
        self.has_ended = true;
        let took = self.began.elapsed();
        if answered { &self.statements.ok } else { &self.statements.failed }.record(took);
        took
    }
}

impl Drop for Timing<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.statements.cancelled.record(self.began.elapsed());
        }
    }
}

//! Every SQL statement, timed: whether it was answered, refused or given up. Slow ones are logged; all count for the
//! request that they run for ([`super::meter`]).
//!
//! What must stay true: no value of a statement is logged, only its text, which the store writes.

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Histogram, counter, histogram, with_local_recorder};
use metrics_exporter_prometheus::PrometheusRecorder;
use sha2::{Digest, Sha256};

use super::{
    meter::{Counted, begin_statement},
    names::{QUERY_DURATION, SLOW_QUERIES},
};

/// The most bytes of a statement's text in the log: enough to know it by.
const LONGEST_TEXT: usize = 1_000;

/// Where statements are timed. By default nowhere. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<Told>);

#[derive(Clone, Debug)]
struct Told {
    ok: Histogram,
    failed: Histogram,
    cancelled: Histogram,
    slow: Counter,
    /// From when on a statement is slow, if ever.
    threshold: Option<Duration>,
}

/// A statement under way. Dropped before it has ended, it was given up.
pub struct Timing {
    statements: Statements,
    sql: Arc<str>,
    counted: Counted,
    outcome: Outcome,
}

#[derive(Clone, Copy)]
enum Outcome {
    Ok,
    Failed,
    Cancelled,
}

impl Statements {
    pub(super) fn register(recorder: &PrometheusRecorder) -> Self {
        let told = with_local_recorder(recorder, || Told {
            ok: histogram!(QUERY_DURATION, "outcome" => "ok"),
            failed: histogram!(QUERY_DURATION, "outcome" => "failed"),
            cancelled: histogram!(QUERY_DURATION, "outcome" => "cancelled"),
            slow: counter!(SLOW_QUERIES),
            threshold: None,
        });
        Self(Arc::new(told))
    }

    /// The same, which logs statements that take as long as this; none without it.
    #[must_use]
    pub fn slow_from(self, threshold: Option<Duration>) -> Self {
        Self(Arc::new(Told { threshold, ..(*self.0).clone() }))
    }

    /// A statement of this text begins, with the wait for its connection.
    pub fn begin(&self, sql: impl Into<Arc<str>>) -> Timing {
        let (sql, counted) = (sql.into(), begin_statement());
        Timing { statements: self.clone(), sql, counted, outcome: Outcome::Cancelled }
    }
}

impl Told {
    fn tell_slow(&self, sql: &str, took: Duration, outcome: Outcome) {
        self.slow.increment(1);
        tracing::warn!(
            target: "farol::slow",
            fingerprint = fingerprint(sql),
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            outcome = outcome.as_str(),
            sql = &sql[..sql.floor_char_boundary(LONGEST_TEXT)],
            "slow query",
        );
    }
}

impl Default for Told {
    fn default() -> Self {
        let (ok, failed, cancelled) = (Histogram::noop(), Histogram::noop(), Histogram::noop());
        Self { ok, failed, cancelled, slow: Counter::noop(), threshold: None }
    }
}

impl Timing {
    /// The statement has ended: with an answer, or with an error.
    pub fn ended(mut self, answered: bool) {
        self.outcome = if answered { Outcome::Ok } else { Outcome::Failed };
    }
}

impl Drop for Timing {
    fn drop(&mut self) {
        let Self { statements: Statements(statements), sql, counted, outcome } = self;
        let took = counted.elapsed();
        match outcome {
            Outcome::Ok => &statements.ok,
            Outcome::Failed => &statements.failed,
            Outcome::Cancelled => &statements.cancelled,
        }
        .record(took);
        if statements.threshold.is_some_and(|threshold| took >= threshold) {
            statements.tell_slow(sql, took, *outcome);
        }
    }
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What the same statement is known by in every process and version: 8 bytes of its hash.
fn fingerprint(sql: &str) -> String {
    let hash = Sha256::digest(sql.as_bytes());
    let first = hash.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn a_fingerprint_is_the_same_for_ever() {
        assert_eq!(fingerprint("SELECT 1"), "e004ebd5b5532a4b");
        assert_ne!(fingerprint("SELECT 2"), fingerprint("SELECT 1"));
    }
}

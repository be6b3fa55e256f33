//! What every GraphQL request leaves behind: one access line and its figures.

use std::{sync::Arc, time::Instant};

use axum::http::{Method, StatusCode};

use crate::{
    graphql::Stats,
    telemetry::{
        figures::Spent,
        metrics::{Metrics, Outcome},
    },
};

/// The status of requests whose client went away; never sent, as there is nobody to read it.
const CLIENT_GONE: u16 = 499;
/// The longest operation name in a log line: a client chooses it.
const LONGEST_NAME: usize = 64;

/// Watches one request. Its drop writes the line and counts: also when the client goes away and
/// the request's future is dropped half-way.
pub(super) struct Observation {
    metrics: Arc<Metrics>,
    method: Method,
    request_id: String,
    began: Instant,
    status: u16,
    outcome: Outcome,
    /// What the operation was and took; empty for a request that HTTP refused.
    pub(super) stats: Stats,
}

impl Observation {
    /// Begins to watch.
    pub(super) fn begin(metrics: Arc<Metrics>, method: Method, request_id: &str) -> Self {
        metrics.request_began();
        Self {
            metrics,
            method,
            request_id: request_id.to_owned(),
            began: Instant::now(),
            status: CLIENT_GONE,
            outcome: Outcome::Cancelled,
            stats: Stats::default(),
        }
    }

    /// Notes the answer's status, whether the operation was executed, and whether all went well.
    pub(super) fn answered(&mut self, status: StatusCode, executed: bool, errors: usize) {
        self.status = status.as_u16();
        self.outcome = match (executed, errors) {
            (_, 0) => Outcome::Ok,
            (true, _) => Outcome::Partial,
            (false, _) if status.is_server_error() => Outcome::Failed,
            (false, _) => Outcome::Refused,
        };
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let Stats { operation_name, operation_type, cost, actual_cost, queued, database, .. } = &self.stats;
        let spent = Spent {
            cost: *cost,
            actual_cost: *actual_cost,
            queued: *queued,
            statements: database.statements,
        };
        self.metrics.request_ended(self.status, self.outcome, took, spent);
        tracing::info!(
            target: "farol::access",
            method = %self.method,
            status = self.status,
            operation = operation_name.as_deref().map(|name| name.get(..LONGEST_NAME).unwrap_or(name)),
            kind = operation_type,
            duration_ms = milliseconds(took),
            cost,
            sql = database.statements,
            database_ms = milliseconds(database.database_time),
            request_id = self.request_id,
            "request",
        );
    }
}

/// Milliseconds with microseconds as decimals: what people compare.
fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

//! Every metric by name, in one place; those of connections that stay open are in `live`.
//!
//! Each server has a recorder of its own, so that two servers in one process do not mix their
//! figures. Durations are seconds and sizes bytes, as Prometheus has it. No label takes a value
//! that a client chooses.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram, with_local_recorder,
};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use super::{
    live::{self, By, Live},
    meter::Reading,
};
use crate::cache::{self, response};

const BUILD_INFO: &str = "farol_build_info";
const REQUESTS: &str = "farol_requests_total";
const REQUEST_DURATION: &str = "farol_request_duration_seconds";
const OPERATION_COST: &str = "farol_operation_cost";
const SQL_STATEMENTS: &str = "farol_sql_statements_total";
const CACHE_HITS: &str = "farol_cache_hits_total";
const CACHE_MISSES: &str = "farol_cache_misses_total";
const CACHE_BYTES: &str = "farol_cache_bytes";
const CACHE_LOADS: &str = "farol_cache_loads_total";
const CACHE_JOINED: &str = "farol_cache_joined_total";
const CACHE_REFRESHES: &str = "farol_cache_refreshes_total";
const REDIS_FAILURES: &str = "farol_redis_failures_total";
const REQUESTS_IN_FLIGHT: &str = "farol_http_requests_in_flight";
const RESIDENT_MEMORY: &str = "process_resident_memory_bytes";

/// From a cached answer (under a millisecond) to the statement timeout (30 s).
const DURATION_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Up to the default limit of 1,000 in even steps of meaning, and beyond for those who raise it.
const COST_BUCKETS: &[f64] = &[1.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 750.0, 1_000.0, 2_500.0, 10_000.0];

/// How often [`Metrics::upkeep`] is wanted: samples gather in memory until then.
pub const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The metrics of one server: handles to record with, and the text that shows them.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    live: Live,
    requests_in_flight: Gauge,
    operation_cost: Histogram,
    sql_statements: Counter,
    resident_memory: Gauge,
}

/// How a GraphQL request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered without an error.
    Ok,
    /// Executed, with at least one error in the answer.
    Partial,
    /// Not executed: the caller's mistake.
    Refused,
    /// Not executed: the server's fault.
    Failed,
    /// The client went away before the answer.
    Cancelled,
}

impl Outcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Metrics {
    /// Registers every metric with a recorder of its own. Fails only if a list of buckets is empty.
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(REQUEST_DURATION.to_owned()), DURATION_BUCKETS)?
            .set_buckets_for_metric(Matcher::Full(OPERATION_COST.to_owned()), COST_BUCKETS)?
            .build_recorder();
        let handle = recorder.handle();
        let (requests_in_flight, operation_cost, sql_statements, resident_memory) = register(&recorder);
        let live = Live::register(&recorder);
        Ok(Self {
            recorder,
            handle,
            live,
            requests_in_flight,
            operation_cost,
            sql_statements,
            resident_memory,
        })
    }

    /// The figures of connections that stay open.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// What subscriptions did, by their own count.
    pub fn subscriptions(&self, figures: Option<live::Subscriptions>) {
        if let Some(figures) = figures {
            live::subscriptions(&self.recorder, figures);
        }
    }

    /// A WebSocket has ended: its close code, 1006 without a close frame, and who ended it.
    pub fn socket_closed(&self, code: u16, by: By) {
        live::closed(&self.recorder, code, by);
    }

    /// A GraphQL request has begun; [`Self::request_ended`] must follow.
    pub fn request_began(&self) {
        self.requests_in_flight.increment(1.0);
    }

    /// A GraphQL request has ended: its HTTP status, how it went, how long it took, what it cost
    /// (where known) and what it asked of the database.
    pub fn request_ended(
        &self,
        status: u16,
        outcome: Outcome,
        took: Duration,
        cost: Option<u64>,
        database: Reading,
    ) {
        self.requests_in_flight.decrement(1.0);
        with_local_recorder(&self.recorder, || {
            counter!(REQUESTS, "status" => status.to_string()).increment(1);
            histogram!(REQUEST_DURATION, "outcome" => outcome.label()).record(took);
        });
        if let Some(cost) = cost {
            #[expect(clippy::cast_precision_loss, reason = "a cost far above 2^53 needs no exact bucket")]
            self.operation_cost.record(cost as f64);
        }
        self.sql_statements.increment(database.statements);
    }

    /// What the caches did since the process began, by their own count, and what they hold now.
    pub fn caches(&self, responses: Option<response::Figures>, values: Option<cache::Figures>) {
        with_local_recorder(&self.recorder, || {
            if let Some(response::Figures { hits, misses, bytes }) = responses {
                level("response", hits, misses);
                held("response", bytes);
            }
            if let Some(values) = values {
                level("memory", values.memory_hits, values.memory_misses);
                held("memory", values.memory_bytes);
                counter!(CACHE_LOADS).absolute(values.loads);
                counter!(CACHE_JOINED).absolute(values.joined);
                counter!(CACHE_REFRESHES).absolute(values.refreshes);
                if let Some(redis) = values.shared {
                    level("redis", redis.hits, redis.misses);
                    let failures = [
                        ("slow", redis.slow),
                        ("refused", redis.refused),
                        ("broken", redis.broken),
                        ("skipped", redis.skipped),
                    ];
                    for (reason, count) in failures {
                        counter!(REDIS_FAILURES, "reason" => reason).absolute(count);
                    }
                }
            }
        });
    }

    /// Everything in the Prometheus text format.
    pub fn render(&self) -> String {
        if let Some(bytes) = resident_memory() {
            self.resident_memory.set(bytes);
        }
        self.handle.render()
    }

    /// Moves gathered samples into their buckets; call it every [`UPKEEP_INTERVAL`].
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// Describes every metric and makes the handles that need no label.
fn register(recorder: &PrometheusRecorder) -> (Gauge, Histogram, Counter, Gauge) {
    with_local_recorder(recorder, || {
        describe();
        gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        (
            gauge!(REQUESTS_IN_FLIGHT),
            histogram!(OPERATION_COST),
            counter!(SQL_STATEMENTS),
            gauge!(RESIDENT_MEMORY),
        )
    })
}

fn describe() {
    describe_gauge!(BUILD_INFO, "Always 1; the label tells the version that runs.");
    describe_counter!(REQUESTS, "GraphQL requests answered, by HTTP status (499: the client went away).");
    describe_histogram!(
        REQUEST_DURATION,
        "Time from the head of a GraphQL request to its answer, by outcome."
    );
    describe_histogram!(OPERATION_COST, "Estimated cost of the operations received.");
    describe_counter!(SQL_STATEMENTS, "SQL statements that GraphQL requests needed.");
    describe_counter!(CACHE_HITS, "Values and responses found in a cache, by its level.");
    describe_counter!(
        CACHE_MISSES,
        "Values and responses looked for in a cache and not found, by its level."
    );
    describe_gauge!(CACHE_BYTES, "Memory that a cache holds, by its level.");
    describe_counter!(CACHE_LOADS, "Batches that no cache could answer: loads from the database.");
    describe_counter!(CACHE_JOINED, "Values that were waited for because another request was loading them.");
    describe_counter!(CACHE_REFRESHES, "Values loaded anew in the background before they were too old.");
    describe_counter!(
        REDIS_FAILURES,
        "Calls of Redis without an answer, by reason (skipped: not made, because it was away)."
    );
    describe_gauge!(REQUESTS_IN_FLIGHT, "GraphQL requests being answered now.");
    describe_gauge!(RESIDENT_MEMORY, "Memory of this process that is in RAM.");
}

fn level(level: &'static str, hits: u64, misses: u64) {
    counter!(CACHE_HITS, "level" => level).absolute(hits);
    counter!(CACHE_MISSES, "level" => level).absolute(misses);
}

fn held(level: &'static str, bytes: u64) {
    #[expect(clippy::cast_precision_loss, reason = "no memory has 2^53 bytes")]
    gauge!(CACHE_BYTES, "level" => level).set(bytes as f64);
}

/// The resident memory in bytes, where the system tells (Linux).
fn resident_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kibibytes) * 1024.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Metrics, Outcome, Reading};

    #[test]
    fn two_sets_of_metrics_do_not_mix() {
        let (busy, idle) = (Metrics::new().unwrap(), Metrics::new().unwrap());
        busy.request_began();
        let reading = Reading { statements: 4, database_time: Duration::from_millis(2) };
        busy.request_ended(200, Outcome::Ok, Duration::from_millis(3), Some(481), reading);
        let text = busy.render();
        for line in [
            "farol_requests_total{status=\"200\"} 1",
            "farol_request_duration_seconds_bucket{outcome=\"ok\",le=\"0.005\"} 1",
            "farol_operation_cost_bucket{le=\"500\"} 1",
            "farol_operation_cost_bucket{le=\"250\"} 0",
            "farol_sql_statements_total 4",
            "farol_http_requests_in_flight 0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!idle.render().contains("status=\"200\""));
    }
}

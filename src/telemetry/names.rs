//! Every metric: its name, what it is, its labels, and what it tells. The only place that has these.
//!
//! What must stay true: no label takes a value that a client chooses, so that the number of series is bounded;
//! durations are seconds and sizes bytes, as Prometheus has it. The README has the same table, which a test holds
//! against this one.

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its labels, each with the values that it takes: with commas in between, or described.
    pub labels: &'static [(&'static str, &'static str)],
    /// What it tells: one paragraph.
    pub help: &'static str,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// What only grows, as long as the process runs.
    Counter,
    /// What is so now.
    Gauge,
    /// How often something was how large, by the upper bounds of its buckets.
    Histogram(&'static [f64]),
}

/// The classes of work, the most urgent first.
pub const CLASSES: [&str; 4] = ["admin", "mutation", "interactive", "background"];

/// From a cached answer (under a millisecond) to the statement timeout (30 s).
const SECONDS: Kind =
    Kind::Histogram(&[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]);
/// From a row by its key to the statement timeout.
const STATEMENT_SECONDS: Kind = Kind::Histogram(&[
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0, 30.0,
]);
/// Up to the default limit of 1,000 in even steps of meaning, and beyond for those who raise it.
const COST: Kind =
    Kind::Histogram(&[1.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 750.0, 1_000.0, 2_500.0, 10_000.0]);

impl Kind {
    /// The word for it in the README, and in Prometheus.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// Turns the table into constants with the names, and [`METRICS`].
macro_rules! metrics {
    ($(
        $(#[doc = $help:literal])+
        $CONSTANT:ident: $kind:expr, $name:literal $(, $label:literal: $values:literal)*;
    )+) => {
        $(pub(super) const $CONSTANT: &str = $name;)+

        /// All of them, in the order of the README.
        pub const METRICS: &[Metric] = &[$(Metric {
            name: $name,
            kind: $kind,
            labels: &[$(($label, $values)),*],
            help: concat!($($help),+).trim_ascii(),
        }),+];
    };
}

metrics! {
    /// GraphQL requests answered, also those turned away at the door, which leave no line (499: the client went away
    /// before).
    REQUESTS: Kind::Counter, "farol_requests_total", "status": "an HTTP status";
    /// Time from the head of a GraphQL request to its answer.
    REQUEST_DURATION: SECONDS, "farol_request_duration_seconds", "outcome": "ok, partial, refused, failed, cancelled";
    /// GraphQL requests being answered now.
    REQUESTS_IN_FLIGHT: Kind::Gauge, "farol_http_requests_in_flight";
    /// Connections open now, whatever they are for.
    CONNECTIONS: Kind::Gauge, "farol_http_connections";
    /// Connections closed as they came, because all were taken: those of the server, or of one address.
    CONNECTIONS_REFUSED: Kind::Counter, "farol_http_connections_refused_total", "by": "server, address";
    /// Estimated cost of the operations received.
    OPERATION_COST: COST, "farol_operation_cost";
    /// Actual cost of the operations executed, where it was counted.
    ACTUAL_COST: COST, "farol_operation_actual_cost";
    /// SQL statements that GraphQL requests needed.
    SQL_STATEMENTS: Kind::Counter, "farol_sql_statements_total";
    /// Time of a SQL statement, with the wait for its connection.
    QUERY_DURATION: STATEMENT_SECONDS, "farol_db_query_duration_seconds", "outcome": "ok, failed, cancelled";
    /// SQL statements that took longer than telemetry.slow_query_ms.
    SLOW_QUERIES: Kind::Counter, "farol_db_slow_queries_total";
    /// Connections that read, open now.
    POOL_CONNECTIONS: Kind::Gauge, "farol_db_pool_connections", "state": "idle, in_use";
    /// Connections that read, at most.
    POOL_LIMIT: Kind::Gauge, "farol_db_pool_limit";
    /// Statements that wait for a connection.
    POOL_WAITING: Kind::Gauge, "farol_db_pool_waiting";
    /// Found of what was looked for in a cache, as a share of 1, since the process began; absent before the first look.
    CACHE_HIT_RATIO: Kind::Gauge, "farol_cache_hit_ratio", "level": "response, memory, redis";
    /// Values and responses found in a cache.
    CACHE_HITS: Kind::Counter, "farol_cache_hits_total", "level": "response, memory, redis";
    /// Values and responses looked for in a cache and not found.
    CACHE_MISSES: Kind::Counter, "farol_cache_misses_total", "level": "response, memory, redis";
    /// Memory that a cache holds.
    CACHE_BYTES: Kind::Gauge, "farol_cache_bytes", "level": "response, memory";
    /// Batches that no cache could answer: loads from the database.
    CACHE_LOADS: Kind::Counter, "farol_cache_loads_total";
    /// Values that were waited for because another request was loading them.
    CACHE_JOINED: Kind::Counter, "farol_cache_joined_total";
    /// Values loaded anew in the background before they were too old.
    CACHE_REFRESHES: Kind::Counter, "farol_cache_refreshes_total";
    /// Calls of Redis without an answer (skipped: not made, because it was away).
    REDIS_FAILURES: Kind::Counter, "farol_redis_failures_total", "reason": "slow, refused, broken, skipped";
    /// Requests that are past the door, whatever they ask for.
    ADMISSION_IN_FLIGHT: Kind::Gauge, "farol_admission_in_flight";
    /// Operations being executed.
    ADMISSION_EXECUTING: Kind::Gauge, "farol_admission_executing";
    /// Operations that wait to be executed.
    ADMISSION_QUEUED: Kind::Gauge, "farol_admission_queued", "class": "admin, mutation, interactive, background";
    /// Operations that were let through the queue.
    ADMISSION_ADMITTED: Kind::Counter, "farol_admission_admitted_total", "class": "admin, mutation, interactive, background";
    /// What was turned away: by the queue, or at the door, where the class is not known yet.
    ADMISSION_SHED: Kind::Counter, "farol_admission_shed_total", "class": "admin, mutation, interactive, background, unknown", "reason": "full, expired, pushed_out, door";
    /// Time that operations waited in the queue, where they had to.
    ADMISSION_WAIT: SECONDS, "farol_admission_wait_seconds";
    /// What callers' buckets were asked, and whether they had enough.
    RATE_LIMIT_DECISIONS: Kind::Counter, "farol_rate_limit_decisions_total", "resource": "requests, cost", "decision": "allowed, refused";
    /// Where it was decided: in Redis for all nodes, or in the memory of this one.
    RATE_LIMIT_DECIDED: Kind::Counter, "farol_rate_limit_decided_total", "by": "redis, memory";
    /// Callers that this node's memory has a bucket of.
    RATE_LIMIT_BUCKETS: Kind::Gauge, "farol_rate_limit_buckets";
    /// Whether a dependency is asked: 0 yes (closed), 1 on trial (half-open), 2 no (open).
    BREAKER_STATE: Kind::Gauge, "farol_breaker_state", "dependency": "database, redis";
    /// How often it came to be asked no more.
    BREAKER_OPENED: Kind::Counter, "farol_breaker_opened_total", "dependency": "database, redis";
    /// WebSockets open now.
    SOCKETS: Kind::Gauge, "farol_websocket_connections";
    /// Operations being answered over WebSockets.
    SOCKET_OPERATIONS: Kind::Gauge, "farol_websocket_operations";
    /// Messages of text over WebSockets.
    SOCKET_MESSAGES: Kind::Counter, "farol_websocket_messages_total", "direction": "in, out";
    /// Bytes of the messages sent over WebSockets: before deflate (plain), and as frames after it (wire).
    SOCKET_BYTES: Kind::Counter, "farol_websocket_sent_bytes_total", "form": "plain, wire";
    /// Age of subscriptions' messages when they are given to a WebSocket; told again to who comes back, they are older.
    SOCKET_LAG: SECONDS, "farol_websocket_lag_seconds";
    /// WebSockets that ended, by close code (1006: without a close frame) and who ended them.
    SOCKET_CLOSES: Kind::Counter, "farol_websocket_closes_total", "code": "a known close code, or other", "by": "server, client";
    /// Messages of subscriptions that were executed and written, over WebSockets and event streams.
    ENCODINGS: Kind::Counter, "farol_websocket_encodings_total";
    /// Messages of subscriptions that subscribers took: against the encodings, how many shared one.
    DELIVERIES: Kind::Counter, "farol_websocket_deliveries_total";
    /// Event streams open now.
    STREAMS: Kind::Gauge, "farol_event_stream_connections";
    /// Messages sent over event streams.
    STREAM_MESSAGES: Kind::Counter, "farol_event_stream_messages_total";
    /// Subscriptions that differ: those who ask the same share one.
    CHANNELS: Kind::Gauge, "farol_live_channels";
    /// Subscriptions.
    SUBSCRIBERS: Kind::Gauge, "farol_live_subscribers";
    /// Changes that slow subscribers were told to have missed.
    MISSED: Kind::Counter, "farol_live_missed_changes_total";
    /// Subscriptions ended because their messages were not taken in time.
    DISCONNECTED: Kind::Counter, "farol_live_disconnected_total";
    /// Lines of the log that were lost because nobody read it as fast as it was written.
    LOG_LINES_LOST: Kind::Counter, "farol_log_lines_lost_total";
    /// Always 1; the label tells the version that runs.
    BUILD_INFO: Kind::Gauge, "farol_build_info", "version": "the version";
    /// Memory of this process that is in RAM.
    RESIDENT_MEMORY: Kind::Gauge, "process_resident_memory_bytes";
    /// Processor time that this process has used. A gauge, for it has decimals.
    CPU_SECONDS: Kind::Gauge, "process_cpu_seconds_total";
    /// Files and sockets that this process has open.
    OPEN_FILES: Kind::Gauge, "process_open_fds";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{CLASSES, Kind, METRICS};

    #[test]
    fn names_are_told_apart_and_say_their_units() {
        let names: HashSet<_> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            assert!(metric.name.starts_with("farol_") || metric.name.starts_with("process_"), "{metric:?}");
            assert!(metric.kind != Kind::Counter || metric.name.ends_with("_total"), "{metric:?}");
            if let Kind::Histogram(bounds) = metric.kind {
                assert!(bounds.is_sorted_by(|one, next| one < next), "{metric:?}");
            }
        }
    }

    #[test]
    fn the_classes_are_those_of_the_labels() {
        let labels = METRICS.iter().flat_map(|metric| metric.labels);
        for (_, values) in labels.filter(|(name, _)| *name == "class") {
            assert!(values.starts_with(&CLASSES.join(", ")), "{values}");
        }
    }
}

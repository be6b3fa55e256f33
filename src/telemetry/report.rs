//! The detailed health of a server as JSON: what it stands on, how it goes, and what it counted.
//!
//! For those who run the server only: errors of dependencies are told as they are.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    figures::{Admission, Breaker, Decisions, Figures, Pool, RateLimit},
    live::Subscriptions,
    names::CLASSES,
};
use crate::cache::{self, response, shared};

/// What is reported.
#[derive(Clone, Debug)]
pub struct Report {
    /// `ready`, or why no requests should come.
    pub status: &'static str,
    /// How long the server has run.
    pub uptime: Duration,
    /// The database, asked just now.
    pub database: Check,
    /// Redis, asked just now, where there is one.
    pub redis: Option<Check>,
    /// What was counted.
    pub figures: Figures,
}

/// How a dependency answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// How long the answer took, or the failure.
    pub took: Duration,
    /// What failed.
    pub failure: Option<String>,
}

/// The report as JSON. What this server does not have is null.
pub fn detailed(report: &Report) -> Value {
    let Report { status, uptime, database, redis, figures } = report;
    json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "uptimeSeconds": uptime.as_secs(),
        "dependencies": {
            "database": dependency(database, figures.database),
            "redis": redis.as_ref().map(|check| dependency(check, figures.redis)),
        },
        "pool": figures.pool.map(pool),
        "admission": figures.admission.map(admission),
        "rateLimit": figures.rate_limit.map(rate_limit),
        "caches": caches(figures.responses, figures.values),
        "live": figures.subscriptions.map(live),
    })
}

fn dependency(check: &Check, breaker: Option<Breaker>) -> Value {
    json!({
        "up": check.failure.is_none(),
        "milliseconds": (check.took.as_secs_f64() * 1e6).round() / 1e3,
        "failure": check.failure,
        "breaker": breaker.map(|Breaker { state, opened }| json!({ "state": state.as_str(), "opened": opened })),
    })
}

fn pool(pool: Pool) -> Value {
    let Pool { idle, in_use, most, waiting } = pool;
    json!({ "idle": idle, "inUse": in_use, "most": most, "waiting": waiting })
}

fn admission(figures: Admission) -> Value {
    let classes = CLASSES.iter().enumerate().map(|(place, class)| {
        let [full, expired, pushed_out] = figures.shed[place];
        let shed = json!({ "full": full, "expired": expired, "pushedOut": pushed_out });
        let class_of =
            json!({ "queued": figures.queued[place], "admitted": figures.admitted[place], "shed": shed });
        ((*class).to_owned(), class_of)
    });
    json!({
        "inFlight": figures.in_flight,
        "shedAtDoor": figures.shed_at_door,
        "executing": figures.executing,
        "classes": classes.collect::<serde_json::Map<_, _>>(),
    })
}

fn rate_limit(figures: RateLimit) -> Value {
    let RateLimit { requests, cost, by_redis, by_memory, buckets } = figures;
    let of = |Decisions { allowed, refused }| json!({ "allowed": allowed, "refused": refused });
    json!({
        "requests": of(requests),
        "cost": of(cost),
        "decidedBy": { "redis": by_redis, "memory": by_memory },
        "buckets": buckets,
    })
}

fn caches(responses: Option<response::Figures>, values: Option<cache::Figures>) -> Value {
    let level = |hits, misses, bytes| json!({ "hits": hits, "misses": misses, "bytes": bytes });
    json!({
        "response": responses.map(|found| level(found.hits, found.misses, Some(found.bytes))),
        "memory": values.map(|found| level(found.memory_hits, found.memory_misses, Some(found.memory_bytes))),
        "redis": values.and_then(|found| found.shared)
            .map(|shared::Counts { hits, misses, .. }| level(hits, misses, None)),
    })
}

fn live(figures: Subscriptions) -> Value {
    let Subscriptions { channels, subscribers, encodings, deliveries, missed, disconnected } = figures;
    json!({
        "channels": channels,
        "subscribers": subscribers,
        "encodings": encodings,
        "deliveries": deliveries,
        "missed": missed,
        "disconnected": disconnected,
    })
}

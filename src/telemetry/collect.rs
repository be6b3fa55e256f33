//! What the parts of a server count by themselves, put into the metrics when somebody looks.

use metrics::{counter, gauge};

use super::{
    figures::{Admission, Breaker, BreakerState, Decisions, Figures, Pool, RateLimit},
    live::Subscriptions,
    logs,
    names::{
        ADMISSION_ADMITTED, ADMISSION_EXECUTING, ADMISSION_IN_FLIGHT, ADMISSION_QUEUED, ADMISSION_SHED,
        BREAKER_OPENED, BREAKER_STATE, CACHE_BYTES, CACHE_HIT_RATIO, CACHE_HITS, CACHE_JOINED, CACHE_LOADS,
        CACHE_MISSES, CACHE_REFRESHES, CHANNELS, CLASSES, CPU_SECONDS, DELIVERIES, DISCONNECTED, ENCODINGS,
        LOG_LINES_LOST, MISSED, OPEN_FILES, POOL_CONNECTIONS, POOL_LIMIT, POOL_WAITING, RATE_LIMIT_BUCKETS,
        RATE_LIMIT_DECIDED, RATE_LIMIT_DECISIONS, REDIS_FAILURES, RESIDENT_MEMORY, SUBSCRIBERS,
    },
    process::Process,
};
use crate::cache::{self, response, shared};

/// Why the queue turns something away.
const REASONS: [&str; 3] = ["full", "expired", "pushed_out"];

/// Sets everything that was counted elsewhere; must run with the recorder of the server.
pub(super) fn set(figures: &Figures) {
    let Figures { responses, values, subscriptions, pool, admission, rate_limit, database, redis } = figures;
    if let Some(response::Figures { hits, misses, bytes }) = *responses {
        looked_up("response", hits, misses);
        gauge!(CACHE_BYTES, "level" => "response").set(number(bytes));
    }
    values.iter().for_each(set_values);
    subscriptions.iter().for_each(set_subscriptions);
    pool.iter().for_each(set_pool);
    admission.iter().for_each(set_admission);
    rate_limit.iter().for_each(set_rate_limit);
    for (dependency, breaker) in [("database", database), ("redis", redis)] {
        if let Some(breaker) = breaker {
            set_breaker(dependency, *breaker);
        }
    }
}

/// Sets what the system says of this process, and what became of its log.
pub(super) fn set_process(process: Process) {
    counter!(LOG_LINES_LOST).absolute(logs::lost());
    let Process { resident_bytes, cpu_seconds, open_files } = process;
    for (name, value) in
        [(RESIDENT_MEMORY, resident_bytes), (CPU_SECONDS, cpu_seconds), (OPEN_FILES, open_files)]
    {
        if let Some(value) = value {
            gauge!(name).set(value);
        }
    }
}

fn set_values(values: &cache::Figures) {
    looked_up("memory", values.memory_hits, values.memory_misses);
    gauge!(CACHE_BYTES, "level" => "memory").set(number(values.memory_bytes));
    counter!(CACHE_LOADS).absolute(values.loads);
    counter!(CACHE_JOINED).absolute(values.joined);
    counter!(CACHE_REFRESHES).absolute(values.refreshes);
    let Some(shared::Counts { hits, misses, slow, refused, broken, skipped, .. }) = values.shared else {
        return;
    };
    looked_up("redis", hits, misses);
    for (reason, count) in [("slow", slow), ("refused", refused), ("broken", broken), ("skipped", skipped)] {
        counter!(REDIS_FAILURES, "reason" => reason).absolute(count);
    }
}

fn looked_up(level: &'static str, hits: u64, misses: u64) {
    counter!(CACHE_HITS, "level" => level).absolute(hits);
    counter!(CACHE_MISSES, "level" => level).absolute(misses);
    if hits + misses > 0 {
        gauge!(CACHE_HIT_RATIO, "level" => level).set(number(hits) / number(hits + misses));
    }
}

fn set_subscriptions(figures: &Subscriptions) {
    gauge!(CHANNELS).set(number(figures.channels));
    gauge!(SUBSCRIBERS).set(number(figures.subscribers));
    counter!(ENCODINGS).absolute(figures.encodings);
    counter!(DELIVERIES).absolute(figures.deliveries);
    counter!(MISSED).absolute(figures.missed);
    counter!(DISCONNECTED).absolute(figures.disconnected);
}

fn set_pool(pool: &Pool) {
    gauge!(POOL_CONNECTIONS, "state" => "idle").set(number(pool.idle));
    gauge!(POOL_CONNECTIONS, "state" => "in_use").set(number(pool.in_use));
    gauge!(POOL_LIMIT).set(number(pool.most));
    gauge!(POOL_WAITING).set(number(pool.waiting));
}

fn set_admission(admission: &Admission) {
    gauge!(ADMISSION_IN_FLIGHT).set(number(admission.in_flight));
    gauge!(ADMISSION_EXECUTING).set(number(admission.executing));
    for (place, class) in CLASSES.into_iter().enumerate() {
        gauge!(ADMISSION_QUEUED, "class" => class).set(number(admission.queued[place]));
        counter!(ADMISSION_ADMITTED, "class" => class).absolute(admission.admitted[place]);
        for (reason, count) in REASONS.into_iter().zip(admission.shed[place]) {
            counter!(ADMISSION_SHED, "class" => class, "reason" => reason).absolute(count);
        }
    }
    counter!(ADMISSION_SHED, "class" => "unknown", "reason" => "door").absolute(admission.shed_at_door);
}

fn set_rate_limit(figures: &RateLimit) {
    for (resource, Decisions { allowed, refused }) in [("requests", figures.requests), ("cost", figures.cost)]
    {
        for (decision, count) in [("allowed", allowed), ("refused", refused)] {
            counter!(RATE_LIMIT_DECISIONS, "resource" => resource, "decision" => decision).absolute(count);
        }
    }
    counter!(RATE_LIMIT_DECIDED, "by" => "redis").absolute(figures.by_redis);
    counter!(RATE_LIMIT_DECIDED, "by" => "memory").absolute(figures.by_memory);
    gauge!(RATE_LIMIT_BUCKETS).set(number(figures.buckets));
}

fn set_breaker(dependency: &'static str, breaker: Breaker) {
    let state = match breaker.state {
        BreakerState::Closed => 0.0,
        BreakerState::HalfOpen => 1.0,
        BreakerState::Open => 2.0,
    };
    gauge!(BREAKER_STATE, "dependency" => dependency).set(state);
    counter!(BREAKER_OPENED, "dependency" => dependency).absolute(breaker.opened);
}

#[expect(clippy::cast_precision_loss, reason = "nothing here comes near 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

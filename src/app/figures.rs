//! What the parts of the server count, as monitoring is told it.

use std::sync::Arc;

use crate::{
    cache::shared::Shared,
    http::Gate,
    limit::{self, Queue, QueueFigures, RateFigures, Resource},
    store::Database,
    telemetry::figures::{Admission, Breaker, BreakerState, Decisions, Figures, RateLimit, Source},
};

/// What reads the figures that the HTTP layer does not know.
pub(super) fn source(database: &Database, gate: &Gate, queue: &Queue, redis: Option<&Shared>) -> Source {
    let (database, gate, queue, redis) = (database.clone(), gate.clone(), queue.clone(), redis.cloned());
    Arc::new(move || Figures {
        pool: Some(database.pool()),
        admission: Some(admission(&gate, &queue)),
        rate_limit: gate.rates.as_ref().map(|rates| rate_limit(rates.figures())),
        database: Some(breaker(database.breaker())),
        redis: redis.as_ref().map(of_redis),
        ..Figures::default()
    })
}

fn admission(gate: &Gate, queue: &Queue) -> Admission {
    let (door, QueueFigures { executing, queued, admitted, shed, .. }) =
        (gate.door.figures(), queue.figures());
    Admission {
        in_flight: door.inside as u64,
        executing: executing as u64,
        queued: queued.map(|count| count as u64),
        admitted,
        shed,
        shed_at_door: door.refused,
    }
}

fn rate_limit(figures: RateFigures) -> RateLimit {
    let RateFigures { allowed, refused, shared, remembered, .. } = figures;
    let of = |resource: Resource| Decisions {
        allowed: allowed[resource as usize],
        refused: refused[resource as usize],
    };
    let decided: u64 = allowed.iter().chain(&refused).sum();
    RateLimit {
        requests: of(Resource::Requests),
        cost: of(Resource::Cost),
        by_redis: shared,
        by_memory: decided.saturating_sub(shared),
        buckets: remembered as u64,
    }
}

/// Redis is passed over while it is away, and while it answers late.
fn of_redis(redis: &Shared) -> Breaker {
    let Breaker { state, opened } = breaker(redis.breaker());
    let state = if redis.is_up() { state } else { BreakerState::Open };
    Breaker { state, opened: opened + redis.counts().away }
}

fn breaker(breaker: &limit::Breaker) -> Breaker {
    let state = match breaker.state() {
        limit::BreakerState::Closed => BreakerState::Closed,
        limit::BreakerState::HalfOpen => BreakerState::HalfOpen,
        limit::BreakerState::Open => BreakerState::Open,
    };
    Breaker { state, opened: breaker.opened() }
}

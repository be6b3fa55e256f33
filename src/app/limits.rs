//! The limits of the settings, as `limit` wants them.

use std::time::Duration;

use crate::{
    config::{self, Config},
    limit::{Breaker, BreakerOptions, Plan, Plans, Queue, QueueOptions, Rule},
};

/// The plans of callers.
pub(super) fn plans(settings: &config::RateLimit) -> Plans {
    let rule = |(per_minute, burst)| Rule::new(per_minute, burst);
    let named = settings.plans.0.iter().map(|plan| Plan {
        name: plan.name.clone(),
        requests: Some(rule(plan.requests)),
        cost: Some(rule(plan.cost)),
    });
    let requests = Rule::new(settings.requests_per_minute, settings.burst);
    Plans::new(requests, Rule::new(settings.cost_per_minute, settings.cost_burst), named)
}

/// What operations wait in before they are executed.
pub(super) fn queue(settings: &config::Admission) -> Queue {
    Queue::new(QueueOptions {
        executing: settings.max_executing,
        queued: settings.max_queued,
        deadline: settings.queue_timeout(),
    })
}

/// What keeps from asking the database while it fails.
pub(super) fn breaker(config: &Config) -> Breaker {
    let settings = &config.breaker;
    if !settings.enabled {
        return Breaker::never();
    }
    Breaker::new(BreakerOptions {
        name: "database",
        window: Duration::from_secs(10),
        min_calls: settings.min_calls,
        failure_percent: settings.failure_percent,
        slow_percent: settings.slow_percent,
        // A statement that hangs is given up with its operation: by then it must count.
        slow: settings.slow().min(config.graphql.execution_timeout() / 2),
        pause: settings.pause(),
    })
}

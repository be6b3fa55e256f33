//! The limits of the settings, as `limit` wants them.

use std::time::Duration;

use crate::{
    config::{self, Config},
    limit::{Breaker, BreakerOptions, Door, Plan, Plans, Queue, QueueOptions, Rule},
};

/// The plans of callers; none has a limit where limits are switched off.
#[expect(dead_code, reason = "the server is built with it where the limits are wired")]
pub(super) fn plans(settings: &config::RateLimit) -> Plans {
    if !settings.enabled {
        return Plans::unlimited();
    }
    let rule = |(per_minute, burst)| Rule::new(per_minute, burst);
    let named = settings.plans.0.iter().map(|plan| Plan {
        name: plan.name.clone(),
        requests: Some(rule(plan.requests)),
        cost: Some(rule(plan.cost)),
    });
    let requests = Rule::new(settings.requests_per_minute, settings.burst);
    Plans::new(requests, Rule::new(settings.cost_per_minute, settings.cost_burst), named)
}

/// The door and the queue behind it.
#[expect(dead_code, reason = "the server is built with it where the limits are wired")]
pub(super) fn admission(settings: &config::Admission) -> (Door, Queue) {
    let queue = Queue::new(QueueOptions {
        executing: settings.max_executing,
        queued: settings.max_queued,
        deadline: settings.queue_timeout(),
    });
    (Door::new(settings.max_in_flight), queue)
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
        slow: settings.slow(),
        pause: settings.pause(),
    })
}

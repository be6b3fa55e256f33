//! How what the server needs does, asked by whoever looks after it.

use std::{sync::Arc, time::Duration};

use crate::{
    cache::shared::Shared,
    http::{Dependencies, ReadyCheck},
    limit::{BreakerState, Door, Queue},
    store::Database,
};

/// How long nothing must have been turned away until the server counts as ready again.
const CALM: Duration = Duration::from_secs(5);

/// What tells something at once.
type Told = Arc<dyn Fn() -> bool + Send + Sync>;

/// What tells how the database and Redis do, and whether anyone is turned away, at the door or by the queue.
pub(super) fn of(
    database: &Database,
    redis: Option<Shared>,
    turning_away: Option<(Door, Queue)>,
) -> Dependencies {
    let breaker = database.breaker().clone();
    let left_alone = move || breaker.state() == BreakerState::Open;
    // By a connection of its own: how busy the others are says nothing of the database.
    let database = database.with_own_reader();
    let database: ReadyCheck = Arc::new(move || {
        let database = database.clone();
        Box::pin(async move { database.ping().await.map_err(|error| error.to_string()) })
    });
    let redis = redis.map(|redis| -> ReadyCheck {
        Arc::new(move || {
            let redis = redis.clone();
            let away = || "Redis is away, or did not answer in time".to_owned();
            Box::pin(async move { redis.ping().await.then_some(()).ok_or_else(away) })
        })
    });
    let shedding = turning_away.map(|(door, queue)| -> Told {
        Arc::new(move || door.refused_within(CALM) || queue.shed_within(CALM))
    });
    Dependencies { database, left_alone: Some(Arc::new(left_alone)), redis, shedding }
}

//! How what the server needs does, asked by whoever looks after it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    cache::shared::Shared,
    http::{Dependencies, ReadyCheck},
    limit::Queue,
    store::Database,
};

/// How long nothing must have been turned away until the server counts as ready again.
const CALM: Duration = Duration::from_secs(5);

/// What tells how the database and Redis do, and whether `queue` turns operations away.
pub(super) fn of(database: &Database, redis: Option<Shared>, queue: Option<Queue>) -> Dependencies {
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
    let shedding = queue.map(|queue| -> Arc<dyn Fn() -> bool + Send + Sync> {
        let seen = Mutex::new(Seen::default());
        Arc::new(move || seen.lock().unwrap_or_else(PoisonError::into_inner).is_shedding(&queue))
    });
    Dependencies { database, redis, shedding }
}

/// What a look at the queue saw.
#[derive(Default)]
struct Seen {
    shed: u64,
    /// When it was last seen that more were turned away.
    grew: Option<Instant>,
}

impl Seen {
    /// Whether operations were turned away since the last look, or a moment ago.
    fn is_shedding(&mut self, queue: &Queue) -> bool {
        let shed = queue.figures().shed.iter().flatten().sum();
        if shed > self.shed {
            self.grew = Some(Instant::now());
        }
        self.shed = shed;
        self.grew.is_some_and(|grew| grew.elapsed() < CALM)
    }
}

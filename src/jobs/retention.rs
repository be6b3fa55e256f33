//! Keeps the change log as long as the settings say, and no longer.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    lifecycle::Tasks,
    store::{Database, write::retention},
};

/// How long entries are kept, and how often it is looked for older ones.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long an entry is kept.
    pub keep: Duration,
    /// How often it is looked.
    pub every: Duration,
}

impl Options {
    /// Looks every hour, the first time at once.
    pub fn keep(keep: Duration) -> Self {
        Self { keep, every: Duration::from_hours(1) }
    }
}

/// Removes old entries from now on until `shutdown`. A failure is told in the log; it is tried again next time.
pub fn start(database: &Database, options: Options, tasks: &Tasks, shutdown: CancellationToken) {
    let database = database.clone();
    tasks.spawn(async move {
        let _ = shutdown.run_until_cancelled(run(&database, options)).await;
    });
}

async fn run(database: &Database, Options { keep, every }: Options) {
    let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::MAX);
    let mut timer = interval(every);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        match retention::remove_old(database, Utc::now(), keep).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "old entries of the change log were removed"),
            Err(error) => tracing::warn!(%error, "old entries of the change log could not be removed"),
        }
    }
}

//! How the process ends: signals, the tasks that must finish first, and how long they may take.
//!
//! Every task has an owner. An owner spawns into its [`Tasks`], and when the shutdown token is
//! cancelled it drains them: those that do not finish in time are dropped where they stand.

use std::{future::Future, io, time::Duration};

use futures_util::future::BoxFuture;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::telemetry::logs;

/// A group of tasks that end together. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    /// Cancelled when the deadline has passed: every task left is dropped at its next await.
    cut: CancellationToken,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every task finished by itself.
    Clean,
    /// The deadline passed; this many tasks were dropped unfinished.
    Cut(usize),
}

impl Tasks {
    /// Runs a future as a task of this group.
    pub fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // One allocation a task, for one instance of the runtime's code for tasks in place of one per future.
        self.spawn_boxed(Box::pin(future));
    }

    fn spawn_boxed(&self, future: BoxFuture<'static, ()>) {
        let cut = self.cut.clone();
        self.tracker.spawn(async move {
            let _ = cut.run_until_cancelled(future).await;
        });
    }

    /// Waits for every task, at most until the deadline, then drops the rest and waits for that.
    pub async fn drain(&self, deadline: Duration) -> Drained {
        self.tracker.close();
        if tokio::time::timeout(deadline, self.tracker.wait()).await.is_ok() {
            return Drained::Clean;
        }
        let left = self.tracker.len();
        self.cut.cancel();
        self.tracker.wait().await;
        Drained::Cut(left)
    }
}

/// Gives a token that SIGTERM or SIGINT cancels. A second signal ends the process at once with
/// code 1, for those who will not wait for the drain.
///
/// Must be called within a runtime; fails when the handlers cannot be installed.
pub fn shutdown_on_signal() -> io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let shutdown = token.clone();
    // Owned by the process: it lives until the process ends.
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        };
        let first = next().await;
        tracing::info!(signal = first, "shutting down; a second signal ends at once");
        shutdown.cancel();
        let second = next().await;
        tracing::warn!(signal = second, "ended without waiting");
        logs::flush();
        std::process::exit(1);
    });
    Ok(token)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Drained, Tasks};

    #[tokio::test(start_paused = true)]
    async fn a_drain_waits_for_what_finishes_in_time_and_drops_the_rest() {
        let tasks = Tasks::default();
        tasks.spawn(tokio::time::sleep(Duration::from_secs(1)));
        assert_eq!(tasks.drain(Duration::from_secs(2)).await, Drained::Clean);

        let tasks = Tasks::default();
        tasks.spawn(tokio::time::sleep(Duration::from_secs(1)));
        tasks.spawn(std::future::pending());
        tasks.spawn(std::future::pending());
        assert_eq!(tasks.drain(Duration::from_secs(2)).await, Drained::Cut(2));
    }
}

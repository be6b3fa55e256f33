//! When the log in the database is looked at.
//!
//! On a timer, and at once where the database tells that it grew. A node that is fed, because another one tells
//! it what it reads, need not do either: it looks seldom, and after what the database told only if nobody has fed
//! it within a moment. Being fed is a lease: whoever feeds renews it, so that a feeder that hangs or dies leaves
//! nothing behind that had to be put right.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// How long a node that is fed waits for what the database told of to come by the other way.
const GRACE: Duration = Duration::from_millis(100);

/// Says when to look. One waits for it.
pub(super) struct Pace {
    often: Duration,
    seldom: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// When the database first told of something that was not seen since.
    told: Option<Instant>,
    fed_until: Option<Instant>,
}

impl Pace {
    /// Looks so often, and so seldom while fed.
    pub(super) fn new(often: Duration, seldom: Duration) -> Self {
        Self { often, seldom, state: Mutex::default(), changed: Notify::new() }
    }

    /// Waits until it is time for the look after the one that began then.
    pub(super) async fn next(&self, began: Instant) {
        loop {
            let due = self.due(began);
            if due <= Instant::now() {
                self.lock().told = None;
                return;
            }
            tokio::select! {
                () = sleep_until(due) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    /// The database tells that the log grew.
    pub(super) fn told(&self) {
        self.lock().told.get_or_insert_with(Instant::now);
        self.changed.notify_one();
    }

    /// Something came by the other way: most likely what the database told of. Where it was not, the seldom look
    /// finds it.
    pub(super) fn heard(&self) {
        self.lock().told = None;
    }

    /// Another node tells what it reads, and will for so long.
    pub(super) fn feed(&self, lease: Duration) {
        self.lock().fed_until = Some(Instant::now() + lease);
    }

    /// Nobody does.
    pub(super) fn starve(&self) {
        self.lock().fed_until = None;
        self.changed.notify_one();
    }

    fn due(&self, began: Instant) -> Instant {
        let state = self.lock();
        let fed_until = state.fed_until.unwrap_or(began);
        let timer = (began + self.often).max(fed_until.min(began + self.seldom));
        match state.told {
            None => timer,
            Some(at) if at < fed_until => timer.min(at + GRACE),
            Some(at) => timer.min(at),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::{advance, sleep};

    use super::*;

    const OFTEN: Duration = Duration::from_millis(250);
    const SELDOM: Duration = Duration::from_secs(1);
    const LEASE: Duration = Duration::from_millis(500);

    /// How long it is until the next look, in milliseconds, while something happens.
    async fn next(pace: &Arc<Pace>, meanwhile: impl AsyncFnOnce(Arc<Pace>)) -> u128 {
        let began = Instant::now();
        let waiting = {
            let pace = pace.clone();
            tokio::spawn(async move {
                pace.next(began).await;
                began.elapsed().as_millis()
            })
        };
        meanwhile(pace.clone()).await;
        waiting.await.unwrap()
    }

    fn pace() -> Arc<Pace> {
        Arc::new(Pace::new(OFTEN, SELDOM))
    }

    #[tokio::test(start_paused = true)]
    async fn on_a_timer_and_at_once_when_told() {
        let pace = pace();
        assert_eq!(next(&pace, async |_| ()).await, 250);
        let told = async |pace: Arc<Pace>| {
            sleep(Duration::from_millis(30)).await;
            pace.told();
        };
        assert_eq!(next(&pace, told).await, 30);
        assert_eq!(next(&pace, async |_| ()).await, 250, "it was told once");
        pace.told();
        advance(Duration::from_secs(5)).await;
        assert_eq!(next(&pace, async |_| ()).await, 0, "it was told during the look before");
    }

    #[tokio::test(start_paused = true)]
    async fn seldom_while_fed_and_often_when_the_lease_ends() {
        let pace = pace();
        pace.feed(LEASE);
        assert_eq!(next(&pace, async |_| ()).await, 500, "nobody renewed it");
        let fed = async |pace: Arc<Pace>| {
            for _ in 0..4 {
                pace.feed(LEASE);
                sleep(OFTEN).await;
            }
        };
        assert_eq!(next(&pace, fed).await, 1000);
        pace.feed(LEASE);
        let starved = async |pace: Arc<Pace>| {
            sleep(Duration::from_millis(300)).await;
            pace.starve();
        };
        assert_eq!(next(&pace, starved).await, 300);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_told_and_not_fed_is_looked_for() {
        let pace = pace();
        pace.feed(SELDOM);
        let told = async |pace: Arc<Pace>| {
            sleep(Duration::from_millis(20)).await;
            pace.told();
            sleep(Duration::from_millis(20)).await;
            pace.told();
        };
        assert_eq!(next(&pace, told).await, 120, "a moment after it was told first");
        pace.feed(SELDOM);
        let fed = async |pace: Arc<Pace>| {
            pace.told();
            sleep(Duration::from_millis(20)).await;
            pace.heard();
        };
        assert_eq!(next(&pace, fed).await, 1000);
        pace.feed(SELDOM);
        let starved = async |pace: Arc<Pace>| {
            pace.told();
            sleep(Duration::from_millis(20)).await;
            pace.starve();
        };
        assert_eq!(next(&pace, starved).await, 20);
    }
}

//! The connection to Redis while it is there, and the way back to it while it is not.
//!
//! All calls share one connection. The first that fails, or has no answer in time, drops it for everyone:
//! Redis is away. From then on nobody is made to wait: calls end at once, while one task tries to open a
//! new connection, after a pause that doubles each time. A new connection is always opened, even if the old
//! one was only slow: it may be one whose other end is gone without a word, or which leads to a server that
//! is a replica by now. One that answers late, but in time, is no failure; where most calls are late a breaker has
//! Redis passed over for a moment, for then the database is the quicker of the two.
//!
//! Callers may be dropped at any point: they change the state in one step, under a lock that nobody holds
//! while waiting. The task belongs to the [`Link`] and ends with it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use redis::{RedisError, aio::MultiplexedConnection};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::{
    counts::Counters,
    endpoint::{Endpoint, Failure, in_time},
};
use crate::limit::{Breaker, BreakerOptions, BreakerState};

/// The first pause after Redis was there for long.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long Redis must have been there until it counts as back: then the log says so, and pauses are short
/// again. One that comes and goes is told of once.
const STEADY: Duration = Duration::from_secs(5);

/// What opens when most calls take more than half of the time that they have. What fails needs no ratio.
fn breaker(timeout: Duration) -> Breaker {
    Breaker::new(BreakerOptions {
        name: "Redis server",
        window: Duration::from_secs(10),
        min_calls: 20,
        failure_percent: 100,
        slow_percent: 80,
        slow: timeout / 2,
        pause: LONGEST_PAUSE,
    })
}

/// The connection, or the way back to it.
pub(super) struct Link {
    endpoint: Arc<Endpoint>,
    pub(super) breaker: Breaker,
    pub(super) counters: Counters,
    state: Mutex<State>,
}

struct State {
    /// The connection, while Redis is there.
    connection: Option<MultiplexedConnection>,
    /// How many connections there were: a call that fails late says nothing of the one after its own.
    opened: u64,
    /// How long the next pause is.
    pause: Duration,
    /// Whether the log says that Redis is away.
    told: bool,
    /// The task that brings Redis back.
    returning: Option<AbortOnDropHandle<()>>,
}

impl Link {
    /// Tries once to connect; when that fails, goes on trying without holding anyone up.
    pub(super) async fn open(endpoint: Endpoint) -> Arc<Self> {
        let state =
            State { connection: None, opened: 0, pause: SHORTEST_PAUSE, told: false, returning: None };
        let breaker = breaker(endpoint.timeout);
        let endpoint = Arc::new(endpoint);
        let link =
            Arc::new(Self { endpoint, breaker, counters: Counters::default(), state: Mutex::new(state) });
        match link.endpoint.open().await {
            Ok(connection) => link.lock().opened(connection),
            Err(failure) => {
                link.counters.failed(&failure);
                link.go_away(&mut link.lock(), &failure);
            }
        }
        link
    }

    /// Opens a connection that is not this one, nor replaces it.
    pub(super) async fn open_another(&self) -> Result<MultiplexedConnection, Failure> {
        self.endpoint.open().await
    }

    /// Whether Redis is there, as far as is known, and answers soon.
    pub(super) fn is_open(&self) -> bool {
        self.lock().connection.is_some() && self.breaker.state() != BreakerState::Open
    }

    /// Asks Redis something. `None` at once while it is away, and after the timeout at the latest.
    pub(super) async fn ask<T, A>(
        self: &Arc<Self>,
        question: impl FnOnce(MultiplexedConnection) -> A,
    ) -> Option<T>
    where
        A: Future<Output = Result<T, RedisError>>,
    {
        let Ok(permit) = self.breaker.admit() else {
            self.counters.skipped();
            return None;
        };
        let answer = self.ask_even_late(question).await;
        match answer {
            Some(_) => permit.succeeded(),
            None => permit.withdrawn(),
        }
        answer
    }

    /// The same while Redis answers late, too: for who holds a lock there, which keeps others waiting.
    pub(super) async fn ask_even_late<T, A>(
        self: &Arc<Self>,
        question: impl FnOnce(MultiplexedConnection) -> A,
    ) -> Option<T>
    where
        A: Future<Output = Result<T, RedisError>>,
    {
        let Some((connection, number)) = self.current() else {
            self.counters.skipped();
            return None;
        };
        match in_time(self.endpoint.timeout, question(connection)).await {
            Ok(answer) => Some(answer),
            Err(failure) => {
                self.failed(number, &failure);
                None
            }
        }
    }

    fn current(&self) -> Option<(MultiplexedConnection, u64)> {
        let state = self.lock();
        Some((state.connection.clone()?, state.opened))
    }

    /// A call over the connection of this number failed.
    fn failed(self: &Arc<Self>, number: u64, failure: &Failure) {
        self.counters.failed(failure);
        let mut state = self.lock();
        if state.connection.is_some() && state.opened == number {
            self.go_away(&mut state, failure);
        }
    }

    fn go_away(self: &Arc<Self>, state: &mut State, failure: &Failure) {
        state.connection = None;
        self.counters.went_away();
        if !state.told {
            state.told = true;
            tracing::warn!(redis = %self.endpoint, %failure, "Redis is away; going on without it");
        }
        let way_back = way_back(Arc::downgrade(self), Arc::clone(&self.endpoint), state.pause);
        // This ends the task that brought the connection here, if it still waits for it to prove steady.
        state.returning = Some(AbortOnDropHandle::new(tokio::spawn(way_back)));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn opened(&mut self, connection: MultiplexedConnection) {
        self.connection = Some(connection);
        self.opened += 1;
    }
}

/// Opens connections until one is of use, then sees whether it stays so. Holds the link only in passing.
async fn way_back(link: Weak<Link>, endpoint: Arc<Endpoint>, mut pause: Duration) {
    loop {
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
        let opened = endpoint.open().await;
        let Some(link) = link.upgrade() else { return };
        match opened {
            Ok(connection) => {
                let mut state = link.lock();
                state.opened(connection);
                // Until it proves steady: when it fails before, this goes on where it stopped.
                state.pause = pause;
                break;
            }
            Err(failure) => link.counters.failed(&failure),
        }
    }
    sleep(STEADY).await;
    let Some(link) = link.upgrade() else { return };
    let mut state = link.lock();
    // A call may have failed just now, and another task be under way.
    if state.connection.is_some() {
        state.pause = SHORTEST_PAUSE;
        state.told = false;
        tracing::info!(redis = %link.endpoint, "Redis is back");
    }
}

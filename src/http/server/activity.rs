//! Whether anything goes on over a connection: what ends those over which nothing does.
//!
//! Between the requests of HTTP/1.1 hyper has a timer of its own; for HTTP/2 it has none. What must stay true: a
//! request goes on until its answer has been handed over whole, so an event stream keeps its connection; while
//! something waits to be written, the timeout of writes decides.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::body::Body;
use hyper::{Response, Version};
use tokio::time::Instant;

use super::stream::Sending;

/// What goes on over one connection. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Activity(Arc<State>);

#[derive(Default)]
struct State {
    /// A request came.
    asked: AtomicBool,
    /// The socket takes nothing more at the moment, and something waits for it.
    blocked: AtomicBool,
    /// The requests of HTTP/2; `None` for HTTP/1.1. Locked for a few instructions.
    streams: Mutex<Option<Streams>>,
}

struct Streams {
    open: usize,
    /// When the last one began or ended.
    changed: Instant,
}

/// Stands for one request that goes on, until it is dropped.
pub(super) struct Busy(Option<Arc<State>>);

impl Activity {
    /// A request of this version came.
    pub(super) fn begin(&self, version: Version) -> Busy {
        self.0.asked.store(true, Relaxed);
        if version != Version::HTTP_2 {
            return Busy(None);
        }
        self.0.change(|open| open + 1);
        Busy(Some(Arc::clone(&self.0)))
    }

    /// Something begins to wait for the socket, or waits no more.
    pub(super) fn set_blocked(&self, blocked: bool) {
        self.0.blocked.store(blocked, Relaxed);
    }

    /// Whether a request ever came.
    pub(super) fn has_begun(&self) -> bool {
        self.0.asked.load(Relaxed)
    }

    /// Whether nothing has gone on for so long: no request came, or over HTTP/2 none goes on.
    pub(super) fn has_lapsed(&self, patience: Duration) -> bool {
        if !self.has_begun() {
            return true;
        }
        if self.0.blocked.load(Relaxed) {
            return false;
        }
        let streams = self.0.streams();
        streams.as_ref().is_some_and(|streams| streams.open == 0 && streams.changed.elapsed() >= patience)
    }
}

impl State {
    fn change(&self, count: impl FnOnce(usize) -> usize) {
        let mut streams = self.streams();
        let open = count(streams.as_ref().map_or(0, |streams| streams.open));
        *streams = Some(Streams { open, changed: Instant::now() });
    }

    fn streams(&self) -> MutexGuard<'_, Option<Streams>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Busy {
    /// Goes on until the answer's body is handed over, or given up.
    pub(super) fn until_sent(self, answer: Response<Body>) -> Response<Body> {
        if self.0.is_none() {
            return answer;
        }
        answer.map(|body| Body::new(Sending::new(body, self)))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(state) = &self.0 {
            state.change(|open| open.saturating_sub(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_connection_lapses_when_nothing_goes_on() {
        let activity = Activity::default();
        assert!(activity.has_lapsed(PATIENCE), "no request came");
        let (one, other) = (activity.begin(Version::HTTP_2), activity.begin(Version::HTTP_2));
        tokio::time::advance(PATIENCE * 2).await;
        drop(one);
        let answer = other.until_sent(Response::new(Body::from("x")));
        tokio::time::advance(PATIENCE * 2).await;
        assert!(!activity.has_lapsed(PATIENCE), "an answer is not sent yet");
        drop(answer);
        tokio::time::advance(PATIENCE / 2).await;
        assert!(!activity.has_lapsed(PATIENCE));
        tokio::time::advance(PATIENCE / 2).await;
        assert!(activity.has_lapsed(PATIENCE));
        activity.set_blocked(true);
        assert!(!activity.has_lapsed(PATIENCE), "it is handed over, and the socket has not taken it");
    }

    #[tokio::test(start_paused = true)]
    async fn http_1_has_a_timer_of_its_own() {
        let activity = Activity::default();
        drop(activity.begin(Version::HTTP_11));
        tokio::time::advance(PATIENCE * 2).await;
        assert!(!activity.has_lapsed(PATIENCE));
    }
}

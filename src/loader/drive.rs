//! Polls one request's future and knows when it has stalled.
//!
//! The future is polled with a flagged waker. Three states: `SLEEPING` (not being polled: a wake goes on
//! to the task), `POLLING`, and `WOKEN` (something can go on). As long as the flag comes back woken the
//! future is polled again; when it does not, every field waits for something and the gathered keys
//! leave. A future that keeps waking itself is given `TURNS` polls; then keys leave all the same and
//! the task yields, so neither its own loads nor its neighbours starve.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

use super::scope::RequestScope;

const SLEEPING: u8 = 0;
const POLLING: u8 = 1;
const WOKEN: u8 = 2;

/// Polls of a future that wakes itself before the task yields.
const TURNS: u32 = 64;

/// The waker of a drive: remembers a wake during a poll, passes it on to the task otherwise.
pub(super) struct Flag {
    state: AtomicU8,
    task: AtomicWaker,
}

/// A running drive. Dropping it gives up what the request waits for.
pub(super) struct Driver<'a> {
    scope: &'a RequestScope,
    flag: Arc<Flag>,
    waker: Waker,
}

impl Flag {
    /// True when the drive is not being polled, so that keys gathered now would not be seen.
    pub(super) fn sleeps(&self) -> bool {
        self.state.load(SeqCst) == SLEEPING
    }

    /// Has the task poll the drive, which then looks for gathered keys.
    pub(super) fn rouse(&self) {
        self.task.wake();
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, SeqCst) == SLEEPING {
            self.task.wake();
        }
    }
}

impl<'a> Driver<'a> {
    /// Begins a drive; `None` when the scope is being driven already.
    pub(super) fn begin(scope: &'a RequestScope) -> Option<Self> {
        // Woken from the start: the future has not been polled yet.
        let flag = Arc::new(Flag { state: AtomicU8::new(WOKEN), task: AtomicWaker::new() });
        let waker = Waker::from(flag.clone());
        scope.begin_drive(&flag).then(|| Self { scope, flag, waker })
    }

    /// Polls the future until it is ready or stalls for good, handing keys over at each stall.
    pub(super) fn poll<F: Future>(&self, task: &mut Context<'_>, mut future: Pin<&mut F>) -> Poll<F::Output> {
        self.flag.task.register(task.waker());
        let mut context = Context::from_waker(&self.waker);
        let mut turns = 0;
        loop {
            while self.flag.state.swap(POLLING, SeqCst) == WOKEN && turns < TURNS {
                turns += 1;
                if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                    return Poll::Ready(output);
                }
            }
            self.scope.advance(&mut context);
            if turns == TURNS {
                self.flag.state.store(WOKEN, SeqCst);
                task.waker().wake_by_ref();
                return Poll::Pending;
            }
            if self.falls_asleep() {
                return Poll::Pending;
            }
        }
    }

    /// Falls asleep unless something happened since the last look. Asleep first, then the look: keys
    /// gathered by another task are either seen here, or their task sees the drive asleep.
    fn falls_asleep(&self) -> bool {
        let asleep = self.flag.state.compare_exchange(POLLING, SLEEPING, SeqCst, SeqCst).is_ok();
        asleep && !self.scope.has_gathered()
    }
}

impl Drop for Driver<'_> {
    fn drop(&mut self) {
        self.scope.end_drive();
    }
}

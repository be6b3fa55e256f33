//! A relation's dispatcher: merges the key sets of concurrent requests, like a group commit.
//!
//! The queue's lock is held for a few pushes and pops, never across a call of user code. A set leaves
//! the queue in order of arrival. Whoever changes the queue (a new set, a landed flight) calls
//! `dispatch`, so a gathered set never waits while a slot is free.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tokio::{runtime::Handle, sync::oneshot};
use tracing::Span;

use super::{
    batch::{Batch, Key, LoadError},
    flight::{self, Hold, Landed, Returned},
};
use crate::telemetry::{meter::Reading, traces};

/// How a relation's keys become batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Batches of the relation that may run at the same time, all requests together; at least 1.
    /// More slots answer a lone request sooner under load, fewer merge more.
    pub in_flight: usize,
    /// Keys of one call of the batch function; at least 1. A larger set is loaded in several calls,
    /// one after the other.
    pub largest: usize,
}

/// One relation of the process, shared by all its requests: a batch function and its dispatcher.
/// Clones share both.
pub struct Relation<K: Key, B: Batch<K>>(Arc<Dispatcher<K, B>>);

/// The one waiter of a key set. Dropping it gives the set up; the last waiter of a flight to go
/// aborts the flight.
pub(super) struct Ticket<K: Key, B: Batch<K>> {
    answer: oneshot::Receiver<Arc<Landed<K, B>>>,
    hold: Hold,
}

/// The keys that one request asks a relation for, and where the answer goes.
pub(super) struct KeySet<K: Key, B: Batch<K>> {
    pub(super) keys: Arc<Vec<K>>,
    pub(super) answer: oneshot::Sender<Arc<Landed<K, B>>>,
    pub(super) hold: Hold,
    /// What the request's trace calls it, if it has one.
    pub(super) span: Span,
}

pub(super) struct Dispatcher<K: Key, B: Batch<K>> {
    pub(super) batch: B,
    pub(super) limits: Limits,
    queue: Mutex<Queue<K, B>>,
}

struct Queue<K: Key, B: Batch<K>> {
    in_flight: usize,
    /// Flights begun so far: the number of the latest one.
    flights: u64,
    gathered: VecDeque<KeySet<K, B>>,
}

/// A taken slot: frees it when dropped, whatever ended the flight, and lets the next one go.
pub(super) struct Slot<K: Key, B: Batch<K>>(pub(super) Arc<Dispatcher<K, B>>);

impl Default for Limits {
    fn default() -> Self {
        Self { in_flight: 2, largest: 1_000 }
    }
}

impl<K: Key, B: Batch<K>> Relation<K, B> {
    /// A relation loaded by `batch`. Limits below 1 count as 1.
    pub fn new(batch: B, limits: Limits) -> Self {
        let limits = Limits { in_flight: limits.in_flight.max(1), largest: limits.largest.max(1) };
        let queue = Mutex::new(Queue { in_flight: 0, flights: 0, gathered: VecDeque::new() });
        Self(Arc::new(Dispatcher { batch, limits, queue }))
    }

    /// The batch function.
    pub fn batch(&self) -> &B {
        &self.0.batch
    }

    /// True when both are clones of one relation.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Takes a request's distinct keys as one set: at once when a slot is free, else with others.
    pub(super) fn submit(&self, keys: Arc<Vec<K>>) -> Ticket<K, B> {
        let (sender, answer) = oneshot::channel();
        let hold = Hold::default();
        let span = traces::batch(&self.0.batch.name(), keys.len());
        self.0.enqueue(KeySet { keys, answer: sender, hold: hold.clone(), span });
        self.0.dispatch();
        Ticket { answer, hold }
    }
}

impl<K: Key, B: Batch<K>> Clone for Relation<K, B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Key, B: Batch<K>> Ticket<K, B> {
    /// The landed flight; [`LoadError::Lost`] when it was dropped.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Returned<K, B>> {
        Pin::new(&mut self.answer).poll(cx).map_err(|_| LoadError::Lost)
    }

    /// The number of the flight, and what it has cost until now; `None` for a set that has not left.
    pub(super) fn so_far(&self) -> Option<(u64, Reading)> {
        self.hold.get().map(|airborne| (airborne.number, airborne.reading()))
    }
}

impl<K: Key, B: Batch<K>> Dispatcher<K, B> {
    fn enqueue(&self, set: KeySet<K, B>) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).gathered.push_back(set);
    }

    /// Sends gathered sets off as long as slots are free. Without a runtime the sets are dropped,
    /// which their waiters see as [`LoadError::Lost`].
    fn dispatch(self: &Arc<Self>) {
        while let Some((number, sets)) = self.next_flight() {
            let slot = Slot(self.clone());
            if let Ok(runtime) = Handle::try_current() {
                flight::launch(&runtime, slot, number, sets);
            }
        }
    }

    /// Takes a slot and the sets for it: as many as fit into one call of the batch function, but
    /// at least one. Sets whose waiter has gone are dropped.
    fn next_flight(&self) -> Option<(u64, Vec<KeySet<K, B>>)> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.in_flight >= self.limits.in_flight {
            return None;
        }
        let mut sets: Vec<KeySet<K, B>> = Vec::new();
        let mut room = self.limits.largest;
        while let Some(set) = queue.gathered.pop_front() {
            if set.answer.is_closed() {
                continue;
            }
            if !sets.is_empty() && set.keys.len() > room {
                queue.gathered.push_front(set);
                break;
            }
            room = room.saturating_sub(set.keys.len());
            sets.push(set);
        }
        if sets.is_empty() {
            return None;
        }
        queue.in_flight += 1;
        queue.flights += 1;
        Some((queue.flights, sets))
    }
}

impl<K: Key, B: Batch<K>> Drop for Slot<K, B> {
    fn drop(&mut self) {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).in_flight -= 1;
        self.0.dispatch();
    }
}

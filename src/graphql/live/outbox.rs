//! The messages that wait for one subscriber: a bounded queue, and what becomes of the rest.
//!
//! A channel pushes and never waits; the subscriber takes. What must stay true: a queue never holds more than its
//! bound, whatever the subscriber does; what was pushed is taken in the order of the log, and what is not taken
//! is told ([`Missed`]) or ends the subscription.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use async_graphql::ServerError;
use futures_util::task::AtomicWaker;

use super::Event;
use crate::{
    graphql::change::{Batch, Missed, Policy},
    store::query::changes::Entry,
};

/// A message and what it says.
pub(super) struct Said {
    pub(super) event: Arc<Event>,
    pub(super) batch: Batch,
}

/// What a subscriber takes.
pub(super) enum Taken {
    /// A message that was made for all.
    Shared(Arc<Said>),
    /// What is to be said to this subscriber alone.
    Own(Batch),
    /// Nothing follows.
    End(Ending),
}

/// Why nothing follows.
#[derive(Clone)]
pub(super) enum Ending {
    /// The server shuts down.
    Closing,
    /// The subscriber did not take its messages in time, and its policy is to be told so.
    Slow,
    /// It cannot go on.
    Failed(Arc<Vec<ServerError>>),
}

/// How much may wait.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    /// Messages.
    pub(super) messages: usize,
    /// Changes in a message.
    pub(super) size: usize,
}

/// The queue of one subscriber.
pub(super) struct Outbox {
    policy: Policy,
    bound: Bound,
    queue: Mutex<Queue>,
    /// Who waits for something to take: one at most.
    taker: AtomicWaker,
}

#[derive(Default)]
struct Queue {
    ready: VecDeque<Arc<Said>>,
    /// What came before all that is ready and was drawn together.
    drawn: Option<Batch>,
    /// What was left out before all of that.
    missed: Option<Missed>,
    ending: Option<Ending>,
}

impl Outbox {
    pub(super) fn new(policy: Policy, bound: Bound) -> Self {
        Self { policy, bound, queue: Mutex::default(), taker: AtomicWaker::new() }
    }

    /// Adds a message. Nothing is added behind an end.
    pub(super) fn push(&self, said: Arc<Said>) {
        let mut queue = self.queue();
        if queue.ending.is_some() {
            return;
        }
        if queue.ready.len() < self.bound.messages {
            queue.ready.push_back(said);
        } else {
            match self.policy {
                Policy::Disconnect => queue.ending = Some(Ending::Slow),
                Policy::DropOldest => queue.drop_oldest(said),
                Policy::Coalesce => queue.draw_together(said, self.bound),
            }
        }
        drop(queue);
        self.taker.wake();
    }

    /// Ends the queue behind what waits.
    pub(super) fn end(&self, ending: Ending) {
        self.queue().ending.get_or_insert(ending);
        self.taker.wake();
    }

    /// Takes what comes next.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Taken> {
        if let Some(taken) = self.take() {
            return Poll::Ready(taken);
        }
        self.taker.register(cx.waker());
        // It may have come before the waker was there.
        self.take().map_or(Poll::Pending, Poll::Ready)
    }

    fn take(&self) -> Option<Taken> {
        let mut queue = self.queue();
        if queue.drawn.is_some() || queue.missed.is_some() {
            return queue.take_own(self.bound.size).map(Taken::Own);
        }
        match queue.ready.pop_front() {
            Some(said) => Some(Taken::Shared(said)),
            None => queue.ending.clone().map(Taken::End),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// What is told to this subscriber alone: the part of what was drawn together that fits a message, or else the
    /// next message, with what was left out before it.
    fn take_own(&mut self, size: usize) -> Option<Batch> {
        let mut batch = match self.drawn.take() {
            Some(mut drawn) if drawn.changes.len() > size => {
                let (now, later) = drawn.changes.split_at(size);
                let (now, later): (Arc<[_]>, Arc<[_]>) = (now.into(), later.into());
                let to = now.last().map_or(drawn.to, |entry| entry.sequence);
                let batch = Batch { changes: now, from: drawn.from, to, missed: None };
                (drawn.changes, drawn.from) = (later, to);
                self.drawn = Some(drawn);
                batch
            }
            Some(drawn) => drawn,
            None => self.ready.pop_front()?.batch.clone(),
        };
        batch.missed = self.missed.take();
        Some(batch)
    }

    fn drop_oldest(&mut self, newest: Arc<Said>) {
        if let Some(oldest) = self.ready.pop_front() {
            let Batch { changes, from, to, .. } = &oldest.batch;
            self.miss(Missed { count: changes.len() as u64, from: *from, to: *to });
        }
        self.ready.push_back(newest);
    }

    /// Draws all that waits together: the latest change of each process, in the order of the log.
    fn draw_together(&mut self, newest: Arc<Said>, bound: Bound) {
        let drawn = self.drawn.take();
        let waiting = self.ready.drain(..).chain([newest]);
        let batches: Vec<Batch> = drawn.into_iter().chain(waiting.map(|said| said.batch.clone())).collect();
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else { return };
        let (from, to) = (first.from, last.to);
        let mut known = HashSet::new();
        let newest_first = batches.iter().flat_map(|batch| batch.changes.iter()).rev();
        let total = batches.iter().map(|batch| batch.changes.len()).sum::<usize>();
        let is_latest = |entry: &&Arc<Entry>| known.insert(entry.process.as_ref().map(|process| process.id));
        let most = bound.messages.saturating_mul(bound.size);
        let mut latest: Vec<Arc<Entry>> = newest_first.filter(is_latest).take(most).cloned().collect();
        latest.reverse();
        if latest.len() < total {
            self.miss(Missed { count: (total - latest.len()) as u64, from, to });
        }
        self.drawn = Some(Batch { changes: latest.into(), from, to, missed: None });
    }

    fn miss(&mut self, more: Missed) {
        let missed = self.missed.get_or_insert(Missed { count: 0, ..more });
        missed.count += more.count;
        missed.to = missed.to.max(more.to);
    }
}

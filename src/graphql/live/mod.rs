//! Operations for transports that can send more than one answer, and the subscriptions of this process.
//!
//! A message is executed and written once for all who asked the same: `channel` follows the change log for them,
//! `operation` makes the messages, `outbox` holds those that a subscriber has not taken yet, and `event` is
//! one message as transports share it.
//!
//! What must stay true: a subscriber is told every change that matches, in order and once, from the place where it
//! began; what it does not take in time is told to it as missed or ends its subscription; and whoever was
//! told up to a cursor, by this process or another, can go on behind it.

mod audience;
mod channel;
mod event;
mod figures;
mod operation;
mod outbox;
mod subscriber;

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use async_graphql::{Response, ServerError};
use futures_util::{Stream, StreamExt, stream::BoxStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::{
    channel::{Channel, Reach},
    operation::Operation,
    outbox::{Bound, Outbox},
    subscriber::Subscriber,
};
use super::{
    admission::Admitted,
    change::Wish,
    error::{Error, fault, refusal},
    execution::{Execution, response_of},
};
use crate::{
    cache::response::Key, error::Code, events::Head, lifecycle::Tasks, telemetry::live::Subscriptions,
};

pub use event::Event;
pub(super) use operation::Executor;

/// Messages of different questions that are made at a time. They have no place in the queue of operations, for nobody
/// may turn them away; more than these would take the processor and the database from those who have one.
pub(super) const MOST_MAKING: usize = 10;

/// What became of an operation.
pub enum Opened {
    /// It has one answer: a query, a mutation, or what was refused.
    Once(Box<Execution>),
    /// It is a subscription.
    Stream(Subscription),
}

/// What a subscription says next.
pub enum Next {
    /// A message.
    Event(Arc<Event>),
    /// It ends with errors. Nothing follows.
    Failed(Box<Execution>),
    /// It ends by itself, for the server shuts down: all that came before was said. Nothing follows.
    Ended,
}

impl Next {
    /// The response as GraphQL gives it; `None` for an end.
    pub(super) fn into_response(self) -> Option<Response> {
        match self {
            Self::Event(event) => Some(response_of(event.payload())),
            Self::Failed(execution) => Some(execution.into_response()),
            Self::Ended => None,
        }
    }
}

/// The messages of one subscriber. Dropped, it is not subscribed any more.
pub struct Subscription(BoxStream<'static, Next>);

impl Subscription {
    /// A subscription to what a stream says.
    pub fn new(messages: impl Stream<Item = Next> + Send + 'static) -> Self {
        Self(messages.boxed())
    }
}

impl Stream for Subscription {
    type Item = Next;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Next>> {
        self.0.poll_next_unpin(cx)
    }
}

/// The subscriptions of a process.
pub(super) struct Live {
    executor: Executor,
    head: watch::Receiver<Option<Head>>,
    /// Messages that may wait for one subscriber.
    queue: usize,
    channels: Mutex<HashMap<Key, Vec<Arc<Channel>>>>,
    /// Numbers subscribers.
    subscribers: AtomicU64,
    figures: figures::Counters,
    closing: CancellationToken,
    tasks: Tasks,
}

impl Live {
    /// No subscriptions yet, of the log that has this head.
    pub(super) fn new(executor: Executor, head: watch::Receiver<Option<Head>>, queue: usize) -> Arc<Self> {
        Arc::new(Self {
            executor,
            head,
            queue: queue.max(1),
            channels: Mutex::default(),
            subscribers: AtomicU64::new(0),
            figures: figures::Counters::default(),
            closing: CancellationToken::new(),
            tasks: Tasks::default(),
        })
    }

    /// Subscribes to what an operation asks for.
    ///
    /// # Errors
    /// Its arguments cannot be used, or what it asks for is not there any more.
    pub(super) async fn subscribe(
        self: &Arc<Self>,
        admitted: Admitted,
        resume_after: Option<&str>,
    ) -> Result<Subscription, Vec<ServerError>> {
        let operation = Arc::new(Operation::new(self.executor.clone(), admitted));
        let wish = operation.ask(resume_after).await?;
        let head = *self.head.borrow();
        let head = head.ok_or_else(|| {
            vec![refusal(
                Code::DatabaseUnavailable,
                "the change log is out of reach; subscribe again in a moment",
            )]
        })?;
        let key = operation.key().ok_or_else(|| vec![fault(Error::Internal("no operation".to_owned()))])?;
        let bound = Bound { messages: self.queue, size: wish.max_size };
        let outbox = Arc::new(Outbox::new(wish.policy, bound));
        let id = self.subscribers.fetch_add(1, Relaxed);
        self.join((key.clone(), operation.clone()), wish, head, (id, &outbox));
        Ok(Subscription::new(Subscriber::new(self.clone(), (key, id), operation, outbox)))
    }

    /// Puts a subscriber where it hears all that it wants to: into a channel that there is, or into one of its own.
    fn join(
        self: &Arc<Self>,
        (key, operation): (Key, Arc<Operation>),
        wish: Wish,
        head: Head,
        (id, outbox): (u64, &Arc<Outbox>),
    ) {
        let after = wish.after;
        let mut channels = self.channels();
        let asked = channels.entry(key.clone()).or_default();
        if asked.iter().any(|channel| channel.join(id, outbox, after)) {
            return;
        }
        let is_live = after.is_none();
        let place = after.unwrap_or(head.sequence);
        let channel = Channel::new((key, operation), wish, (head.log, place), is_live);
        channel.join(id, outbox, after);
        asked.push(channel.clone());
        self.tasks.spawn(channel.run(self.clone()));
    }

    /// Lets a subscriber go, and ends the channel that nobody listens to any more.
    fn leave(&self, key: &Key, id: u64) {
        let mut channels = self.channels();
        let Some(asked) = channels.get_mut(key) else { return };
        asked.retain(|channel| !channel.leave(id));
        if asked.is_empty() {
            channels.remove(key);
        }
    }

    /// A channel takes no more subscribers.
    fn forget(&self, channel: &Arc<Channel>) {
        let mut channels = self.channels();
        let Some(asked) = channels.get_mut(&channel.key) else { return };
        asked.retain(|known| !Arc::ptr_eq(known, channel));
        if asked.is_empty() {
            channels.remove(&channel.key);
        }
    }

    /// How far a channel may read; `place` is where it is, when it has told all that it gathered.
    fn reach(&self, channel: &Channel, place: Option<i64>) -> Reach {
        if channel.is_live() {
            return Reach::End;
        }
        let channels = self.channels();
        let live = channels.get(&channel.key).and_then(|asked| asked.iter().find(|other| other.is_live()));
        live.map_or(Reach::End, |live| channel.reach_behind(live, place))
    }

    /// A channel has come to the end of the log: it is the live one if there is no other. Tells whether it is.
    fn reached_end(&self, channel: &Channel) -> bool {
        let channels = self.channels();
        let asked = channels.get(&channel.key).map_or(&[][..], Vec::as_slice);
        let has_live = asked.iter().any(|other| other.is_live());
        if !has_live {
            channel.set_live();
        }
        channel.is_live()
    }

    fn head(&self) -> watch::Receiver<Option<Head>> {
        self.head.clone()
    }

    /// What it did so far, and what it does now.
    pub(super) fn figures(&self) -> Subscriptions {
        let channels = self.channels().values().map(Vec::len).sum::<usize>();
        self.figures.read(channels as u64)
    }

    /// Ends every subscription once it has said what it gathered.
    pub(super) fn close(&self) {
        self.closing.cancel();
    }

    /// Ends every subscription, and waits for the last words of all, a second at most.
    pub(super) async fn end(&self) {
        self.close();
        self.tasks.drain(Duration::from_secs(1)).await;
    }

    async fn closing(&self) {
        self.closing.cancelled().await;
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<Key, Vec<Arc<Channel>>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

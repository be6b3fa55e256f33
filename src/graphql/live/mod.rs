//! Operations for transports that can send more than one answer.

mod event;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt, stream::BoxStream};

pub use event::Event;

use super::execution::Execution;

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

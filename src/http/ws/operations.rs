//! The operations that are open on one socket, as the socket's own task sees them.
//!
//! What must stay true: only what woke is polled, for there are thousands of sockets; an operation that is
//! stopped is dropped at once; nothing is asked for here unless the session has room for it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use futures_util::{
    FutureExt, Stream, StreamExt,
    future::BoxFuture,
    stream::{SelectAll, select_all},
};

use super::protocol::Serial;
use crate::{
    graphql::{
        Execution,
        live::{Event, Next, Opened, Subscription},
    },
    telemetry::live::Open,
};

/// What the operations of a socket say, and that the server shuts down.
pub(super) struct Operations(SelectAll<Source>);

/// What became of one of them.
pub(super) enum Said {
    /// It has this answer and no other.
    Answer(Serial, Box<Execution>),
    /// It has a message; others may follow.
    Event(Serial, Arc<Event>),
    /// It ended with errors.
    Failed(Serial, Box<Execution>),
    /// It has said all there is.
    Complete(Serial),
    /// It ended because the server shuts down.
    Ended(Serial),
    /// The server shuts down.
    Leaving,
}

/// Something that is waited for.
struct Source {
    stage: Stage,
    /// Who is to be told when the stage is changed from outside.
    waker: Option<Waker>,
    _open: Option<Open>,
}

enum Stage {
    /// The end of the server.
    Shutdown(BoxFuture<'static, ()>),
    Opening(Serial, BoxFuture<'static, Opened>),
    Streaming(Serial, Subscription),
    Over,
}

impl Operations {
    /// No operations yet; `shutdown` is done when the server shuts down.
    pub(super) fn new(shutdown: BoxFuture<'static, ()>) -> Self {
        Self(select_all([Source { stage: Stage::Shutdown(shutdown), waker: None, _open: None }]))
    }

    /// Adds an operation that is being opened. It is counted as long as it is here.
    pub(super) fn start(&mut self, serial: Serial, opening: BoxFuture<'static, Opened>, open: Open) {
        self.0.push(Source { stage: Stage::Opening(serial, opening), waker: None, _open: Some(open) });
    }

    /// Drops an operation, if it is still here.
    pub(super) fn stop(&mut self, serial: Serial) {
        if let Some(source) = self.0.iter_mut().find(|source| source.serial() == Some(serial)) {
            source.stage = Stage::Over;
            // What remains is taken away when it is looked at.
            if let Some(waker) = source.waker.take() {
                waker.wake();
            }
        }
    }

    /// Drops all of them.
    pub(super) fn stop_all(&mut self) {
        self.0.clear();
    }

    /// What is said next. It waits for ever where there is nothing to wait for. Cancel safe.
    pub(super) async fn next(&mut self) -> Said {
        match self.0.next().await {
            Some(said) => said,
            None => std::future::pending().await,
        }
    }

    /// What is said by now.
    pub(super) fn next_ready(&mut self) -> Option<Said> {
        self.next().now_or_never()
    }
}

impl Source {
    fn serial(&self) -> Option<Serial> {
        match self.stage {
            Stage::Opening(serial, _) | Stage::Streaming(serial, _) => Some(serial),
            Stage::Shutdown(_) | Stage::Over => None,
        }
    }

    fn poll_stage(&mut self, cx: &mut Context<'_>) -> Poll<Option<Said>> {
        loop {
            let said = match &mut self.stage {
                Stage::Shutdown(shutdown) => {
                    ready!(shutdown.poll_unpin(cx));
                    Said::Leaving
                }
                Stage::Opening(serial, opening) => {
                    let serial = *serial;
                    match ready!(opening.poll_unpin(cx)) {
                        Opened::Once(execution) => Said::Answer(serial, execution),
                        Opened::Stream(subscription) => {
                            self.stage = Stage::Streaming(serial, subscription);
                            continue;
                        }
                    }
                }
                Stage::Streaming(serial, subscription) => match ready!(subscription.poll_next_unpin(cx)) {
                    Some(Next::Event(event)) => return Poll::Ready(Some(Said::Event(*serial, event))),
                    Some(Next::Failed(execution)) => Said::Failed(*serial, execution),
                    Some(Next::Ended) => Said::Ended(*serial),
                    None => Said::Complete(*serial),
                },
                Stage::Over => return Poll::Ready(None),
            };
            self.stage = Stage::Over;
            return Poll::Ready(Some(said));
        }
    }
}

impl Stream for Source {
    type Item = Said;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Said>> {
        let this = self.get_mut();
        let polled = this.poll_stage(cx);
        if polled.is_pending() {
            match &mut this.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
        }
        polled
    }
}

//! One subscriber: takes what waits in its outbox, and has made what is said to it alone.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use async_graphql::{Response, ServerError};
use futures_util::{FutureExt, Stream};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Event, Live, Next,
    operation::Operation,
    outbox::{Ending, Outbox, Taken},
};
use crate::{
    cache::response::Key,
    error::Code,
    graphql::{
        change::Batch,
        error::{panicked, refusal, settle},
        execution::{Execution, Stats},
    },
};

/// One subscriber. Dropped, it leaves its channel.
pub(super) struct Subscriber {
    live: Arc<Live>,
    /// Where it is registered.
    place: (Key, u64),
    operation: Arc<Operation>,
    outbox: Arc<Outbox>,
    /// A message for it alone, made in a task of its own: a client that reads nothing keeps this from being polled, and
    /// must not keep the place of what is made meanwhile.
    making: Option<AbortOnDropHandle<Result<Event, Vec<ServerError>>>>,
    has_ended: bool,
}

impl Subscriber {
    pub(super) fn new(
        live: Arc<Live>,
        place: (Key, u64),
        operation: Arc<Operation>,
        outbox: Arc<Outbox>,
    ) -> Self {
        live.figures.began();
        Self { live, place, operation, outbox, making: None, has_ended: false }
    }

    fn make(&mut self, batch: Batch) {
        let figures = &self.live.figures;
        figures.encoded();
        figures.missed(batch.missed.map_or(0, |missed| missed.count));
        let operation = self.operation.clone();
        let making = tokio::spawn(async move { operation.say(batch).await });
        self.making = Some(AbortOnDropHandle::new(making));
    }

    fn say(&self, event: Arc<Event>) -> Poll<Option<Next>> {
        self.live.figures.delivered();
        Poll::Ready(Some(Next::Event(event)))
    }

    fn fail(&mut self, errors: Vec<ServerError>) -> Poll<Option<Next>> {
        self.has_ended = true;
        let mut response = Response::from_errors(errors);
        settle(&mut response, false, None);
        let execution = Execution::refused(response, Stats::default());
        Poll::Ready(Some(Next::Failed(Box::new(execution))))
    }

    fn end(&mut self, ending: Ending) -> Poll<Option<Next>> {
        match ending {
            Ending::Closing => {
                self.has_ended = true;
                Poll::Ready(Some(Next::Ended))
            }
            Ending::Failed(errors) => self.fail(errors.to_vec()),
            Ending::Slow => {
                self.live.figures.disconnected();
                let message = "messages were not taken in time and the queue is full: subscribe again with the \
                               cursor of the last message as after, or with another policy";
                self.fail(vec![refusal(Code::SlowConsumer, message)])
            }
        }
    }
}

impl Stream for Subscriber {
    type Item = Next;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Next>> {
        let this = &mut *self;
        if this.has_ended {
            return Poll::Ready(None);
        }
        loop {
            if let Some(making) = &mut this.making {
                let made = ready!(making.poll_unpin(cx));
                this.making = None;
                return match made {
                    Ok(Ok(event)) => this.say(Arc::new(event)),
                    Ok(Err(errors)) => this.fail(errors),
                    Err(_) => this.fail(vec![panicked()]),
                };
            }
            match ready!(this.outbox.poll_take(cx)) {
                Taken::Shared(said) => return this.say(said.event.clone()),
                Taken::Own(batch) => this.make(batch),
                Taken::End(ending) => return this.end(ending),
            }
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.live.leave(&self.place.0, self.place.1);
        self.live.figures.ended();
    }
}

//! One socket's life: what comes is given to the protocol, operations are opened and what they say is sent,
//! until either side closes.
//!
//! Everything happens in the socket's own task, but for operations, which are opened in tasks that end with them. What
//! must stay true: a client that does not read costs a
//! bounded number of bytes, for nothing is taken from operations or read while [`MOST_UNWRITTEN`] wait; a
//! client that is silent for longer than it may be is dropped; when the socket goes, its operations go; when
//! the server shuts down, subscriptions have their last words first, for a limited time.

use std::{future::pending, ops::ControlFlow, pin::Pin, time::Duration};

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Incoming,
    message::Close,
    operations::{Operations, Said},
    protocol::{Action, Protocol, Serial},
};
use crate::{
    graphql::{
        Asked, Execution,
        live::{Event, Opened},
    },
    telemetry::live::{By, Live},
};

/// Bytes that may wait to be written before operations wait too: less than what the kernel holds besides, and
/// enough that a client which reads is never idle.
pub(super) const MOST_UNWRITTEN: usize = 256 * 1024;
/// Messages that are gathered at most before they are written together.
const MOST_GATHERED: usize = 50;
/// The code of a connection that ended without a close frame.
const ABNORMAL: u16 = 1006;

/// What a session needs of a WebSocket: a [`Socket`](super::Socket), or what stands for it in tests.
pub(super) trait Channel: Send {
    /// What happens next; what waits to be written is written meanwhile. Cancel safe. Behind
    /// [`Self::close`] the connection ends within seconds, whatever the peer does.
    fn next(&mut self) -> impl Future<Output = Incoming> + Send;

    /// Writes what waits; done when nothing does, or when the connection is broken, which
    /// [`Self::next`] tells then. Cancel safe.
    fn flush(&mut self) -> impl Future<Output = ()> + Send;

    /// Queues a message of text.
    fn send(&mut self, message: &[u8]);

    /// Queues the message that consists of `head`, the event's payload and `}`.
    fn send_event(&mut self, head: &[u8], event: &Event);

    /// Queues a ping.
    fn ping(&mut self);

    /// Queues a close frame. Nothing is sent behind it.
    fn close(&mut self, code: u16, reason: &str);

    /// How many bytes wait to be written.
    fn queued(&self) -> usize;
}

/// How a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// The close code; 1006 without a close frame.
    pub(super) code: u16,
    /// Who began it.
    pub(super) by: By,
}

/// What a session asks of the rest of the server.
pub(super) trait Backend: Send {
    /// Judges the payload of `connection_init`. The error is what the socket is closed with.
    fn admit(&mut self, payload: Option<&RawValue>) -> impl Future<Output = Result<(), Close>> + Send;

    /// What completes when the client is to be let in no longer, where that can be.
    fn ended(&self) -> Option<BoxFuture<'static, ()>>;

    /// Begins an operation.
    fn open(&self, asked: Asked) -> BoxFuture<'static, Opened>;
}

/// How long a session waits, and what it allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For `connection_init`.
    pub(super) init: Duration,
    /// Between pings.
    pub(super) ping: Duration,
    /// For anything from the client after a ping.
    pub(super) pong: Duration,
    /// For the last words of operations when the server shuts down.
    pub(super) last_words: Duration,
    /// Operations open at a time.
    pub(super) max_operations: usize,
}

/// One socket and what goes on over it.
pub(super) struct Session<C, B> {
    channel: C,
    backend: B,
    protocol: Protocol,
    operations: Operations,
    patience: Patience,
    timer: Pin<Box<Sleep>>,
    awaited: Awaited,
    /// Whether anything came from the client since the last ping.
    heard: bool,
    /// Done when what the client has shown stops to hold.
    ended: Option<BoxFuture<'static, ()>>,
    live: Live,
}

/// What the timer stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// `connection_init`.
    Init,
    /// The next ping.
    Ping,
    /// An answer to the last one.
    Pong,
    /// The last words of operations.
    LastWords,
}

/// What a session has to see to.
enum Step {
    Came(Incoming),
    Said(Said),
    /// A client that had left much unread has taken it.
    CaughtUp,
    Time,
    /// What the client has shown does not hold any more.
    Expired,
}

impl<C: Channel, B: Backend> Session<C, B> {
    /// A session on a socket that was just opened; `draining` is cancelled when the server shuts down.
    pub(super) fn new(
        channel: C,
        backend: B,
        patience: Patience,
        draining: CancellationToken,
        live: Live,
    ) -> Self {
        let ended = backend.ended();
        Self {
            channel,
            backend,
            ended,
            protocol: Protocol::new(patience.max_operations),
            operations: Operations::new(Box::pin(draining.cancelled_owned())),
            patience,
            timer: Box::pin(tokio::time::sleep(patience.init)),
            awaited: Awaited::Init,
            heard: false,
            live,
        }
    }

    /// Runs until the socket is closed, and tells how it ended.
    pub(super) async fn run(&mut self) -> Ended {
        loop {
            let step = match self.wait().await {
                Step::Came(Incoming::Closed { code }) => return Ended { code, by: By::Client },
                Step::Came(Incoming::Failed(failure)) => {
                    return Ended { code: failure.code(), by: By::Server };
                }
                Step::Time if self.awaited == Awaited::Pong && !self.heard => {
                    return Ended { code: ABNORMAL, by: By::Client };
                }
                step => self.take(step).await,
            };
            if let ControlFlow::Break(close) = step {
                return self.end(&close).await;
            }
        }
    }

    /// Waits for whatever happens first.
    async fn wait(&mut self) -> Step {
        let room = self.has_room();
        let (channel, ended) = (&mut self.channel, &mut self.ended);
        let expired = async {
            match ended {
                Some(ended) => ended.await,
                None => pending().await,
            }
        };
        let traffic = async {
            if !room {
                channel.flush().await;
                if channel.queued() == 0 {
                    return Step::CaughtUp;
                }
                // It is broken, as it is about to tell.
            }
            Step::Came(channel.next().await)
        };
        tokio::select! {
            // Nothing is told any more to one who may not hear it, however much waits for him; for the others chance
            // decides, so that neither side keeps the other from being heard.
            biased;
            () = expired => Step::Expired,
            step = async {
                tokio::select! {
                    step = traffic => step,
                    said = self.operations.next(), if room => Step::Said(said),
                    () = self.timer.as_mut() => Step::Time,
                }
            } => step,
        }
    }

    fn has_room(&self) -> bool {
        self.channel.queued() < MOST_UNWRITTEN
    }

    async fn take(&mut self, step: Step) -> ControlFlow<Close> {
        match step {
            Step::Came(incoming) => {
                self.heard = true;
                let action = match incoming {
                    Incoming::Text(text) => {
                        self.live.received();
                        self.protocol.text(&text)
                    }
                    Incoming::Binary(_) => self.protocol.binary(),
                    Incoming::Pong | Incoming::Closed { .. } | Incoming::Failed(_) => Action::None,
                };
                self.act(action).await?;
            }
            Step::Said(said) => {
                self.say(said);
                // What else is ready goes with it, in one write.
                for _ in 1..MOST_GATHERED {
                    let Some(said) = self.has_room().then(|| self.operations.next_ready()).flatten() else {
                        break;
                    };
                    self.say(said);
                }
            }
            // Only who reads takes so much.
            Step::CaughtUp => self.heard = true,
            Step::Time => self.time()?,
            Step::Expired => {
                self.ended = None;
                return ControlFlow::Break(Close::forbidden(
                    "what you have shown has expired or was revoked",
                ));
            }
        }
        if self.awaited == Awaited::LastWords && self.protocol.open() == 0 {
            return ControlFlow::Break(Close::restart());
        }
        ControlFlow::Continue(())
    }

    /// Does what the protocol says.
    async fn act(&mut self, action: Action) -> ControlFlow<Close> {
        match action {
            Action::None => {}
            Action::Judge(payload) => {
                if let Err(close) = self.backend.admit(payload.as_deref()).await {
                    if let Action::Close(close) = self.protocol.close(close) {
                        return ControlFlow::Break(close);
                    }
                    return ControlFlow::Continue(());
                }
                self.ended = self.backend.ended();
                let acknowledgement = self.protocol.acknowledge();
                self.send(acknowledgement);
                if self.awaited == Awaited::Init {
                    self.await_until(Awaited::Ping, self.patience.ping);
                }
            }
            Action::Send(message) => self.send(&message),
            Action::Start(serial, asked) => self.start(serial, *asked),
            Action::Stop(serial) => self.operations.stop(serial),
            Action::Close(close) => return ControlFlow::Break(close),
        }
        ControlFlow::Continue(())
    }

    fn start(&mut self, serial: Serial, asked: Asked) {
        if self.awaited == Awaited::LastWords {
            // The client will ask again where it connects next: an error would tell it not to.
            return self.protocol.forget(serial);
        }
        let open = self.live.operation();
        self.operations.start(serial, self.backend.open(asked), open);
    }

    /// Sends what an operation said, if the client still wants it.
    fn say(&mut self, said: Said) {
        match said {
            Said::Answer(serial, execution) => self.answer(serial, &execution),
            Said::Event(serial, event) => {
                if let Some(head) = self.protocol.next(serial) {
                    let queued = self.channel.queued();
                    self.channel.send_event(head, &event);
                    // The payload and what closes the object around it.
                    let plain = head.len() + event.payload().len() + 1;
                    self.live.sent(plain, self.channel.queued().saturating_sub(queued));
                    self.live.lagged(event.age());
                }
            }
            Said::Failed(serial, execution) => {
                let message = self.protocol.error(serial, &execution.response.errors);
                self.send_some(message);
            }
            Said::Complete(serial) => {
                let message = self.protocol.complete(serial);
                self.send_some(message);
            }
            // A `complete` would tell the client that there is nothing to come back for.
            Said::Ended(serial) => {
                self.protocol.forget(serial);
                self.leave();
            }
            Said::Leaving => self.leave(),
        }
    }

    /// Sends the only answer of an operation: as an `error` when it was not executed.
    fn answer(&mut self, serial: Serial, execution: &Execution) {
        let errors = &execution.response.errors;
        if !execution.executed && !errors.is_empty() {
            let message = self.protocol.error(serial, errors);
            return self.send_some(message);
        }
        let Some(head) = self.protocol.next(serial) else { return };
        let mut message = head.to_vec();
        match execution.write(&mut message) {
            Ok(()) => {
                message.push(b'}');
                self.send(&message);
            }
            Err(error) => tracing::error!(%error, "a response could not be written as JSON"),
        }
        let complete = self.protocol.complete(serial);
        self.send_some(complete);
    }

    /// The timer has run out.
    fn time(&mut self) -> ControlFlow<Close> {
        match self.awaited {
            Awaited::Init => {
                if let Action::Close(close) = self.protocol.init_is_late() {
                    return ControlFlow::Break(close);
                }
                self.await_until(Awaited::Ping, self.patience.ping);
            }
            Awaited::Ping => {
                self.channel.ping();
                self.heard = false;
                self.await_until(Awaited::Pong, self.patience.pong);
            }
            Awaited::Pong => self.await_until(Awaited::Ping, self.patience.ping),
            Awaited::LastWords => return ControlFlow::Break(Close::restart()),
        }
        ControlFlow::Continue(())
    }

    /// Begins to end: what is open may finish, nothing is begun.
    fn leave(&mut self) {
        if self.awaited != Awaited::LastWords {
            self.await_until(Awaited::LastWords, self.patience.last_words);
        }
    }

    fn await_until(&mut self, awaited: Awaited, patience: Duration) {
        self.awaited = awaited;
        self.timer.as_mut().reset(Instant::now() + patience);
    }

    fn send_some(&mut self, message: Option<Vec<u8>>) {
        if let Some(message) = message {
            self.send(&message);
        }
    }

    fn send(&mut self, message: &[u8]) {
        let queued = self.channel.queued();
        self.channel.send(message);
        self.live.sent(message.len(), self.channel.queued().saturating_sub(queued));
    }

    /// Closes the socket, and waits for its end; what comes meanwhile counts no more.
    pub(super) async fn end(&mut self, close: &Close) -> Ended {
        // Nobody is waiting for them any more.
        self.operations.stop_all();
        self.channel.close(close.code, &close.reason);
        while !matches!(self.channel.next().await, Incoming::Closed { .. } | Incoming::Failed(_)) {}
        Ended { code: close.code, by: By::Server }
    }
}

#[cfg(test)]
mod tests;

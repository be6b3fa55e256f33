//! The server's side of `graphql-transport-ws`, as a state machine: messages of the client and what became of
//! operations go in, what is to be done comes out. It does no I/O and has no clock.
//!
//! What must stay true: an id names one operation at a time; after `complete` or `error`, of either side,
//! nothing more is said of the operation; after a close nothing is said at all.

use async_graphql::ServerError;
use serde_json::value::RawValue;

use super::message::{self, Close, Message};
use crate::{error::Code, graphql::Asked};

/// One socket's connection.
pub(super) struct Protocol {
    phase: Phase,
    /// In the order they were opened. They are few: looking at each is quicker than a map.
    operations: Vec<Operation>,
    next_serial: u64,
    max_operations: usize,
}

/// What an operation is called here. It is never used again, as its id may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Serial(u64);

/// What is to be done.
pub(super) enum Action {
    /// Nothing.
    None,
    /// The payload of `connection_init` is to be judged: then [`Protocol::acknowledge`] or
    /// [`Protocol::close`].
    Judge(Option<Box<RawValue>>),
    /// A message is to be sent.
    Send(Vec<u8>),
    /// An operation is to be started.
    Start(Serial, Box<Asked>),
    /// An operation is to be stopped: nobody wants its answers.
    Stop(Serial),
    /// The socket is to be closed; operations that are open are to be stopped.
    Close(Close),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// `connection_init` has not come.
    New,
    /// It came and is being judged.
    Judged,
    /// Operations may come.
    Acknowledged,
    /// Nothing counts any more.
    Closed,
}

struct Operation {
    serial: Serial,
    /// The client's name for it.
    id: Box<str>,
    /// What each `next` begins with.
    next_head: Box<[u8]>,
}

impl Protocol {
    /// A connection that has just begun, on which so many operations may be open at a time.
    pub(super) fn new(max_operations: usize) -> Self {
        Self { phase: Phase::New, operations: Vec::new(), next_serial: 0, max_operations }
    }

    /// A message of text came.
    pub(super) fn text(&mut self, text: &[u8]) -> Action {
        if self.phase == Phase::Closed {
            return Action::None;
        }
        match Message::read(text) {
            Ok(Message::ConnectionInit(payload)) => self.init(payload),
            Ok(Message::Ping(payload)) => Action::Send(message::pong(payload.as_deref())),
            Ok(Message::Pong) => Action::None,
            Ok(Message::Subscribe { id, asked }) => self.subscribe(id, asked),
            Ok(Message::Complete { id }) => {
                let place = self.operations.iter().position(|operation| operation.id == id);
                place.map_or(Action::None, |place| Action::Stop(self.operations.remove(place).serial))
            }
            Err(close) => self.close(close),
        }
    }

    /// A message of bytes came, of which the protocol has none.
    pub(super) fn binary(&mut self) -> Action {
        self.close(Close::invalid("the message is binary; send JSON as text"))
    }

    /// Lets the client in: what is to be sent.
    pub(super) fn acknowledge(&mut self) -> &'static [u8] {
        if self.phase == Phase::Judged {
            self.phase = Phase::Acknowledged;
        }
        message::CONNECTION_ACK
    }

    /// The time for `connection_init` is over.
    pub(super) fn init_is_late(&mut self) -> Action {
        if self.phase == Phase::New { self.close(Close::init_timeout()) } else { Action::None }
    }

    /// Closes for a reason that lies outside the protocol.
    pub(super) fn close(&mut self, close: Close) -> Action {
        if self.phase == Phase::Closed {
            return Action::None;
        }
        self.phase = Phase::Closed;
        self.operations = Vec::new();
        Action::Close(close)
    }

    /// An operation has a result: what its message begins with, where the client still wants it. The result
    /// and `}` are to follow.
    pub(super) fn next(&self, serial: Serial) -> Option<&[u8]> {
        self.operations.iter().find(|operation| operation.serial == serial).map(|found| &*found.next_head)
    }

    /// An operation ended with errors: the message, where the client still wants it.
    pub(super) fn error(&mut self, serial: Serial, errors: &[ServerError]) -> Option<Vec<u8>> {
        self.take(serial).map(|operation| message::error(&operation.id, errors))
    }

    /// An operation has no more results: the message, where the client still wants it.
    pub(super) fn complete(&mut self, serial: Serial) -> Option<Vec<u8>> {
        self.take(serial).map(|operation| message::complete(&operation.id))
    }

    /// An operation ended and nothing is to be said of it.
    pub(super) fn forget(&mut self, serial: Serial) {
        self.take(serial);
    }

    /// How many operations are open.
    pub(super) fn open(&self) -> usize {
        self.operations.len()
    }

    fn init(&mut self, payload: Option<Box<RawValue>>) -> Action {
        if self.phase != Phase::New {
            return self.close(Close::too_many_inits());
        }
        self.phase = Phase::Judged;
        Action::Judge(payload)
    }

    fn subscribe(&mut self, id: Box<str>, asked: Box<Asked>) -> Action {
        if self.phase != Phase::Acknowledged {
            return self.close(Close::unauthorized());
        }
        if self.operations.iter().any(|operation| operation.id == id) {
            return self.close(Close::duplicate(&id));
        }
        if self.operations.len() >= self.max_operations {
            return Action::Send(message::error(&id, &[too_many(self.max_operations)]));
        }
        let serial = Serial(self.next_serial);
        self.next_serial += 1;
        let next_head = message::next_head(&id);
        self.operations.push(Operation { serial, id, next_head });
        Action::Start(serial, asked)
    }

    fn take(&mut self, serial: Serial) -> Option<Operation> {
        let place = self.operations.iter().position(|operation| operation.serial == serial)?;
        Some(self.operations.remove(place))
    }
}

fn too_many(max_operations: usize) -> ServerError {
    let message = format!(
        "this socket has {max_operations} operations open, the most that live.max_operations allows; complete \
         one of them, or open another socket"
    );
    let mut error = ServerError::new(message, None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", Code::TooManyOperations.as_str());
    extensions.set("limit", max_operations);
    error
}

#[cfg(test)]
mod tests;

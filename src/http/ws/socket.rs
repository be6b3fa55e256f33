//! One WebSocket: messages in, messages out, over the connection that an upgrade left.
//!
//! yawc reads, as `line` has it; what is said, pongs and the answer to a close among it, is said here. What
//! must stay true: frames leave in the order they were queued and none follows a close frame; reading goes
//! on while writing waits, but for a peer that pings and does not read; a connection that is to end, ends,
//! at the latest after [`CLOSE_TIMEOUT`]; an idle socket holds no buffer but the one it reads into.

use std::{
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::Sink;
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Sleep,
};
use yawc::{Frame, OpCode, WebSocket, WebSocketError};

use super::{
    deflate::{Deflate, SMALLEST_TO_PACK},
    frame::{LARGEST_CONTROL, Opcode, Outgoing},
    line::{Line, poll_to_end, reader},
};

/// The longest time between a close frame and the end of its connection.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// So many bytes of pongs may wait before no more pings are read.
const MOST_PONGS: usize = 4_096;

/// The code of a connection that ended without a close frame (RFC 6455, section 7.1.5).
const ABNORMAL: u16 = 1006;
/// The code of a close frame without one.
const NO_CODE: u16 = 1005;

/// What a socket allows.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The largest message that is taken, in bytes, unpacked and whole.
    pub max_message_bytes: usize,
}

/// What happened on a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A message, valid UTF-8.
    Text(Bytes),
    /// A message of bytes.
    Binary(Bytes),
    /// The peer lives: it answered a ping, or said so unasked.
    Pong,
    /// The connection ended. The code is the peer's; 1005 when its close frame had none, 1006 when there was
    /// no close frame. Nothing follows.
    Closed {
        /// Why, by RFC 6455, section 7.4.
        code: u16,
    },
    /// The peer sent what cannot be taken; the connection was closed with [`Failure::code`]. Nothing follows.
    Failed(Failure),
}

/// What a peer may not send.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Failure {
    /// Frames that RFC 6455 does not allow.
    #[error("the frames break the WebSocket protocol")]
    Protocol,
    /// A text that is none, or packed bytes that do not unpack.
    #[error("a message is not valid UTF-8 or cannot be unpacked")]
    Invalid,
    /// More than [`Options::max_message_bytes`].
    #[error("a message is larger than what is taken here")]
    TooLarge,
}

/// The part of a message that is the same for many receivers: packed once, whoever asks first.
pub trait Shared {
    /// The bytes, in two parts: one of them may be empty.
    fn plain(&self) -> [&[u8]; 2];

    /// The parts as `pack` makes them. It is called once, and its answer is kept.
    fn packed(&self, pack: impl FnOnce([&[u8]; 2]) -> Bytes) -> &Bytes;
}

/// An open connection that carries messages.
pub struct Socket<I> {
    line: Line<I>,
    frames: WebSocket<Line<I>>,
    outgoing: Outgoing,
    /// How much of what waits is pongs, at most.
    pongs: usize,
    flushed: bool,
    deflate: Option<Deflate>,
    phase: Phase,
    /// When a connection that is to end, ends.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// How far a connection is.
enum Phase {
    /// Messages go both ways.
    Open,
    /// Our close frame is queued, the peer's is awaited; what else it sends is nobody's.
    Closing,
    /// No more is said: what waits is written and the sending side shut. A peer that failed may still be
    /// sending: it is heard out, for a connection that ends with bytes unread is reset, and the peer
    /// would never see the code.
    Leaving { outcome: Incoming, shut: bool },
    /// Over.
    Ended(Incoming),
}

impl Failure {
    /// The code that the connection was closed with.
    pub fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::Invalid => 1007,
            Self::TooLarge => 1009,
        }
    }

    /// What the peer did wrong, by what yawc says of it; none when it is merely gone.
    fn of(error: &WebSocketError) -> Option<Self> {
        match error {
            WebSocketError::FrameTooLarge => Some(Self::TooLarge),
            WebSocketError::InvalidUTF8 => Some(Self::Invalid),
            // Bytes that do not unpack; no connection fails so.
            WebSocketError::IoError(error) if error.kind() == io::ErrorKind::InvalidInput => {
                Some(Self::Invalid)
            }
            WebSocketError::IoError(_) | WebSocketError::ConnectionClosed => None,
            _ => Some(Self::Protocol),
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Socket<I> {
    /// Takes over a connection right after its handshake; `deflate` if permessage-deflate was agreed on.
    pub fn new(io: I, deflate: Option<Deflate>, options: Options) -> Self {
        let line = Line::new(io);
        let frames = reader(line.clone(), deflate.as_ref(), options);
        let outgoing = Outgoing::default();
        Self { line, frames, outgoing, pongs: 0, flushed: true, deflate, phase: Phase::Open, deadline: None }
    }

    /// What happens next; writes what is queued meanwhile. It may be dropped and called again at any time.
    /// After the end it says the same for ever.
    pub async fn next(&mut self) -> Incoming {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Queues a text, which must be UTF-8; packed if that was agreed on and it has at least
    /// [`SMALLEST_TO_PACK`] bytes. Like all that queues, it does nothing once a close frame is queued.
    pub fn send_text(&mut self, text: &[u8]) {
        self.send(Opcode::Text, text);
    }

    /// Queues a message of bytes, packed as a text is.
    pub fn send_binary(&mut self, bytes: &[u8]) {
        self.send(Opcode::Binary, bytes);
    }

    /// Queues a text that begins with `head` and ends with what is shared. It is packed as any text is, but
    /// of the compressor's work only the first receiver bears a part: `head` is stored as it is.
    pub fn send_shared(&mut self, head: &[u8], shared: &impl Shared) {
        if !self.is_open() {
            return;
        }
        let [first, second] = shared.plain();
        match self.packs(head.len() + first.len() + second.len()) {
            Some(deflate) => {
                let blocks = shared.packed(|parts| deflate.pack(&parts));
                self.outgoing.packed(Opcode::Text, head, blocks);
            }
            None => self.outgoing.plain(Opcode::Text, &[head, first, second]),
        }
    }

    /// Queues a ping, which the peer answers: [`Incoming::Pong`].
    pub fn ping(&mut self) {
        if self.is_open() {
            self.outgoing.plain(Opcode::Ping, &[]);
        }
    }

    /// Queues a close frame behind what is queued; of the reason as many whole characters as fit into 123
    /// bytes. The end comes from [`Self::next`], at the latest after [`CLOSE_TIMEOUT`].
    pub fn close(&mut self, code: u16, reason: &str) {
        if self.is_open() {
            self.outgoing.close(Some(code), reason);
            self.phase = Phase::Closing;
            self.expire();
        }
    }

    /// How many bytes wait to be written: what the connection did not take yet.
    pub fn queued(&self) -> usize {
        self.outgoing.len()
    }

    /// Waits until what is queued is written, or cannot be. It may be dropped at any time.
    pub async fn flush(&mut self) {
        // Why it cannot be is told by `next`, for the connection fails again there.
        let _ = std::future::poll_fn(|cx| self.poll_write(cx)).await;
    }

    fn send(&mut self, opcode: Opcode, message: &[u8]) {
        if !self.is_open() {
            return;
        }
        match self.packs(message.len()) {
            Some(deflate) => {
                let blocks = deflate.pack(&[message]);
                self.outgoing.packed(opcode, &[], &blocks);
            }
            None => self.outgoing.plain(opcode, &[message]),
        }
    }

    /// What packs a message of so many bytes; none if it leaves as it is.
    fn packs(&self, bytes: usize) -> Option<&Deflate> {
        self.deflate.as_ref().filter(|_| bytes >= SMALLEST_TO_PACK)
    }

    fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        loop {
            if let Phase::Ended(outcome) = &self.phase {
                return Poll::Ready(outcome.clone());
            }
            if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready()) {
                self.end();
                continue;
            }
            let written = self.poll_write(cx);
            if matches!(written, Poll::Ready(Err(_))) {
                self.end();
            } else if let Phase::Leaving { .. } = self.phase {
                ready!(written.map(drop));
                ready!(self.poll_leave(cx));
            } else {
                match self.poll_read(cx) {
                    Poll::Ready(Some(incoming)) => return Poll::Ready(incoming),
                    Poll::Ready(None) => {}
                    // What was read may have been pings, whose answers go out before anybody waits.
                    Poll::Pending if written.is_ready() && self.outgoing.len() > 0 => {}
                    Poll::Pending => return Poll::Pending,
                }
            }
        }
    }

    /// Writes what is queued, and what the connection itself holds back.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { line, outgoing, flushed, pongs, .. } = self;
        let mut io = line.io();
        while outgoing.len() > 0 {
            let count = ready!(Pin::new(&mut *io).poll_write(cx, outgoing.bytes()))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            outgoing.written(count);
            *flushed = false;
        }
        if !*flushed {
            ready!(Pin::new(&mut *io).poll_flush(cx))?;
            *flushed = true;
        }
        *pongs = 0;
        Poll::Ready(Ok(()))
    }

    /// Reads until something is to be told, or the phase is another one.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        while matches!(self.phase, Phase::Open | Phase::Closing) {
            if self.pongs > MOST_PONGS {
                return Poll::Pending;
            }
            let incoming = match ready!(self.frames.poll_next_frame(cx)) {
                Ok(frame) => self.take(frame, cx),
                Err(error) => {
                    match Failure::of(&error) {
                        Some(failure) => self.fail(failure),
                        None => self.end(),
                    }
                    None
                }
            };
            if incoming.is_some() && self.is_open() {
                return Poll::Ready(incoming);
            }
        }
        Poll::Ready(None)
    }

    /// What a frame, or the message that yawc made of several, means.
    fn take(&mut self, frame: Frame, cx: &mut Context<'_>) -> Option<Incoming> {
        let (opcode, _, payload) = frame.into_parts();
        match opcode {
            OpCode::Text => return Some(Incoming::Text(payload)),
            OpCode::Binary => return Some(Incoming::Binary(payload)),
            // yawc looks at the length of pings only.
            _ if payload.len() > LARGEST_CONTROL => self.fail(Failure::Protocol),
            OpCode::Pong => return Some(Incoming::Pong),
            OpCode::Close => {
                // It is at least two bytes, with a code that may be sent, or empty.
                let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                if self.is_open() {
                    self.outgoing.close(code, "");
                }
                self.leave(Incoming::Closed { code: code.unwrap_or(NO_CODE) });
            }
            OpCode::Ping => {
                // yawc has its own pong wait for the drain; many pings would have many of them wait.
                let _ = pin!(&mut self.frames).poll_ready(cx);
                if self.is_open() {
                    self.outgoing.plain(Opcode::Pong, &[&payload]);
                    self.pongs += payload.len() + 2;
                }
            }
            OpCode::Continuation => {}
        }
        None
    }

    /// Says what was wrong, unless the last word is said already.
    fn fail(&mut self, failure: Failure) {
        if self.is_open() {
            self.outgoing.close(Some(failure.code()), &failure.to_string());
        }
        self.leave(Incoming::Failed(failure));
    }

    fn leave(&mut self, outcome: Incoming) {
        self.phase = Phase::Leaving { outcome, shut: false };
        self.expire();
    }

    /// The connection is gone, or nobody waits for it any longer.
    fn end(&mut self) {
        let gone = Incoming::Closed { code: ABNORMAL };
        self.phase = match std::mem::replace(&mut self.phase, Phase::Open) {
            Phase::Leaving { outcome, .. } | Phase::Ended(outcome) => Phase::Ended(outcome),
            Phase::Open | Phase::Closing => Phase::Ended(gone),
        };
    }

    fn expire(&mut self) {
        self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(CLOSE_TIMEOUT)));
    }

    /// Shuts the sending side, and hears out who failed.
    fn poll_leave(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Phase::Leaving { outcome, shut } = &mut self.phase {
            let mut io = self.line.io();
            if !*shut {
                // A connection that cannot be shut is gone.
                let _ = ready!(Pin::new(&mut *io).poll_shutdown(cx));
                *shut = true;
            }
            if matches!(outcome, Incoming::Failed(_)) {
                ready!(poll_to_end(&mut *io, cx));
            }
        }
        self.end();
        Poll::Ready(())
    }
}

//! How yawc reads a connection that it does not write to.
//!
//! It takes frames apart, unmasks, joins fragments, unpacks within the limit and checks UTF-8. What it would
//! write (pongs, the answer to a close) falls into a drain, for its frames could not be put in order with
//! packed bytes that many sockets share. It is laxer than RFC 6455 in two points, of which the socket
//! mends the first: pongs and close frames may be of any length, and the bit that says "packed" is passed
//! over on control frames and believed on continuations.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use yawc::{Role, WebSocket};

use super::{deflate::Deflate, socket::Options};

/// The bytes that a socket reads at once. A larger message grows the buffer while it arrives.
const READ_BUFFER: usize = 512;
/// What yawc is told to have been agreed on, which is what [`super::handshake`] answers.
const AGREED: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// A connection as both sides hold it: yawc to read, the socket to write. One task polls both, so the lock
/// is free whenever it is taken.
pub(super) struct Line<I>(Arc<Mutex<I>>);

impl<I> Line<I> {
    pub(super) fn new(io: I) -> Self {
        Self(Arc::new(Mutex::new(io)))
    }

    pub(super) fn io(&self) -> MutexGuard<'_, I> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I> Clone for Line<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Line<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io()).poll_read(cx, buffer)
    }
}

/// The drain.
impl<I: Unpin> AsyncWrite for Line<I> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What takes frames apart. Its limits are the first sizes that are refused.
pub(super) fn reader<I>(line: Line<I>, deflate: Option<&Deflate>, options: Options) -> WebSocket<Line<I>>
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let refused = options.max_message_bytes.saturating_add(1);
    let settings = yawc::Options {
        max_payload_read: Some(refused),
        max_read_buffer: Some(refused),
        read_buffer_capacity: Some(READ_BUFFER),
        // What goes into the drain: pongs, one at a time.
        write_buffer_capacity: Some(0),
        compression: deflate.map(Deflate::options),
        check_utf8: true,
        ..yawc::Options::default()
    };
    let agreed = deflate.map(|_| AGREED);
    WebSocket::from_stream_with_extensions(line, Role::Server, agreed, settings)
        .expect("packing is agreed on only where the settings have it")
}

/// Reads and forgets until there is no more.
pub(super) fn poll_to_end(io: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<()> {
    let mut bytes = [0; 4_096];
    loop {
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = ready!(Pin::new(&mut *io).poll_read(cx, &mut buffer));
        if read.is_err() || buffer.filled().is_empty() {
            return Poll::Ready(());
        }
    }
}

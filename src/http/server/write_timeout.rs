//! An I/O object whose writes must get on.
//!
//! A client that asks for much and reads nothing would otherwise keep its answers in memory for ever. Time
//! counts only while something waits to be written; whatever is taken begins it anew.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

use super::activity::Activity;

pub(super) struct WriteTimeout<I> {
    io: I,
    timeout: Duration,
    /// Is told when something waits.
    activity: Activity,
    /// Runs from the first write that found no room on.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<I> WriteTimeout<I> {
    pub(super) fn new(io: I, timeout: Duration, activity: Activity) -> Self {
        Self { io, timeout, activity, waiting: None }
    }

    /// What a write comes to: an error, once nothing has been taken for too long.
    fn settle<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.waiting.take().is_some() {
                self.activity.set_blocked(false);
            }
            return written;
        }
        let Self { timeout, activity, waiting, .. } = self;
        let waiting = waiting.get_or_insert_with(|| {
            activity.set_blocked(true);
            Box::pin(tokio::time::sleep(*timeout))
        });
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.settle(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.settle(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(context);
        self.settle(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.io).poll_shutdown(context);
        self.settle(context, shut)
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for WriteTimeout<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, time::Duration};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        time::{Instant, sleep},
    };

    use super::{Activity, WriteTimeout};

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_is_cut_at_the_timeout() {
        let (io, mut client) = duplex(10);
        let mut server = WriteTimeout::new(io, TIMEOUT, Activity::default());
        // However long nothing is to be written.
        sleep(TIMEOUT * 10).await;
        let began = Instant::now();
        let error = server.write_all(&[0; 100]).await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed()), (ErrorKind::TimedOut, TIMEOUT));
        assert_eq!(client.read(&mut [0; 100]).await.unwrap(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_slowly_gets_all() {
        let (io, mut client) = duplex(10);
        let mut server = WriteTimeout::new(io, TIMEOUT, Activity::default());
        let writing = tokio::spawn(async move { server.write_all(&[0; 100]).await });
        let mut got = 0;
        while got < 100 {
            sleep(TIMEOUT * 99 / 100).await;
            got += client.read(&mut [0; 10]).await.unwrap();
        }
        writing.await.unwrap().unwrap();
    }
}

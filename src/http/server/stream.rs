//! One stream of HTTP/2: how its answer is handed over, and what ends it where its client takes none of it.
//!
//! hyper hands a part of a body to the connection once the client has made room for one byte after what it handed
//! over before; then nobody here sees it any more, whether or not it is sent. What must stay true: what is handed
//! over before it can be sent is little, so that an answer goes on until it is nearly sent; and a part that waits
//! for room longer than a client may take nothing ends its stream, and no other.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::{
    body::{Frame, SizeHint},
    rt::Executor,
};
use tokio::time::Instant;

use super::activity::Busy;
use crate::lifecycle::Tasks;

/// The largest part: what goes into one frame by default.
const PART: usize = 16 * 1024;
/// The largest last part. For the one before it hyper has waited until there was room; for this one only until
/// there was room for its first byte.
const LAST_PART: usize = 1024;

tokio::task_local! {
    /// The pace of the stream that this task is.
    static PACE: Pace;
}

/// Runs the streams of HTTP/2 as tasks of their own, which are drained, or cut, as the connections are.
#[derive(Clone)]
pub(super) struct Streams {
    tasks: Tasks,
    /// How long a client may take nothing of an answer.
    patience: Duration,
}

/// Since when a part of an answer waits for room; `None` while none does. Locked for a few instructions.
#[derive(Clone, Default)]
struct Pace(Arc<Mutex<Option<Instant>>>);

/// A body in parts, which keeps its request going.
pub(super) struct Sending {
    body: Body,
    /// What is left of the last thing the body gave.
    rest: Bytes,
    pace: Pace,
    _busy: Busy,
}

impl Streams {
    pub(super) fn new(tasks: Tasks, patience: Duration) -> Self {
        Self { tasks, patience }
    }
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let (pace, patience) = (Pace::default(), self.patience);
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = PACE.scope(pace.clone(), stream) => {}
                // A stream that is dropped is reset, and what it had handed over is dropped with it.
                () = pace.stalled(patience) => {}
            }
        });
    }
}

impl Pace {
    fn waits(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Done once a part has waited for so long.
    async fn stalled(&self, patience: Duration) {
        loop {
            // A part that begins to wait while this sleeps is not due before it wakes.
            let since = *self.waits();
            let due = since.unwrap_or_else(Instant::now) + patience;
            if since.is_some() && due <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }
}

impl Sending {
    /// The body of an answer. To be called in the task of its stream.
    pub(super) fn new(body: Body, busy: Busy) -> Self {
        let pace = PACE.try_with(Pace::clone).unwrap_or_default();
        Self { body, rest: Bytes::new(), pace, _busy: busy }
    }

    /// The next part of the rest.
    fn part(&mut self) -> Frame<Bytes> {
        let rest = self.rest.len();
        let most = if rest <= LAST_PART { rest } else { PART.min(rest - LAST_PART) };
        Frame::data(self.rest.split_to(most))
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // Whoever asks for more has handed over what he had.
        *self.pace.waits() = None;
        let mut trailers = None;
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => trailers = Some(frame),
                },
                end => return Poll::Ready(end),
            }
        }
        let frame = trailers.unwrap_or_else(|| self.part());
        *self.pace.waits() = Some(Instant::now());
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (of_body, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower() + rest);
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes, HttpBody};
    use http_body_util::BodyExt;
    use hyper::{Version, rt::Executor};
    use tokio::time::{Duration, Instant, sleep};

    use super::{LAST_PART, PART, Sending, Streams};
    use crate::{http::server::activity::Activity, lifecycle::Tasks};

    const PATIENCE: Duration = Duration::from_secs(30);

    fn sending(body: Body) -> Sending {
        Sending::new(body, Activity::default().begin(Version::HTTP_2))
    }

    async fn next(sending: &mut Sending) -> Option<Bytes> {
        sending.frame().await.map(|frame| frame.unwrap().into_data().unwrap())
    }

    #[tokio::test]
    async fn a_body_is_handed_over_in_parts_of_which_the_last_is_small() {
        for length in [0, 1, LAST_PART, LAST_PART + 1, PART, PART + LAST_PART, 1_000_000] {
            let whole: Bytes = (0..length).map(|byte| byte.to_le_bytes()[0]).collect();
            let mut sending = sending(Body::from(whole.clone()));
            let (mut got, mut last) = (Vec::new(), 0);
            while !sending.is_end_stream() {
                assert_eq!(sending.size_hint().exact(), Some((length - got.len()) as u64));
                let part = next(&mut sending).await.unwrap();
                last = part.len();
                assert!(last <= PART);
                got.extend_from_slice(&part);
            }
            assert!(last <= LAST_PART, "{last} of {length}");
            assert!(got == whole, "{length}");
            assert_eq!(next(&mut sending).await, None);
        }
    }

    /// How long a stream lives that takes one part of its answer, waits, takes another, and waits for ever for a
    /// third while nothing comes.
    async fn lives(waits: Duration) -> Duration {
        let (tasks, began) = (Tasks::default(), Instant::now());
        Streams::new(tasks.clone(), PATIENCE).execute(async move {
            let slow = futures_util::stream::once(async { Ok::<_, std::io::Error>(vec![0; LAST_PART + 1]) });
            let endless = futures_util::StreamExt::chain(slow, futures_util::stream::pending());
            let mut sending = sending(Body::from_stream(endless));
            next(&mut sending).await;
            sleep(waits).await;
            next(&mut sending).await;
            tokio::select! {
                _ = next(&mut sending) => {}
                () = sleep(PATIENCE * 10) => {}
            }
        });
        tasks.drain(PATIENCE * 100).await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_when_a_part_waits_too_long_and_not_when_there_is_none() {
        assert_eq!(lives(PATIENCE * 2).await, PATIENCE);
        let slow = PATIENCE * 9 / 10;
        assert_eq!(lives(slow).await, slow + PATIENCE * 10, "an answer of which nothing more comes may wait");
    }
}

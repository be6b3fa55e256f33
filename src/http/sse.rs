//! Server-sent events: the "distinct connections mode" of `graphql-sse`. Each operation is a request of its
//! own, by POST or GET, whose answer is a stream of `next` events and one `complete`.
//!
//! A request that GraphQL refuses is answered by events too, for browsers tell a page nothing of an answer
//! with another status; one that HTTP refuses is not. What must stay true: a stream that ends because the
//! server does has no `complete`, so that its client comes back, with the id of the last event it saw; no
//! byte of a payload can end its event.

use std::{convert::Infallible, future::pending, pin::Pin, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, Response, header, request::Parts},
};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use tokio::time::{Instant, Sleep};
use tracing::Instrument;

use super::{
    caching,
    connections::{Connections, Peer, Seat},
    graphql,
    observe::Observation,
    params::Sent,
    quota,
    refusal::Refusal,
    request_id::RequestId,
    respond,
    router::Shared,
    visitor::Visitor,
};
use crate::{
    graphql::{
        Execution, Noted,
        live::{Event, Next, Opened, Subscription},
    },
    telemetry::live::{Live, Open},
};

/// Has proxies pass on what comes at once (nginx).
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const LAST_EVENT_ID: &str = "last-event-id";
/// What a stream begins with: it is there, and a client that lost it is to come back after a second.
const GREETING: &[u8] = b"retry: 1000\n:\n\n";
/// What nobody reads, but every proxy sees.
const HEARTBEAT: &[u8] = b":\n\n";
/// Browsers' `EventSource` passes over an event without a line of data.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// Answers one request by events, or refuses it as it would be refused otherwise.
pub(super) async fn serve(
    shared: &Shared,
    from: (&RequestId, Peer, &Visitor),
    mut observation: Observation,
    head: &Parts,
    body: Body,
) -> Response<Body> {
    let (_, _, visitor) = from;
    let span = observation.span();
    let opening = open(shared, (from, &observation.noted), head, body).instrument(span).await;
    if let Ok((opened, _)) = &opening {
        observation.opened(opened, shared.limits.profile);
    }
    let body = match opening {
        Ok((Opened::Once(execution), _)) => Body::from(once(&execution)),
        Ok((Opened::Stream(subscription), seat)) => {
            let live = shared.metrics.live().clone();
            let events = Events::new(subscription, &shared.connections, (seat, visitor.ended(shared)), live);
            Body::from_stream(events.into_stream())
        }
        Err(refusal) => {
            let status = refusal.status;
            let mut answer = respond::refuse(refusal, shared.limits.profile);
            quota::write(visitor.quota, None, answer.headers_mut());
            graphql::advise(status, graphql::by_url(&head.method), &mut answer);
            observation.answered(status, false, 1);
            return answer;
        }
    };
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    caching::forbid(headers);
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    quota::write(visitor.quota, observation.stats().budget, headers);
    answer
}

/// Takes a seat, reads the request and begins its operation.
async fn open(
    shared: &Shared,
    ((id, peer, visitor), noted): ((&RequestId, Peer, &Visitor), &Noted),
    head: &Parts,
    body: Body,
) -> Result<(Opened, Seat), Refusal> {
    let seat = shared.connections.seat(peer).map_err(Refusal::too_many_connections)?;
    let (requests, mut call) = graphql::read(shared, (id, visitor), head, body).await?;
    call.noted = Some(noted);
    call.resume_after = head.headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    match requests {
        Sent::One(asked) => Ok((shared.engine.open(*asked, call).await, seat)),
        Sent::Batch(_) => {
            Err(Refusal::bad_request("a batch is not answered by events; send each operation by itself"))
        }
    }
}

/// The whole answer of an operation that has one result.
fn once(execution: &Execution) -> Vec<u8> {
    let mut events = next(execution);
    events.extend_from_slice(COMPLETE);
    events
}

/// A `next` with the result of an execution.
fn next(execution: &Execution) -> Vec<u8> {
    let mut payload = Vec::new();
    if let Err(error) = execution.write(&mut payload) {
        tracing::error!(%error, "a response could not be written as JSON");
    }
    event(&payload, None)
}

/// A `next` with a payload, and the id with which a client may come back.
fn event(payload: &[u8], cursor: Option<&str>) -> Vec<u8> {
    let mut event = Vec::with_capacity(payload.len() + 64);
    event.extend_from_slice(b"event: next\n");
    // Browsers pass over an id with a NUL; a line break would end it.
    if let Some(id) = cursor.filter(|id| !id.contains(['\0', '\n', '\r'])) {
        event.extend_from_slice(b"id: ");
        event.extend_from_slice(id.as_bytes());
        event.push(b'\n');
    }
    // A line break within JSON is white space: the client joins the lines again.
    for line in payload.split(|byte| matches!(byte, b'\n' | b'\r')) {
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(line);
        event.push(b'\n');
    }
    event.push(b'\n');
    event
}

/// A subscription as a stream of events. The body takes the next one when the client has room for it: until
/// then it waits in the subscription's own queue.
struct Events {
    subscription: Subscription,
    /// Done when the server has waited long enough for the subscription's last words.
    deadline: BoxFuture<'static, ()>,
    /// Done when what the client has shown stops to hold.
    expired: BoxFuture<'static, ()>,
    heartbeat: Duration,
    timer: Pin<Box<Sleep>>,
    live: Live,
    phase: Phase,
    /// Given back with the stream.
    _held: (Seat, Open),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Open,
    Over,
}

impl Events {
    fn new(
        subscription: Subscription,
        connections: &Connections,
        (seat, ended): (Seat, Option<BoxFuture<'static, ()>>),
        live: Live,
    ) -> Self {
        let (draining, last_words) = (connections.draining.clone(), connections.last_words);
        let deadline = async move {
            draining.cancelled().await;
            tokio::time::sleep(last_words).await;
        };
        let heartbeat = connections.options.heartbeat;
        let open = live.stream();
        Self {
            subscription,
            deadline: deadline.boxed(),
            expired: ended.unwrap_or_else(|| pending().boxed()),
            heartbeat,
            timer: Box::pin(tokio::time::sleep(heartbeat)),
            live,
            phase: Phase::New,
            _held: (seat, open),
        }
    }

    fn into_stream(self) -> impl stream::Stream<Item = Result<Bytes, Infallible>> + Send {
        stream::unfold(self, |mut events| async move {
            let part = events.next().await?;
            Some((Ok(part), events))
        })
    }

    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        match self.phase {
            Phase::New => {
                self.phase = Phase::Open;
                return Some(Bytes::from_static(GREETING));
            }
            Phase::Open => {}
            Phase::Over => return None,
        }
        let said = tokio::select! {
            // Nothing is told any more to one who may not hear it, however much waits for him.
            biased;
            () = &mut self.expired => Some(Next::Failed(Box::new(Refusal::expired().into_execution()))),
            () = &mut self.deadline => Some(Next::Ended),
            said = self.subscription.next() => said,
            () = self.timer.as_mut() => {
                self.timer.as_mut().reset(Instant::now() + self.heartbeat);
                return Some(Bytes::from_static(HEARTBEAT));
            }
        };
        self.timer.as_mut().reset(Instant::now() + self.heartbeat);
        match said {
            Some(Next::Event(message)) => Some(self.message(&message)),
            Some(Next::Failed(execution)) => {
                self.phase = Phase::Over;
                self.live.streamed();
                Some(once(&execution).into())
            }
            Some(Next::Ended) => {
                self.phase = Phase::Over;
                None
            }
            None => {
                self.phase = Phase::Over;
                Some(Bytes::from_static(COMPLETE))
            }
        }
    }

    fn message(&self, message: &Event) -> Bytes {
        self.live.streamed();
        event(message.payload(), message.cursor()).into()
    }
}

#[cfg(test)]
mod tests;

//! Event streams over subscriptions that a test speaks for, in paused time.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt};
use proptest::prelude::{prop_assert_eq, proptest};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::{Events, event, once};
use crate::{
    error::Code,
    graphql::{
        Execution,
        live::{Event, Next, Subscription},
    },
    http::{
        Options,
        connections::{Connections, Peer},
        refusal::Refusal,
    },
    lifecycle::Tasks,
    telemetry::metrics::Metrics,
};

struct World {
    events: Events,
    say: UnboundedSender<Next>,
    draining: CancellationToken,
    metrics: Metrics,
}

fn world() -> World {
    let (metrics, draining) = (Metrics::new().unwrap(), CancellationToken::new());
    let connections = Connections::new(&Options::default(), Tasks::default(), draining.clone());
    let seat = connections.seat(Peer::of("10.0.0.1".parse().unwrap())).ok().unwrap();
    let (say, said) = unbounded_channel();
    let subscription = Subscription::new(futures_util::stream::unfold(said, |mut said| async {
        said.recv().await.map(|next| (next, said))
    }));
    let events = Events::new(subscription, &connections, (seat, None), metrics.live().clone());
    World { events, say, draining, metrics }
}

impl World {
    async fn next(&mut self) -> Option<String> {
        self.events.next().await.map(|part| String::from_utf8(part.to_vec()).unwrap())
    }
}

fn message(payload: &'static str, cursor: Option<&str>) -> Next {
    Next::Event(Arc::new(Event::new(payload, cursor.map(Into::into))))
}

fn failed() -> Box<Execution> {
    Box::new(Refusal::bad_request("too old").into_execution())
}

#[tokio::test(start_paused = true)]
async fn messages_carry_their_cursors_and_silence_is_broken() {
    let mut world = world();
    assert_eq!(world.next().await.as_deref(), Some("retry: 1000\n:\n\n"));
    world.say.send(message("{\"data\":1}", Some("c1"))).ok().unwrap();
    world.say.send(message("{\"data\":2}", None)).ok().unwrap();
    assert_eq!(world.next().await.as_deref(), Some("event: next\nid: c1\ndata: {\"data\":1}\n\n"));
    assert_eq!(world.next().await.as_deref(), Some("event: next\ndata: {\"data\":2}\n\n"));
    for _ in 0..2 {
        let began = tokio::time::Instant::now();
        assert_eq!(world.next().await.as_deref(), Some(":\n\n"));
        assert_eq!(began.elapsed(), Duration::from_secs(15));
    }
    let figures = world.metrics.render();
    assert!(figures.contains("farol_event_stream_connections 1"), "{figures}");
    assert!(figures.contains("farol_event_stream_messages_total 2"), "{figures}");
    drop(world.events);
    let figures = world.metrics.render();
    assert!(figures.contains("farol_event_stream_connections 0"), "{figures}");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_over_is_completed() {
    let mut world = world();
    world.next().await;
    drop(world.say);
    let part = world.events.next().await.unwrap();
    assert_eq!(part, "event: complete\ndata:\n\n");
    assert!(world.events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_a_result_with_errors_and_the_end() {
    let mut world = world();
    world.next().await;
    world.say.send(Next::Failed(failed())).ok().unwrap();
    let told = world.next().await.unwrap();
    assert!(told.starts_with("event: next\ndata: {\"errors\":[{\"message\":\"too old\""), "{told}");
    assert!(told.contains(Code::BadRequest.as_str()), "{told}");
    assert!(told.ends_with("}\n\nevent: complete\ndata:\n\n"), "{told}");
    assert_eq!(world.next().await, None);
    assert_eq!(String::from_utf8(once(&failed())).unwrap(), told);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_shuts_down_completes_nothing() {
    let mut ended = world();
    ended.next().await;
    ended.say.send(message("{}", Some("last"))).ok().unwrap();
    ended.say.send(Next::Ended).ok().unwrap();
    assert_eq!(ended.next().await.as_deref(), Some("event: next\nid: last\ndata: {}\n\n"));
    assert_eq!(ended.next().await, None);

    // One that has not ended by itself is cut in the middle of the drain.
    let mut cut = world();
    cut.next().await;
    cut.draining.cancel();
    let began = tokio::time::Instant::now();
    assert_eq!(cut.next().await, None);
    assert_eq!(began.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_from_a_subscription_before_there_is_room() {
    let World { events, say, .. } = world();
    let mut stream = Box::pin(events.into_stream());
    stream.next().await;
    say.send(message("1", None)).ok().unwrap();
    say.send(message("2", None)).ok().unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "event: next\ndata: 1\n\n");
    // The stream is dropped with the connection, and the subscription with it.
    assert!(!say.is_closed());
    drop(stream);
    assert!(say.closed().now_or_never().is_some());
}

/// What a browser makes of one event: its id and its data (HTML, 9.2.6).
fn received(event: &str) -> (Option<String>, String) {
    let (mut id, mut data) = (None, Vec::new());
    let lines: Vec<_> = event.split(['\n', '\r']).collect();
    let end = lines.iter().position(|line| line.is_empty()).unwrap();
    assert!(lines[end..].iter().all(|line| line.is_empty()), "there is one event in {event:?}");
    for line in &lines[..end] {
        match line.split_once(": ").unwrap() {
            ("id", value) => id = Some(value.to_owned()),
            ("data", value) => data.push(value),
            other => assert_eq!(other, ("event", "next")),
        }
    }
    (id, data.join("\n"))
}

proptest! {
    #[test]
    fn no_payload_and_no_cursor_ends_an_event(
        payload in "([ -~é\n\r]|data: |\n\n|event: x){0,20}",
        cursor in "[ -~\n\r\0]{0,8}",
    ) {
        let text = String::from_utf8(event(payload.as_bytes(), Some(&cursor))).unwrap();
        let (id, data) = received(&text);
        prop_assert_eq!(data, payload.replace('\r', "\n"));
        let usable = !cursor.contains(['\n', '\r', '\0']);
        prop_assert_eq!(id, usable.then_some(cursor));
    }
}

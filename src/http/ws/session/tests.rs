//! Sessions over a channel in memory, in paused time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use serde_json::{Value, json, value::RawValue};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot, watch,
    },
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{ABNORMAL, Backend, Channel, Close, Ended, MOST_GATHERED, MOST_UNWRITTEN, Patience, Session};
use crate::{
    graphql::{
        Asked, Execution,
        live::{Event, Next, Opened, Subscription},
    },
    http::{
        refusal::Refusal,
        ws::{Deflate, Failure, Incoming, Options, Socket},
    },
    telemetry::{live::By, metrics::Metrics},
};

const PATIENCE: Patience = Patience {
    init: Duration::from_secs(10),
    ping: Duration::from_secs(25),
    pong: Duration::from_secs(20),
    last_words: Duration::from_secs(5),
    max_operations: 3,
};

/// What the server sent.
#[derive(Debug, PartialEq)]
enum Sent {
    Message(Value),
    Ping,
    Close(u16),
}

/// A WebSocket in memory.
struct Memory {
    incoming: UnboundedReceiver<Incoming>,
    sent: UnboundedSender<Sent>,
    queued: Arc<AtomicUsize>,
    /// How often something was written.
    writes: Arc<AtomicUsize>,
    /// Whether the client reads.
    reads: watch::Receiver<bool>,
    closed: bool,
}

impl Memory {
    fn write(&self) {
        if *self.reads.borrow() && self.queued.swap(0, Relaxed) > 0 {
            self.writes.fetch_add(1, Relaxed);
        }
    }
}

impl Channel for Memory {
    async fn next(&mut self) -> Incoming {
        self.write();
        if self.closed {
            return Incoming::Closed { code: 1000 };
        }
        self.incoming.recv().await.unwrap_or(Incoming::Closed { code: ABNORMAL })
    }

    async fn flush(&mut self) {
        let _ = self.reads.wait_for(|reads| *reads).await;
        self.write();
    }

    fn send(&mut self, message: &[u8]) {
        self.queued.fetch_add(message.len(), Relaxed);
        let _ = self.sent.send(Sent::Message(serde_json::from_slice(message).unwrap()));
    }

    fn send_event(&mut self, head: &[u8], event: &Event) {
        self.send(&[head, event.payload(), b"}"].concat());
    }

    fn ping(&mut self) {
        let _ = self.sent.send(Sent::Ping);
    }

    fn close(&mut self, code: u16, reason: &str) {
        assert!(reason.len() <= 123);
        let _ = self.sent.send(Sent::Close(code));
        self.closed = true;
    }

    fn queued(&self) -> usize {
        self.queued.load(Relaxed)
    }
}

/// An operation that a session began: its text, and what it is waiting for.
type Begun = (String, oneshot::Sender<Opened>);

/// A server whose answers the test gives.
struct Scripted(UnboundedSender<Begun>);

impl Backend for Scripted {
    async fn admit(&mut self, payload: Option<&RawValue>) -> Result<(), Close> {
        match payload {
            Some(payload) if payload.get().contains("wrong") => {
                Err(Close::forbidden("the token is not known"))
            }
            _ => Ok(()),
        }
    }

    fn ended(&self) -> Option<BoxFuture<'static, ()>> {
        None
    }

    fn open(&self, asked: Asked) -> BoxFuture<'static, Opened> {
        let (answer, answered) = oneshot::channel();
        let _ = self.0.send((asked.request.query, answer));
        Box::pin(async move { answered.await.expect("the test answers") })
    }
}

/// A session, with the client, the server behind and the clock in the test's hands.
struct World {
    client: UnboundedSender<Incoming>,
    sent: UnboundedReceiver<Sent>,
    begun: UnboundedReceiver<Begun>,
    reads: watch::Sender<bool>,
    queued: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
    draining: CancellationToken,
    metrics: Metrics,
    running: JoinHandle<Ended>,
}

impl World {
    fn start() -> Self {
        let ((client, incoming), (told, sent)) = (unbounded_channel(), unbounded_channel());
        let ((backend, begun), (reads, reading)) = (unbounded_channel(), watch::channel(true));
        let (queued, writes) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let channel = Memory {
            incoming,
            sent: told,
            queued: queued.clone(),
            writes: writes.clone(),
            reads: reading,
            closed: false,
        };
        let (draining, metrics) = (CancellationToken::new(), Metrics::new().unwrap());
        let live = metrics.live().clone();
        let mut session = Session::new(channel, Scripted(backend), PATIENCE, draining.clone(), live);
        let running = tokio::spawn(async move { session.run().await });
        Self { client, sent, begun, reads, queued, writes, draining, metrics, running }
    }

    /// A session whose client was let in.
    async fn acknowledged() -> Self {
        let mut world = Self::start();
        world.say(json!({ "type": "connection_init" }));
        assert_eq!(world.message().await, json!({ "type": "connection_ack" }));
        world
    }

    #[expect(clippy::needless_pass_by_value, reason = "a message is written where it is sent")]
    fn say(&self, message: Value) {
        self.come(Incoming::Text(message.to_string().into()));
    }

    fn come(&self, incoming: Incoming) {
        self.client.send(incoming).unwrap();
    }

    /// Sends an operation, and takes what the session waits for.
    async fn begin(&mut self, id: &str) -> oneshot::Sender<Opened> {
        self.say(subscribe(id));
        let (query, answer) = self.begun.recv().await.unwrap();
        assert_eq!(query, format!("{{{id}}}"));
        answer
    }

    /// Opens a subscription, and gives what speaks for it.
    async fn subscription(&mut self, id: &str) -> UnboundedSender<Next> {
        let (say, said) = unbounded_channel();
        let messages = futures_util::stream::unfold(said, |mut said: UnboundedReceiver<Next>| async {
            said.recv().await.map(|next| (next, said))
        });
        let answer = self.begin(id).await;
        answer.send(Opened::Stream(Subscription::new(messages))).ok().unwrap();
        say
    }

    async fn message(&mut self) -> Value {
        match self.sent.recv().await {
            Some(Sent::Message(message)) => message,
            other => panic!("no message but {other:?}"),
        }
    }

    /// What was sent when nothing more happens by itself.
    async fn settled(&mut self) -> Vec<Sent> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        std::iter::from_fn(|| self.sent.try_recv().ok()).collect()
    }

    #[track_caller]
    fn assert_figure(&self, line: &str) {
        let figures = self.metrics.render();
        assert!(figures.lines().any(|figure| figure == line), "{line} is not in\n{figures}");
    }

    /// Waits for the end, whose close frame must be the last thing sent.
    async fn assert_closed(mut self, code: u16) {
        assert_eq!(self.running.await.unwrap(), Ended { code, by: By::Server });
        let mut last = None;
        while let Some(sent) = self.sent.recv().await {
            last = Some(sent);
        }
        assert_eq!(last, Some(Sent::Close(code)));
    }
}

fn subscribe(id: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": format!("{{{id}}}") } })
}

fn event(number: usize) -> Next {
    Next::Event(Arc::new(Event::new(format!("{{\"data\":{number}}}"), None)))
}

fn next(id: &str, number: usize) -> Sent {
    Sent::Message(json!({ "id": id, "type": "next", "payload": { "data": number } }))
}

fn refused() -> Box<Execution> {
    Box::new(Refusal::bad_request("no").into_execution())
}

/// A response as if it had been executed.
fn executed() -> Box<Execution> {
    Box::new(Execution { executed: true, ..*refused() })
}

#[tokio::test(start_paused = true)]
async fn every_breach_closes_with_its_code() {
    let init = || json!({ "type": "connection_init" });
    for (messages, code) in [
        (vec![json!({ "type": "wat" })], 4400),
        (vec![json!([1])], 4400),
        (vec![subscribe("a")], 4401),
        (vec![json!({ "type": "connection_init", "payload": { "authorization": "wrong" } })], 4403),
        (vec![init(), subscribe("a"), subscribe("a")], 4409),
        (vec![init(), init()], 4429),
    ] {
        let world = World::start();
        for message in messages {
            world.say(message);
        }
        world.assert_closed(code).await;
    }
    let world = World::start();
    world.come(Incoming::Binary(vec![1].into()));
    world.assert_closed(4400).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_begin_is_closed_in_time() {
    let (began, world) = (Instant::now(), World::start());
    world.say(json!({ "type": "ping" }));
    world.assert_closed(4408).await;
    assert_eq!(began.elapsed(), PATIENCE.init);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_socket_is_told_and_drops_its_operations() {
    for (incoming, ended) in [
        (Incoming::Closed { code: 1000 }, Ended { code: 1000, by: By::Client }),
        (Incoming::Failed(Failure::TooLarge), Ended { code: 1009, by: By::Server }),
    ] {
        let mut world = World::acknowledged().await;
        let (mut opening, streaming) = (world.begin("a").await, world.subscription("b").await);
        world.settled().await;
        world.assert_figure("farol_websocket_operations 2");
        world.come(incoming);
        opening.closed().await;
        streaming.closed().await;
        world.assert_figure("farol_websocket_operations 0");
        assert_eq!(world.running.await.unwrap(), ended);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_dropped_and_one_that_answers_is_not() {
    let (began, mut world) = (Instant::now(), World::acknowledged().await);
    for _ in 0..3 {
        assert_eq!(world.sent.recv().await, Some(Sent::Ping));
        world.come(Incoming::Pong);
    }
    assert_eq!(world.sent.recv().await, Some(Sent::Ping));
    // Whatever comes is a sign of life.
    world.say(json!({ "type": "pong" }));
    assert_eq!(world.sent.recv().await, Some(Sent::Ping));
    assert_eq!(world.sent.recv().await, None, "there is nobody to send a close frame to");
    assert_eq!(world.running.await.unwrap(), Ended { code: ABNORMAL, by: By::Client });
    assert_eq!(began.elapsed(), 5 * (PATIENCE.ping + PATIENCE.pong));
}

#[tokio::test(start_paused = true)]
async fn operations_go_on_side_by_side() {
    let mut world = World::acknowledged().await;
    let query = world.begin("q").await;
    let wrong = world.begin("w").await;
    let subscription = world.subscription("s").await;
    subscription.send(event(1)).unwrap();
    assert_eq!(world.settled().await, [next("s", 1)]);

    let errors = json!([{ "message": "no", "extensions": { "code": "BAD_REQUEST" } }]);
    query.send(Opened::Once(executed())).ok().unwrap();
    let answer = world.message().await;
    assert_eq!((&answer["id"], &answer["type"]), (&json!("q"), &json!("next")));
    assert_eq!((&answer["payload"]["data"], &answer["payload"]["errors"]), (&Value::Null, &errors));
    assert_eq!(world.message().await, json!({ "id": "q", "type": "complete" }));

    wrong.send(Opened::Once(refused())).ok().unwrap();
    assert_eq!(world.message().await, json!({ "id": "w", "type": "error", "payload": errors }));

    subscription.send(event(2)).unwrap();
    subscription.send(Next::Failed(refused())).ok().unwrap();
    let error = Sent::Message(json!({ "id": "s", "type": "error", "payload": errors }));
    assert_eq!(world.settled().await, [next("s", 2), error]);
    let again = world.subscription("s").await;
    drop(again);
    assert_eq!(world.message().await, json!({ "id": "s", "type": "complete" }));
    world.assert_figure("farol_websocket_operations 0");
    world.assert_figure("farol_websocket_messages_total{direction=\"in\"} 5");
    world.assert_figure("farol_websocket_messages_total{direction=\"out\"} 8");
    world.assert_figure("farol_websocket_lag_seconds_count 2");
}

#[tokio::test(start_paused = true)]
async fn what_a_client_completes_is_dropped_and_never_heard_of_again() {
    let mut world = World::acknowledged().await;
    let (mut opening, streaming) = (world.begin("a").await, world.subscription("b").await);
    streaming.send(event(1)).unwrap();
    assert_eq!(world.settled().await, [next("b", 1)]);
    world.say(json!({ "type": "complete", "id": "a" }));
    world.say(json!({ "type": "complete", "id": "b" }));
    opening.closed().await;
    streaming.closed().await;
    assert_eq!(world.settled().await, []);
    let again = world.subscription("b").await;
    again.send(event(2)).unwrap();
    assert_eq!(world.settled().await, [next("b", 2)]);
    world.assert_figure("farol_websocket_operations 1");
}

#[tokio::test(start_paused = true)]
async fn one_operation_too_many_is_an_error_and_begins_nothing() {
    let mut world = World::acknowledged().await;
    let mut open = Vec::new();
    for id in ["a", "b", "c"] {
        open.push(world.begin(id).await);
    }
    world.say(subscribe("d"));
    let error = world.message().await;
    assert_eq!((&error["id"], &error["type"]), (&json!("d"), &json!("error")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    assert!(world.begun.try_recv().is_err());
    world.say(json!({ "type": "complete", "id": "a" }));
    open.push(world.begin("d").await);
}

#[tokio::test(start_paused = true)]
async fn what_is_ready_together_is_written_together() {
    let mut world = World::acknowledged().await;
    let subscription = world.subscription("s").await;
    world.settled().await;
    let before = world.writes.load(Relaxed);
    let most = MOST_GATHERED;
    for number in 0..2 * most {
        subscription.send(event(number)).unwrap();
    }
    assert_eq!(world.settled().await.len(), 2 * most);
    // How many depends on what the task looks at first, and on where the runtime has it pause.
    let writes = world.writes.load(Relaxed) - before;
    assert!((1..=4).contains(&writes), "{writes} writes");
    // Alone, a message waits for nothing.
    let began = Instant::now();
    subscription.send(event(0)).unwrap();
    world.message().await;
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_sent_a_bounded_number_of_bytes() {
    let mut world = World::acknowledged().await;
    let subscription = world.subscription("s").await;
    world.reads.send(false).unwrap();
    let large = "x".repeat(10_000);
    for _ in 0..100 {
        let payload = format!("{{\"data\":{large:?}}}");
        subscription.send(Next::Event(Arc::new(Event::new(payload, None)))).unwrap();
    }
    // What it asks for is not read either, for the answers would have to wait too.
    let taken = world.settled().await.len();
    for _ in 0..100 {
        world.say(json!({ "type": "ping" }));
    }
    assert_eq!(world.settled().await, []);
    assert!(world.queued.load(Relaxed) < MOST_UNWRITTEN + 2 * large.len());
    assert_eq!(taken, MOST_UNWRITTEN.div_ceil(large.len()));

    // It reads on, late enough to have been pinged and not to have been dropped.
    tokio::time::sleep(PATIENCE.ping + PATIENCE.pong / 2).await;
    world.reads.send(true).unwrap();
    let sent = world.settled().await;
    assert_eq!(sent.len(), 100 - taken + 100 + 1);
    assert_eq!(sent.first(), Some(&Sent::Ping));
    // It took what waited and said nothing: that is a sign of life too.
    tokio::time::sleep(PATIENCE.pong).await;
    assert!(!world.running.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_on_is_dropped() {
    let (began, mut world) = (Instant::now(), World::acknowledged().await);
    let subscription = world.subscription("s").await;
    world.reads.send(false).unwrap();
    let payload = format!("{{\"data\":{:?}}}", "x".repeat(MOST_UNWRITTEN));
    subscription.send(Next::Event(Arc::new(Event::new(payload, None)))).unwrap();
    subscription.closed().await;
    assert_eq!(world.running.await.unwrap().code, ABNORMAL);
    assert_eq!(began.elapsed(), PATIENCE.ping + PATIENCE.pong);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_of_the_server_subscriptions_have_their_last_words() {
    let (idle, mut world) = (World::acknowledged().await, World::acknowledged().await);
    let (one, other) = (world.subscription("a").await, world.subscription("b").await);
    let query = world.begin("q").await;
    idle.draining.cancel();
    idle.assert_closed(1012).await;

    world.draining.cancel();
    assert_eq!(world.settled().await, []);
    one.send(event(1)).unwrap();
    one.send(Next::Ended).ok().unwrap();
    assert_eq!(world.settled().await, [next("a", 1)], "and no complete, so that the client comes back");
    // Nothing is begun, and nothing is said of it.
    world.say(subscribe("c"));
    query.send(Opened::Once(refused())).ok().unwrap();
    assert_eq!(world.settled().await.len(), 1);
    assert!(world.begun.try_recv().is_err());
    other.send(event(2)).unwrap();
    other.send(Next::Ended).ok().unwrap();
    world.assert_closed(1012).await;
}

#[tokio::test(start_paused = true)]
async fn subscriptions_that_do_not_end_are_cut() {
    let mut world = World::acknowledged().await;
    let subscription = world.subscription("a").await;
    world.draining.cancel();
    let began = Instant::now();
    subscription.closed().await;
    assert_eq!(began.elapsed(), PATIENCE.last_words);
    world.assert_closed(1012).await;
}

/// Thousands of sockets are open at a time; the rest of what one takes is buffers of the system's and of
/// its operations.
#[tokio::test]
async fn a_session_is_small() {
    let (ours, _theirs) = tokio::io::duplex(64);
    let socket = Socket::new(ours, Some(Deflate::default()), Options { max_message_bytes: 1024 });
    let live = Metrics::new().unwrap().live().clone();
    let backend = Scripted(unbounded_channel().0);
    let mut session = Session::new(socket, backend, PATIENCE, CancellationToken::new(), live);
    let bytes = (size_of_val(&session), size_of_val(&session.run()));
    assert!(bytes.0 + bytes.1 < 1_664, "{bytes:?}");
}

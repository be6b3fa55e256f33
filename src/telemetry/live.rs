//! The metrics of connections that stay open: WebSockets and event streams.
//!
//! Handles are made once, for a message must cost next to nothing. What is open is counted by guards, so
//! that nothing is left counted, however it ends.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::PrometheusRecorder;

const CONNECTIONS: &str = "farol_live_connections";
const OPERATIONS: &str = "farol_live_operations";
const MESSAGES: &str = "farol_live_messages_total";
const CLOSES: &str = "farol_websocket_closes_total";
const CHANNELS: &str = "farol_live_channels";
const SUBSCRIBERS: &str = "farol_live_subscribers";
const ENCODINGS: &str = "farol_live_encodings_total";
const DELIVERIES: &str = "farol_live_deliveries_total";
const MISSED: &str = "farol_live_missed_changes_total";
const DISCONNECTED: &str = "farol_live_disconnected_total";

/// The close codes that are counted one by one: clients may send any.
const CODES: [u16; 20] = [
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 4400, 4401, 4403, 4406,
    4408, 4409, 4429,
];

/// How clients are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A WebSocket.
    WebSocket,
    /// Server-sent events.
    EventStream,
}

/// The figures of one server's open connections.
#[derive(Clone)]
pub struct Live {
    sockets: OfTransport,
    streams: OfTransport,
}

#[derive(Clone)]
struct OfTransport {
    connections: Gauge,
    operations: Gauge,
    received: Counter,
    sent: Counter,
}

/// What subscriptions did since the process began, and what is there now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subscriptions {
    /// Questions that are followed now: those who ask the same share one.
    pub channels: u64,
    /// Subscribers now.
    pub subscribers: u64,
    /// Messages made.
    pub encodings: u64,
    /// Messages taken by subscribers.
    pub deliveries: u64,
    /// Changes that subscribers were told to have missed.
    pub missed: u64,
    /// Subscriptions ended because their messages were not taken in time.
    pub disconnected: u64,
}

/// Something that is counted as open until it is dropped.
pub struct Open(Gauge);

/// Who ended a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// This server.
    Server,
    /// The client, or the network between.
    Client,
}

impl By {
    /// The word for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

impl Live {
    /// Describes and registers all of them.
    pub(super) fn register(recorder: &PrometheusRecorder) -> Self {
        with_local_recorder(recorder, || {
            describe_gauge!(CONNECTIONS, "Connections that stay open, by transport: ws or sse.");
            describe_gauge!(OPERATIONS, "Operations being answered over such connections, by transport.");
            describe_counter!(MESSAGES, "Messages over such connections, by transport and direction.");
            describe_gauge!(CHANNELS, "Subscriptions that differ: those who ask the same share one.");
            describe_gauge!(SUBSCRIBERS, "Subscriptions.");
            describe_counter!(ENCODINGS, "Messages of subscriptions that were executed and written.");
            describe_counter!(DELIVERIES, "Messages of subscriptions that subscribers took.");
            describe_counter!(MISSED, "Changes that slow subscribers were told to have missed.");
            describe_counter!(
                DISCONNECTED,
                "Subscriptions ended because their messages were not taken in time."
            );
            describe_counter!(CLOSES, "WebSockets that ended, by close code and who ended them.");
            Self { sockets: OfTransport::register("ws"), streams: OfTransport::register("sse") }
        })
    }

    /// A connection is open, until the guard is dropped.
    pub fn connection(&self, transport: Transport) -> Open {
        Open::count(&self.of(transport).connections)
    }

    /// An operation is open, until the guard is dropped.
    pub fn operation(&self, transport: Transport) -> Open {
        Open::count(&self.of(transport).operations)
    }

    /// A message came.
    pub fn received(&self, transport: Transport) {
        self.of(transport).received.increment(1);
    }

    /// A message is sent.
    pub fn sent(&self, transport: Transport) {
        self.of(transport).sent.increment(1);
    }

    const fn of(&self, transport: Transport) -> &OfTransport {
        match transport {
            Transport::WebSocket => &self.sockets,
            Transport::EventStream => &self.streams,
        }
    }
}

/// What subscriptions did, by their own count.
pub(super) fn subscriptions(recorder: &PrometheusRecorder, figures: Subscriptions) {
    with_local_recorder(recorder, || {
        #[expect(clippy::cast_precision_loss, reason = "counts of what is open are far below 2^52")]
        let set = |name: &'static str, value: u64| gauge!(name).set(value as f64);
        set(CHANNELS, figures.channels);
        set(SUBSCRIBERS, figures.subscribers);
        counter!(ENCODINGS).absolute(figures.encodings);
        counter!(DELIVERIES).absolute(figures.deliveries);
        counter!(MISSED).absolute(figures.missed);
        counter!(DISCONNECTED).absolute(figures.disconnected);
    });
}

/// A socket ended with a close code; without a close frame it is 1006.
pub(super) fn closed(recorder: &PrometheusRecorder, code: u16, by: By) {
    let code = if CODES.contains(&code) { code.to_string() } else { "other".to_owned() };
    with_local_recorder(recorder, || counter!(CLOSES, "code" => code, "by" => by.as_str()).increment(1));
}

impl OfTransport {
    fn register(transport: &'static str) -> Self {
        Self {
            connections: gauge!(CONNECTIONS, "transport" => transport),
            operations: gauge!(OPERATIONS, "transport" => transport),
            received: counter!(MESSAGES, "transport" => transport, "direction" => "in"),
            sent: counter!(MESSAGES, "transport" => transport, "direction" => "out"),
        }
    }
}

impl Open {
    fn count(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

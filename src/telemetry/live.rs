//! The metrics of connections, and of those that stay open: WebSockets and event streams.
//!
//! Handles are made once, for a message must cost next to nothing. What is open is counted by guards, so
//! that nothing is left counted, however it ends.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::PrometheusRecorder;

use super::names::{
    CONNECTIONS, CONNECTIONS_REFUSED, SOCKET_BYTES, SOCKET_CLOSES, SOCKET_LAG, SOCKET_MESSAGES,
    SOCKET_OPERATIONS, SOCKETS, STREAM_MESSAGES, STREAMS,
};

/// The close codes that are counted one by one: clients may send any.
const CODES: [u16; 20] = [
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 4400, 4401, 4403, 4406,
    4408, 4409, 4429,
];

/// The figures of one server's open connections.
#[derive(Clone)]
pub struct Live {
    connections: Gauge,
    full: Counter,
    full_for_address: Counter,
    sockets: Gauge,
    operations: Gauge,
    received: Counter,
    sent: Counter,
    plain_bytes: Counter,
    wire_bytes: Counter,
    lag: Histogram,
    streams: Gauge,
    stream_messages: Counter,
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
    pub(super) fn register(recorder: &PrometheusRecorder) -> Self {
        with_local_recorder(recorder, || Self {
            connections: gauge!(CONNECTIONS),
            full: counter!(CONNECTIONS_REFUSED, "by" => "server"),
            full_for_address: counter!(CONNECTIONS_REFUSED, "by" => "address"),
            sockets: gauge!(SOCKETS),
            operations: gauge!(SOCKET_OPERATIONS),
            received: counter!(SOCKET_MESSAGES, "direction" => "in"),
            sent: counter!(SOCKET_MESSAGES, "direction" => "out"),
            plain_bytes: counter!(SOCKET_BYTES, "form" => "plain"),
            wire_bytes: counter!(SOCKET_BYTES, "form" => "wire"),
            lag: histogram!(SOCKET_LAG),
            streams: gauge!(STREAMS),
            stream_messages: counter!(STREAM_MESSAGES),
        })
    }

    /// A connection is open, until the guard is dropped.
    pub fn connection(&self) -> Open {
        Open::count(&self.connections)
    }

    /// A connection is refused, because all that there may be are open.
    pub fn refused(&self) {
        self.full.increment(1);
    }

    /// A connection is refused, because all that its address may have are open.
    pub fn refused_to_address(&self) {
        self.full_for_address.increment(1);
    }

    /// A WebSocket is open, until the guard is dropped.
    pub fn socket(&self) -> Open {
        Open::count(&self.sockets)
    }

    /// An operation over a WebSocket is open, until the guard is dropped.
    pub fn operation(&self) -> Open {
        Open::count(&self.operations)
    }

    /// An event stream is open, until the guard is dropped.
    pub fn stream(&self) -> Open {
        Open::count(&self.streams)
    }

    /// A message came over a WebSocket.
    pub fn received(&self) {
        self.received.increment(1);
    }

    /// A message is sent over a WebSocket: its bytes before deflate, and those of its frame.
    pub fn sent(&self, plain: usize, wire: usize) {
        self.sent.increment(1);
        self.plain_bytes.increment(plain as u64);
        self.wire_bytes.increment(wire as u64);
    }

    /// A subscription's message of this age is given to a WebSocket.
    pub fn lagged(&self, age: Duration) {
        self.lag.record(age);
    }

    /// A message is sent over an event stream.
    pub fn streamed(&self) {
        self.stream_messages.increment(1);
    }
}

/// A socket ended with a close code; without a close frame it is 1006.
pub(super) fn closed(recorder: &PrometheusRecorder, code: u16, by: By) {
    let code = if CODES.contains(&code) { code.to_string() } else { "other".to_owned() };
    with_local_recorder(recorder, || {
        counter!(SOCKET_CLOSES, "code" => code, "by" => by.as_str()).increment(1);
    });
}

impl Open {
    pub(super) fn count(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

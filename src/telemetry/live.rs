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

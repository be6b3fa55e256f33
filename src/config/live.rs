//! `[live]`: the change log, WebSockets and event streams.

use std::{ops::RangeInclusive, time::Duration};

use super::value::Value;

settings! {
    /// Changes as they happen, and connections that stay open: WebSockets and event streams (server-sent events).
    Live = "live" {
        /// Milliseconds a WebSocket has for its `connection_init`.
        init_timeout_ms: u64 = 10000, in 1..=u64::MAX;
        /// Seconds between the pings that the server sends over a WebSocket.
        ping_interval_s: u64 = 25, in 1..=86_400;
        /// Seconds a client has to answer a ping. One that has taken nothing until then is dropped.
        pong_timeout_s: u64 = 20, in 1..=86_400;
        /// Seconds of silence after which an event stream gets a comment, so that nobody in between takes
        /// it for dead.
        heartbeat_s: u64 = 15, in 1..=86_400;
        /// Operations open on a WebSocket at a time.
        max_operations: usize = 100, in 1..=1_000;
        /// WebSockets and event streams open in all.
        max_connections: usize = 10000, in 1..=u64::MAX;
        /// WebSockets and event streams open from one address; for IPv6, from one /64 network.
        max_connections_per_address: usize = 100, in 1..=u64::MAX;
        /// Hours that the change log is kept. Whoever was away for longer cannot go on where he was.
        retention_hours: u64 = 168, in 1..=87_600;
        /// Messages that wait for one subscriber at most. What becomes of more, the subscriber chooses (`policy`).
        max_queued_messages: usize = 64, in 1..=100_000;
        /// Bytes of a message over a WebSocket at most, once it is decompressed.
        max_message_bytes: usize = 1048576, in 1..=u64::MAX;
        /// Origins of pages that may open WebSockets besides the server's own, with commas in between:
        /// `https://app.example,http://127.0.0.1:3000`. A `*` lets in every page.
        allowed_origins: AllowedOrigins = "";
    }
}

/// Origins as browsers send them, or `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedOrigins(pub Vec<String>);

impl Live {
    /// How long the change log is kept.
    pub fn retention(&self) -> Duration {
        Duration::from_hours(self.retention_hours)
    }

    /// How long a socket has for its `connection_init`.
    pub fn init_timeout(&self) -> Duration {
        Duration::from_millis(self.init_timeout_ms)
    }

    /// How often sockets are pinged.
    pub fn ping_interval(&self) -> Duration {
        Duration::from_secs(self.ping_interval_s)
    }

    /// How long a client has to answer a ping.
    pub fn pong_timeout(&self) -> Duration {
        Duration::from_secs(self.pong_timeout_s)
    }

    /// How long an event stream may be silent.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_s)
    }
}

impl Value for AllowedOrigins {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "origins such as https://app.example with commas in between, or *".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        let is_origin = |origin: &str| {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            origin == "*" || authority.is_some_and(|host| !host.is_empty() && !host.contains('/'))
        };
        origins.map(|origin| is_origin(origin).then(|| origin.to_owned())).collect::<Option<_>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::{AllowedOrigins, Value};

    #[test]
    fn origins_have_a_scheme_and_no_path() {
        let parse = |text| AllowedOrigins::parse(text, &(0..=1)).map(|AllowedOrigins(origins)| origins);
        assert_eq!(parse(""), Some(Vec::new()));
        let two = vec!["https://app.example".to_owned(), "http://127.0.0.1:3000".to_owned()];
        assert_eq!(parse("https://app.example, http://127.0.0.1:3000,"), Some(two));
        assert_eq!(parse("*"), Some(vec!["*".to_owned()]));
        for wrong in ["app.example", "https://app.example/", "https://", "https://a,b"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}

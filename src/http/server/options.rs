//! What a server listens on and how much patience it has.

use std::{net::SocketAddr, time::Duration};

use crate::{
    config::{HttpProfile, Network},
    http::connections::LiveOptions,
};

/// What the server listens on and how much patience it has.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Proxies that are believed when they name the client.
    pub trusted_proxies: Vec<Network>,
    /// Which statuses answers have.
    pub profile: HttpProfile,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// The same for callers who may publish, where it is more.
    pub max_publish_bytes: usize,
    /// The longest wait for a request's head, from the connection or the last answer on.
    pub header_timeout: Duration,
    /// The longest wait for a request's body, once the head is there.
    pub body_timeout: Duration,
    /// How long requests in flight may take to finish once a shutdown began.
    pub drain_deadline: Duration,
    /// Whether answers are compressed for clients that take it.
    pub compression: bool,
    /// What WebSockets and event streams may do.
    pub live: LiveOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            trusted_proxies: Vec::new(),
            profile: HttpProfile::Of2025,
            max_body_bytes: 1024 * 1024,
            max_publish_bytes: 5 * 1024 * 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            drain_deadline: Duration::from_secs(10),
            compression: true,
            live: LiveOptions::default(),
        }
    }
}

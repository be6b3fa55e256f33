//! What a server listens on and how much patience it has.

use std::{net::SocketAddr, time::Duration};

use super::tls::TlsFiles;
use crate::{
    config::{HttpProfile, Network, ProxyHeader},
    http::connections::LiveOptions,
};

/// What the server listens on and how much patience it has.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where metrics and detailed health are served, and nothing else, without TLS; `None` for `listen`.
    pub operations_listen: Option<SocketAddr>,
    /// The certificate, where TLS is spoken.
    pub tls: Option<TlsFiles>,
    /// Connections open at a time.
    pub max_connections: usize,
    /// Of them, those of one address that is no trusted proxy; an IPv6 address stands for its /64 network.
    pub max_connections_per_address: usize,
    /// Proxies that are believed when they name the client.
    pub trusted_proxies: Vec<Network>,
    /// The header by which they do.
    pub proxy_header: ProxyHeader,
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
    /// The longest wait for a client to take anything of what is written to it.
    pub write_timeout: Duration,
    /// How long connections are still accepted once a shutdown began and readiness is off.
    pub drain_delay: Duration,
    /// How long requests in flight may take to finish once a shutdown began.
    pub drain_deadline: Duration,
    /// Whether answers are compressed for clients that take it.
    pub compression: bool,
    /// Origins whose pages may query, besides the server's own; `*` stands for all.
    pub cors_origins: Vec<String>,
    /// What WebSockets and event streams may do.
    pub live: LiveOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            operations_listen: None,
            tls: None,
            max_connections: 20_000,
            max_connections_per_address: 4_000,
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::Any,
            profile: HttpProfile::Of2025,
            max_body_bytes: 1024 * 1024,
            max_publish_bytes: 5 * 1024 * 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            drain_delay: Duration::ZERO,
            drain_deadline: Duration::from_secs(10),
            compression: true,
            cors_origins: Vec::new(),
            live: LiveOptions::default(),
        }
    }
}

//! `[http]`: the listener and what a connection may cost.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use super::{AllowedOrigins, Problem, TrustedProxies, value::Value};

settings! {
    /// Where the server listens, and what one request may cost it.
    Http = "http" {
        /// The address and port to listen on; port 0 takes a free one.
        listen: SocketAddr = "127.0.0.1:8000", also "listen";
        /// The address and port of metrics and detailed health, which are then not at http.listen any more; without
        /// TLS. Empty for http.listen.
        operations_listen: Option<SocketAddr> = "";
        /// A file with the server's certificate and those that vouch for it (PEM), for TLS. It is read again when it
        /// changes. Empty for none.
        tls_certificate: Option<PathBuf> = "";
        /// A file with the private key of the certificate (PEM).
        tls_key: Option<PathBuf> = "";
        /// Connections open at a time, at most.
        max_connections: usize = 20000, in 1..=u64::MAX;
        /// Connections open from one address, for IPv6 from one /64 network, at most. Those of trusted proxies are
        /// not counted.
        max_connections_per_address: usize = 4000, in 1..=u64::MAX;
        /// Proxies in front of the server, as addresses and networks with commas in between: `10.0.0.0/8,::1`. Whom
        /// they name in Forwarded or X-Forwarded-For is taken for the client; nobody else is believed.
        trusted_proxies: TrustedProxies = "";
        /// The header that they write: forwarded or x-forwarded-for. The other is passed over then, so that no client
        /// can write it. With any both are read, and where they disagree a request counts for the proxy.
        proxy_header: ProxyHeader = "any";
        /// Which statuses answers have: 2025, as clients of today expect them, or 2026-draft, as GraphQL over HTTP
        /// was rewritten in 2026 (422 for what does not validate, 294 for data with errors).
        profile: HttpProfile = "2025";
        /// Bytes of a request's body at most, once it is decompressed.
        max_body_bytes: usize = 1048576, in 1..=u64::MAX;
        /// Milliseconds a client has to send its request's headers.
        header_timeout_ms: u64 = 10000, in 1..=u64::MAX;
        /// Milliseconds a client has to send its request's body.
        body_timeout_ms: u64 = 30000, in 1..=u64::MAX;
        /// Milliseconds that a client may take nothing of what is sent to it before it is cut.
        write_timeout_ms: u64 = 30000, in 1..=u64::MAX;
        /// Milliseconds that the server still takes connections when it is asked to stop and says already that it is
        /// not ready, for load balancers that ask /health/ready.
        drain_delay_ms: u64 = 0;
        /// Milliseconds that requests under way have to finish when the server is asked to stop.
        drain_ms: u64 = 10000;
        /// Whether answers are compressed for clients that take it.
        compression: bool = true;
        /// Origins of pages that may query and read the answers (CORS), besides the server's own, with commas in
        /// between: `https://app.example`. A `*` lets in every page. WebSockets have `live.allowed_origins`.
        cors_origins: AllowedOrigins = "";
    }
}

/// The rules by which answers get their statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpProfile {
    /// GraphQL over HTTP as of 2025.
    Of2025,
    /// The draft of 2026.
    Draft2026,
}

/// Which header of trusted proxies tells the client's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// Whichever is there; both must say the same.
    #[default]
    Any,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Forwarded-For`.
    XForwardedFor,
}

impl Http {
    /// The files of the certificate and of its key, where TLS is spoken.
    pub fn tls(&self) -> Option<(PathBuf, PathBuf)> {
        self.tls_certificate.clone().zip(self.tls_key.clone())
    }

    pub(super) fn contradictions(&self, problems: &mut Vec<Problem>) {
        let mut contradict = |text: &str| problems.push(Problem::Contradiction(text.to_owned()));
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            contradict("http.tls_certificate and http.tls_key go together: set both, or none");
        }
        if self.operations_listen.is_some_and(|listen| listen == self.listen && listen.port() != 0) {
            contradict(
                "http.operations_listen is the address of http.listen; leave it empty to have one for both",
            );
        }
    }

    /// How long a client has to send its headers.
    pub fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    /// How long a client has to send its body.
    pub fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }

    /// How long a client may take nothing.
    pub fn write_timeout(&self) -> Duration {
        Duration::from_millis(self.write_timeout_ms)
    }

    /// How long connections are taken by a server that is not ready any more.
    pub fn drain_delay(&self) -> Duration {
        Duration::from_millis(self.drain_delay_ms)
    }

    /// How long requests under way have to finish.
    pub fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }
}

impl Value for HttpProfile {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "2025 or 2026-draft".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        match text {
            "2025" => Some(Self::Of2025),
            "2026-draft" => Some(Self::Draft2026),
            _ => None,
        }
    }
}

impl Value for ProxyHeader {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "any, forwarded or x-forwarded-for".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        match text {
            "any" => Some(Self::Any),
            "forwarded" => Some(Self::Forwarded),
            "x-forwarded-for" => Some(Self::XForwardedFor),
            _ => None,
        }
    }
}

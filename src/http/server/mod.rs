//! The socket: accepts connections, keeps their timeouts, and drains them at the end.
//!
//! Built and run in two steps, so that a caller knows the address before anything is served.
//! `axum::serve` is not used: it sets no timer, so that a client which sends its request's head
//! byte by byte would hold a connection for ever.

mod connection;
mod options;
mod write_timeout;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::connection::Reception;
pub use self::options::Options;
use super::{
    connections::{Connections, Full},
    router::{self, Limits, Manner, Services},
};
use crate::{
    graphql::Engine,
    lifecycle::{Drained, Tasks},
    telemetry::metrics::{Metrics, UPKEEP_INTERVAL},
};

/// After a failed accept (no file descriptors left): long enough not to spin, short enough not to matter.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the server could not listen.
#[derive(Debug, Error)]
#[error("cannot listen on {listen}: {source}; is another server running there? (setting http.listen)")]
pub struct BindError {
    listen: SocketAddr,
    source: io::Error,
}

/// A server that holds its address and is ready to run.
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    reception: Arc<Reception>,
    engine: Engine,
    metrics: Arc<Metrics>,
    connections: Tasks,
    draining: CancellationToken,
    drain_deadline: Duration,
}

impl Server {
    /// Takes the address. Clients can connect from here on and are answered once it runs.
    pub async fn bind(options: Options, services: Services) -> Result<Self, BindError> {
        let failed = |source| BindError { listen: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let local_addr = listener.local_addr().map_err(failed)?;
        let draining = CancellationToken::new();
        let (engine, metrics) = (services.engine.clone(), Arc::clone(&services.metrics));
        let limits = Limits {
            max_body_bytes: options.max_body_bytes,
            max_publish_bytes: options.max_publish_bytes,
            body_timeout: options.body_timeout,
            profile: options.profile,
        };
        let manner = Manner { compression: options.compression, cors_origins: options.cors_origins.clone() };
        let connections = Tasks::default();
        let open = Connections::new(&options, connections.clone(), draining.clone());
        let router = router::build(services, limits, &manner, open);
        let reception = Reception::new(&options, router, connections.clone(), draining.clone());
        Ok(Self {
            listener,
            local_addr,
            reception: Arc::new(reception),
            engine,
            metrics,
            connections,
            draining,
            drain_deadline: options.drain_deadline,
        })
    }

    /// The address taken: the port is the real one when the options said 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until the token is cancelled, then drains: readiness goes off, no connection is
    /// accepted, requests in flight are finished and sockets closed, at most until the deadline, and what
    /// the engine does in the background ends.
    pub async fn run(self, shutdown: CancellationToken) -> Drained {
        let _ = shutdown.run_until_cancelled(self.accept()).await;
        self.draining.cancel();
        self.engine.close_subscriptions();
        drop(self.listener);
        let drained = self.connections.drain(self.drain_deadline).await;
        self.engine.end().await;
        drained
    }

    /// Accepts for ever; one failed accept costs one connection, never the server.
    async fn accept(&self) {
        let mut upkeep = tokio::time::interval(UPKEEP_INTERVAL);
        // Told together: a line for each would be a flood of its own.
        let mut refused = Refused::default();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = upkeep.tick() => {
                    self.metrics.upkeep();
                    std::mem::take(&mut refused).tell();
                    continue;
                }
            };
            match accepted {
                Ok((stream, peer)) => {
                    if let Err(full) = self.reception.receive(stream, peer) {
                        refused.count(full);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// Connections that were closed as soon as they came.
#[derive(Default)]
struct Refused {
    /// All that there may be were open.
    full: usize,
    /// All that their address may have were open.
    of_address: usize,
}

impl Refused {
    fn count(&mut self, full: Full) {
        match full {
            Full::Server(_) => self.full += 1,
            Full::Address(_) => self.of_address += 1,
        }
    }

    fn tell(&self) {
        let Self { full, of_address } = *self;
        if full + of_address > 0 {
            tracing::warn!(
                full,
                of_address,
                "connections were refused (http.max_connections, http.max_connections_per_address)"
            );
        }
    }
}

//! The sockets: accepts connections, keeps their timeouts, and drains them at the end.
//!
//! Built and run in two steps, so that a caller knows the addresses before anything is served.
//! `axum::serve` is not used: it sets no timer, so that a client which sends its request's head
//! byte by byte would hold a connection for ever.

mod activity;
mod connection;
mod listener;
mod options;
mod stream;
mod tls;
mod write_timeout;

use std::{net::SocketAddr, sync::Arc};

use futures_util::future::OptionFuture;
use tokio_util::sync::CancellationToken;

use self::{connection::Reception, listener::Listener, tls::Tls};
pub use self::{
    listener::BindError,
    options::Options,
    tls::{TlsError, TlsFiles},
};
use super::{
    connections::Connections,
    router::{self, Limits, Manner, Routers, Services},
};
use crate::{
    graphql::Engine,
    lifecycle::{Drained, Tasks},
    telemetry::metrics::{Metrics, UPKEEP_INTERVAL},
};

/// A server that holds its addresses and is ready to run.
pub struct Server {
    public: Listener,
    /// Where metrics and health have an address of their own.
    operations: Option<Listener>,
    tls: Option<Arc<Tls>>,
    engine: Engine,
    metrics: Arc<Metrics>,
    connections: Tasks,
    draining: CancellationToken,
    options: Options,
}

impl Server {
    /// Takes the addresses. Clients can connect from here on and are answered once it runs.
    pub async fn bind(options: Options, services: Services) -> Result<Self, BindError> {
        let tls = match options.tls.clone() {
            Some(files) => Some(Arc::new(Tls::load(files).await?)),
            None => None,
        };
        let (draining, connections) = (CancellationToken::new(), Tasks::default());
        let (engine, metrics) = (services.engine.clone(), Arc::clone(&services.metrics));
        let limits = Limits {
            max_body_bytes: options.max_body_bytes,
            max_publish_bytes: options.max_publish_bytes,
            body_timeout: options.body_timeout,
            profile: options.profile,
        };
        let manner = Manner {
            compression: options.compression,
            cors_origins: options.cors_origins.clone(),
            tls: tls.is_some(),
            operations_apart: options.operations_listen.is_some(),
        };
        let open = Connections::new(&options, connections.clone(), draining.clone());
        let Routers { public, operations } = router::build(services, limits, &manner, open);
        let reception =
            |router, tls| Reception::new(&options, router, tls, connections.clone(), draining.clone());
        let public = Listener::bind(options.listen, "http.listen", reception(public, tls.clone())).await?;
        let operations = match options.operations_listen.zip(operations) {
            Some((listen, router)) => {
                Some(Listener::bind(listen, "http.operations_listen", reception(router, None)).await?)
            }
            None => None,
        };
        Ok(Self { public, operations, tls, engine, metrics, connections, draining, options })
    }

    /// The address taken: the port is the real one when the options said 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.public.local_addr()
    }

    /// The address taken for metrics and health, where they have one of their own.
    pub fn operations_addr(&self) -> Option<SocketAddr> {
        self.operations.as_ref().map(Listener::local_addr)
    }

    /// Serves until the token is cancelled, then drains: readiness goes off, no connection is
    /// accepted, requests in flight are finished and sockets closed, at most until the deadline, and what
    /// the engine does in the background ends.
    pub async fn run(self, shutdown: CancellationToken) -> Drained {
        let _ = shutdown.run_until_cancelled(self.serve()).await;
        self.draining.cancel();
        self.engine.close_subscriptions();
        drop((self.public, self.operations));
        let drained = self.connections.drain(self.options.drain_deadline).await;
        self.engine.end().await;
        drained
    }

    /// Accepts for ever, and does what is to be done from time to time.
    async fn serve(&self) {
        tokio::join!(
            self.public.accept(),
            OptionFuture::from(self.operations.as_ref().map(Listener::accept)),
            OptionFuture::from(self.tls.as_ref().map(|tls| tls.follow())),
            self.upkeep(),
        );
    }

    async fn upkeep(&self) {
        let mut upkeep = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            upkeep.tick().await;
            self.metrics.upkeep();
        }
    }
}

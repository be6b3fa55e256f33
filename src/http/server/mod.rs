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

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::OptionFuture;
use tokio_util::sync::CancellationToken;

use self::{
    connection::{Crowd, Reception},
    listener::Listener,
    tls::Tls,
};
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
    lifecycle::Drained,
    telemetry::metrics::{Metrics, UPKEEP_INTERVAL},
};

/// What is answered on the operations address when all else has ended has so long for it.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// A server that holds its addresses and is ready to run.
pub struct Server {
    public: Listener,
    /// Where metrics and health have an address of their own.
    operations: Option<Listener>,
    tls: Option<Arc<Tls>>,
    engine: Engine,
    metrics: Arc<Metrics>,
    /// Cancelled when the server is not ready any more.
    leaving: CancellationToken,
    guests: Crowd,
    /// Those on the operations address, which see the others off.
    operators: Crowd,
    options: Options,
}

impl Server {
    /// Takes the addresses. Clients can connect from here on and are answered once it runs.
    pub async fn bind(options: Options, services: Services) -> Result<Self, BindError> {
        let tls = match options.tls.clone() {
            Some(files) => Some(Arc::new(Tls::load(files).await?)),
            None => None,
        };
        let (leaving, guests, operators) = (CancellationToken::new(), Crowd::default(), Crowd::default());
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
        let open = Connections::new(&options, guests.tasks.clone(), guests.draining.clone());
        let Routers { public, operations } = router::build(services, limits, &manner, open, leaving.clone());
        let reception = Reception::new(&options, public, tls.clone(), metrics.live().clone(), guests.clone());
        let public = Listener::bind(options.listen, "http.listen", reception).await?;
        let operations = match options.operations_listen.zip(operations) {
            Some((listen, router)) => {
                let reception =
                    Reception::new(&options, router, None, metrics.live().clone(), operators.clone());
                Some(Listener::bind(listen, "http.operations_listen", reception).await?)
            }
            None => None,
        };
        Ok(Self { public, operations, tls, engine, metrics, leaving, guests, operators, options })
    }

    /// The address taken: the port is the real one when the options said 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.public.local_addr()
    }

    /// The address taken for metrics and health, where they have one of their own.
    pub fn operations_addr(&self) -> Option<SocketAddr> {
        self.operations.as_ref().map(Listener::local_addr)
    }

    /// Serves until the token is cancelled, then drains: readiness goes off; after the delay no connection is
    /// accepted, requests in flight are finished and sockets closed, at most until the deadline, and what
    /// the engine does in the background ends. Metrics and health, where they have an address of their own, are
    /// served until then.
    pub async fn run(self, shutdown: CancellationToken) -> Drained {
        let Self { public, operations, tls, engine, metrics, leaving, guests, operators, options } = self;
        let serving = async {
            let asked_to_leave = async {
                shutdown.cancelled().await;
                leaving.cancel();
                tokio::time::sleep(options.drain_delay).await;
            };
            let following = OptionFuture::from(tls.as_ref().map(|tls| tls.follow()));
            tokio::select! {
                () = asked_to_leave => {}
                _ = async { tokio::join!(public.accept(), following) } => {}
            }
            guests.draining.cancel();
            engine.close_subscriptions();
            drop(public);
            let drained = guests.tasks.drain(options.drain_deadline).await;
            operators.draining.cancel();
            drained
        };
        let accepting = OptionFuture::from(operations.as_ref().map(Listener::accept));
        let operating = async { tokio::join!(accepting, upkeep(&metrics)) };
        let (drained, _) = tokio::join!(serving, operators.draining.run_until_cancelled(operating));
        drop(operations);
        operators.tasks.drain(LAST_LOOK).await;
        engine.end().await;
        drained
    }
}

async fn upkeep(metrics: &Metrics) {
    let mut upkeep = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        upkeep.tick().await;
        metrics.upkeep();
    }
}

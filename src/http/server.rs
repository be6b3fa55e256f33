//! The socket: accepts connections, keeps their timeouts, and drains them at the end.
//!
//! Built and run in two steps, so that a caller knows the address before anything is served.
//! `axum::serve` is not used: it sets no timer, so that a client which sends its request's head
//! byte by byte would hold a connection for ever.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    auth::Auth,
    connections::{Connections, LiveOptions, Peer},
    router::{self, Limits, Services},
};
use crate::{
    graphql::Engine,
    lifecycle::{Drained, Tasks},
    limit::{Door, RateLimiter},
    telemetry::metrics::{Metrics, UPKEEP_INTERVAL},
};

/// After a failed accept (no file descriptors left): long enough not to spin, short enough not to matter.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often an HTTP/2 connection is asked whether it still lives.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);

/// What the server listens on and how much patience it has.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// The same for callers who may publish, where it is more.
    pub max_publish_bytes: usize,
    /// Who may publish.
    pub auth: Auth,
    /// How much each caller may ask; `None` where nobody is limited.
    pub rates: Option<RateLimiter>,
    /// How many requests are answered at a time; others are turned away at once.
    pub max_in_flight: usize,
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
    router: Router,
    engine: Engine,
    metrics: Arc<Metrics>,
    connections: Tasks,
    draining: CancellationToken,
    options: Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            max_body_bytes: 1024 * 1024,
            max_publish_bytes: 5 * 1024 * 1024,
            auth: Auth::default(),
            rates: None,
            max_in_flight: 2_000,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            drain_deadline: Duration::from_secs(10),
            compression: true,
            live: LiveOptions::default(),
        }
    }
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
            auth: options.auth.clone(),
            rates: options.rates.clone(),
            door: Door::new(options.max_in_flight),
        };
        let connections = Tasks::default();
        let open = Connections::new(&options, connections.clone(), draining.clone());
        let router = router::build(services, limits, options.compression, open);
        Ok(Self { listener, local_addr, router, engine, metrics, connections, draining, options })
    }

    /// The address taken: the port is the real one when the options said 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until the token is cancelled, then drains: readiness goes off, no connection is
    /// accepted, requests in flight are finished and sockets closed, at most until the deadline, and what
    /// the engine does in the background ends.
    pub async fn run(self, shutdown: CancellationToken) -> Drained {
        let accepting = self.accept(&self.connections);
        let _ = shutdown.run_until_cancelled(accepting).await;
        self.draining.cancel();
        self.engine.close_subscriptions();
        let deadline = self.options.drain_deadline;
        drop(self.listener);
        let drained = self.connections.drain(deadline).await;
        self.engine.end().await;
        drained
    }

    /// Accepts for ever; one failed accept costs one connection, never the server.
    async fn accept(&self, connections: &Tasks) {
        let mut upkeep = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = upkeep.tick() => { self.metrics.upkeep(); continue }
            };
            match accepted {
                Ok((stream, peer)) => connections.spawn(serve_connection(
                    stream,
                    Peer::of(peer),
                    self.router.clone(),
                    builder(connections.clone(), self.options.header_timeout),
                    self.options.header_timeout,
                    self.draining.clone(),
                )),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// The streams of an HTTP/2 connection are tasks of their own: they too are drained, or cut.
impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.spawn(future);
    }
}

/// Serves one connection until it closes; once draining, until its requests in flight are answered.
async fn serve_connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    builder: auto::Builder<Tasks>,
    header_timeout: Duration,
    draining: CancellationToken,
) {
    // Answers are written whole: waiting to fill a segment would only delay them. A socket that
    // refuses the option still works.
    let _ = stream.set_nodelay(true);
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    let service = service_fn(move |mut request: Request<Incoming>| {
        seen.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request.map(Body::new))
    });
    let mut connection =
        std::pin::pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    // hyper's header timeout begins once the version is known, that is after the first bytes: this
    // one closes the connection of a client that never sends them.
    let mut first_request = std::pin::pin!(tokio::time::sleep(header_timeout));
    let (mut waiting, mut leaving) = (true, false);
    loop {
        tokio::select! {
            // A client that breaks the protocol or goes away is no event for our log.
            _ = connection.as_mut() => return,
            () = first_request.as_mut(), if waiting => {
                waiting = false;
                if !asked.load(Ordering::Relaxed) { return }
            }
            () = draining.cancelled(), if !leaving => {
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn builder(tasks: Tasks, header_timeout: Duration) -> auto::Builder<Tasks> {
    let mut builder = auto::Builder::new(tasks);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HTTP2_PING_INTERVAL)
        .keep_alive_timeout(header_timeout);
    builder
}

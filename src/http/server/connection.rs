//! One connection: its timeouts, its requests, its end.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::Instant,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{Options, activity::Activity, stream::Streams, tls::Tls, write_timeout::WriteTimeout};
use crate::{
    http::{
        address::TrustedProxies,
        connections::{Full, Peer, Seat, Seats},
    },
    lifecycle::Tasks,
    telemetry::live::{Live, Open},
};

/// How often an HTTP/2 connection is asked whether it still lives.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);
/// Requests under way over one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 100;
/// Bytes of a request's head: room for a document in the URL, of which hyper takes 65,534 bytes.
const HEAD_BYTES: u32 = 68 * 1024;

/// The connections of a listener, and their end.
#[derive(Clone, Default)]
pub(super) struct Crowd {
    /// Owns the connections and their streams.
    pub(super) tasks: Tasks,
    /// Has them end when it is cancelled.
    pub(super) draining: CancellationToken,
}

/// What all connections of a listener have in common.
pub(super) struct Reception {
    router: Router,
    tls: Option<Arc<Tls>>,
    proxies: TrustedProxies,
    header_timeout: Duration,
    write_timeout: Duration,
    seats: Seats,
    live: Live,
    crowd: Crowd,
}

/// Who has come.
struct Guest {
    peer: IpAddr,
    activity: Activity,
    /// Given back when he goes.
    _held: (Seat, Open),
}

/// What requests come over: a socket, or TLS over it. hyper is compiled once for both.
trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<I: AsyncRead + AsyncWrite + Unpin + Send> Io for I {}

impl Reception {
    /// Without TLS where there is none.
    pub(super) fn new(
        options: &Options,
        router: Router,
        tls: Option<Arc<Tls>>,
        live: Live,
        crowd: Crowd,
    ) -> Self {
        Self {
            router,
            tls,
            proxies: TrustedProxies::new(&options.trusted_proxies, options.proxy_header),
            header_timeout: options.header_timeout,
            write_timeout: options.write_timeout,
            seats: Seats::new(options.max_connections, options.max_connections_per_address),
            live,
            crowd,
        }
    }

    /// Serves a connection in a task of its own; closes it where there is no seat for it.
    pub(super) fn receive(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) -> Result<(), Full> {
        let peer = peer.ip().to_canonical();
        // A trusted proxy's connections are those of all its clients.
        let counts_for = (!self.proxies.contain(peer)).then(|| Peer::of(peer));
        let seat = self.seats.take(counts_for).inspect_err(|full| match full {
            Full::Server(_) => self.live.refused(),
            Full::Address(_) => self.live.refused_to_address(),
        })?;
        // Answers are written whole: waiting to fill a segment would only delay them. A socket that
        // refuses the option still works.
        let _ = stream.set_nodelay(true);
        let activity = Activity::default();
        let io = WriteTimeout::new(stream, self.write_timeout, activity.clone());
        let (reception, guest) =
            (Arc::clone(self), Guest { peer, activity, _held: (seat, self.live.connection()) });
        match &self.tls {
            Some(tls) => self.crowd.tasks.spawn(reception.serve_encrypted(tls.acceptor(), io, guest)),
            None => self.crowd.tasks.spawn(reception.serve(Box::new(io), guest)),
        }
        Ok(())
    }

    /// Serves a connection once its client has shaken hands, for which it has as long as for a request's head.
    async fn serve_encrypted(
        self: Arc<Self>,
        acceptor: TlsAcceptor,
        io: WriteTimeout<TcpStream>,
        guest: Guest,
    ) {
        let shaken = tokio::time::timeout(self.header_timeout, acceptor.accept(io));
        // Who speaks no TLS, or goes away, is no event for our log.
        if let Some(Ok(Ok(stream))) = self.crowd.draining.run_until_cancelled(shaken).await {
            self.serve(Box::new(stream), guest).await;
        }
    }

    /// Serves a connection until it closes; once draining, until its requests in flight are answered.
    async fn serve(self: Arc<Self>, io: Box<dyn Io>, guest: Guest) {
        let Guest { peer, activity, _held } = guest;
        let (reception, seen) = (Arc::clone(&self), activity.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            let busy = seen.begin(request.version());
            let client = reception.proxies.client(peer, request.headers());
            request.extensions_mut().insert(client);
            request.extensions_mut().insert(Peer::of(client.address));
            let answering = reception.router.clone().oneshot(request.map(Body::new));
            async move { answering.await.map(|answer| busy.until_sent(answer)) }
        });
        let builder = self.builder();
        let mut connection =
            std::pin::pin!(builder.serve_connection_with_upgrades(TokioIo::new(io), service));
        // hyper's header timeout begins once the version is known, that is after the first bytes, and there is
        // none for HTTP/2: this one closes the connections of clients that never send a whole head.
        let mut idle = std::pin::pin!(tokio::time::sleep(self.header_timeout));
        let (mut leaving, mut parting) = (false, false);
        loop {
            tokio::select! {
                // A client that breaks the protocol or goes away is no event for our log.
                _ = connection.as_mut() => return,
                () = idle.as_mut() => {
                    let lapsed = activity.has_lapsed(self.header_timeout);
                    if lapsed && (parting || !activity.has_begun()) { return }
                    // What is on its way would be lost with the connection: it ends once the client has confirmed
                    // that it has read all, for which it has as long as it may take nothing.
                    if lapsed { connection.as_mut().graceful_shutdown() }
                    parting = lapsed;
                    let patience = if lapsed { self.write_timeout } else { self.header_timeout };
                    idle.as_mut().reset(Instant::now() + patience);
                }
                () = self.crowd.draining.cancelled(), if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }

    fn builder(&self) -> auto::Builder<Streams> {
        let mut builder = auto::Builder::new(Streams::new(self.crowd.tasks.clone(), self.write_timeout));
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(HEAD_BYTES as usize);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_STREAMS)
            .max_header_list_size(HEAD_BYTES)
            .keep_alive_interval(HTTP2_PING_INTERVAL)
            // The question stands behind what is sent, which a client may take its time to read.
            .keep_alive_timeout(self.write_timeout);
        builder
    }
}

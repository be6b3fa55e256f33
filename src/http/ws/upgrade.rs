//! From a request that asks for a WebSocket to a session in a task of its own.
//!
//! What must stay true: pages of other sites get no socket unless the settings name them; a socket has a seat
//! before it exists, and its task belongs to the server, which waits for it at the end.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header, request::Parts},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde_json::{Value, value::RawValue};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::{
    Deflate, Incoming, Options, Shared as Packable, Socket,
    handshake::{self, Upgrade},
    message::Close,
    session::{Backend, Channel, Ended, Patience, Session},
};
use crate::{
    auth::{AuthError, Identity},
    graphql::{
        Asked, Call,
        live::{Event, Opened},
    },
    http::{
        connections::{Connections, Peer, Seat},
        observe::{Observation, WEBSOCKET},
        refusal::Refusal,
        request_id::RequestId,
        respond,
        router::Shared,
        visitor::Visitor,
    },
};

/// The subprotocol that is spoken.
const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Upgrades a request, or says why not. Only what is refused is observed here: a socket has a line of its own.
pub(in crate::http) fn upgrade(
    shared: &Arc<Shared>,
    (id, peer): (&RequestId, Peer),
    visitor: Visitor,
    mut observation: Observation,
    mut request: Request,
) -> Response<Body> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (head, _) = request.into_parts();
    let (accepted, seat) = match accept(shared, peer, &head) {
        Ok(accepted) => accepted,
        Err(answer) => {
            observation.answered(answer.status(), false, 1);
            return *answer;
        }
    };
    observation.forget();
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    answer.headers_mut().extend(accepted.headers());
    let spoken = offers(&head.headers);
    if spoken {
        let subprotocol = HeaderValue::from_static(SUBPROTOCOL);
        answer.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    let deflate = shared.connections.deflate.clone().filter(|_| accepted.deflates());
    let guest = Guest { shared: Arc::clone(shared), id: id.clone(), peer, visitor: Arc::new(visitor) };
    shared.connections.tasks.spawn(guest.stay(upgrade, deflate, spoken, seat));
    answer
}

/// What a socket needs, or the answer that says why there is none.
fn accept(shared: &Shared, peer: Peer, head: &Parts) -> Result<(Upgrade, Seat), Box<Response<Body>>> {
    let refuse = |refusal| Box::new(respond::refuse(refusal, shared.limits.profile));
    let Connections { options, deflate, .. } = &shared.connections;
    judge_origin(&head.headers, &options.allowed_origins).map_err(refuse)?;
    let accepted = handshake::accept(head, deflate.is_some()).map_err(|refused| {
        let mut answer = refuse(Refusal::handshake(refused.status(), &refused.to_string()));
        answer.headers_mut().extend(refused.headers());
        answer
    })?;
    let seat = shared.connections.seat(peer).map_err(|full| refuse(Refusal::too_many_connections(full)))?;
    Ok((accepted, seat))
}

/// Lets in who is no browser, pages of this server, and those of origins that are allowed.
fn judge_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = String::from_utf8_lossy(origin.as_bytes());
    let is_allowed = allowed.iter().any(|known| known == "*" || known.eq_ignore_ascii_case(&origin));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // The scheme is not compared: a proxy may speak TLS for this server.
    let own = origin.split_once("://").zip(host).is_some_and(|((scheme, authority), host)| {
        let port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
        let plain = |authority: &str| authority.strip_suffix(port).unwrap_or(authority).to_ascii_lowercase();
        plain(authority) == plain(host)
    });
    if own || is_allowed { Ok(()) } else { Err(Refusal::origin(&origin)) }
}

/// Whether the client offers the subprotocol.
fn offers(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
    let names = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    names.into_iter().any(|name| name.trim() == SUBPROTOCOL)
}

/// What the payload of `connection_init` shows, as a request shows it by its headers.
#[derive(Default)]
struct Shown {
    authorization: Option<String>,
    key: Option<String>,
}

/// What a payload has in place of the headers `Authorization` and `X-API-Key`: itself, or in its `headers`, as
/// clients that put headers there do.
fn shown(payload: &RawValue) -> Option<Shown> {
    let payload: Value = serde_json::from_str(payload.get()).ok()?;
    let within = |object: &Value| {
        let entries = object.as_object()?;
        let find = |wanted: &str| {
            let (_, shown) = entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            // What is no text is no credential either, and is refused as one; clients write null for none.
            (!shown.is_null()).then(|| shown.as_str().map_or_else(|| shown.to_string(), str::to_owned))
        };
        let shown = Shown { authorization: find("authorization"), key: find("x-api-key") };
        (shown.authorization.is_some() || shown.key.is_some()).then_some(shown)
    };
    within(&payload).or_else(|| within(payload.get("headers")?))
}

/// The client of a socket.
struct Guest {
    shared: Arc<Shared>,
    /// What its operations are called in the log: the id of the request that became the socket.
    id: RequestId,
    /// By its headers, or by what `connection_init` says.
    visitor: Arc<Visitor>,
    peer: Peer,
}

impl Guest {
    /// Waits for the upgrade, and stays until the socket ends.
    async fn stay(self, upgrade: OnUpgrade, deflate: Option<Deflate>, spoken: bool, seat: Seat) {
        // A client that went away before it had its answer needs nothing.
        let Ok(upgraded) = upgrade.await else { return };
        let began = Instant::now();
        let (shared, id) = (Arc::clone(&self.shared), self.id.clone());
        let _open = shared.metrics.live().socket();
        let mut session = self.session(TokioIo::new(upgraded), deflate);
        let Ended { code, by } =
            if spoken { session.run().await } else { session.end(&Close::subprotocol()).await };
        drop(session);
        drop(seat);
        shared.metrics.socket_closed(code, by);
        tracing::info!(
            target: "farol::access",
            code,
            by = by.as_str(),
            duration_s = began.elapsed().as_secs(),
            request_id = id.as_str(),
            "socket",
        );
    }

    /// Boxed, for it is large, and a task keeps room for whatever is moved within it.
    fn session<I>(self, io: I, deflate: Option<Deflate>) -> Box<Session<Socket<I>, Self>>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let Connections { options, last_words, draining, .. } = &self.shared.connections;
        let socket = Socket::new(io, deflate, Options { max_message_bytes: options.max_message_bytes });
        let patience = Patience {
            init: options.init_timeout,
            ping: options.ping_interval,
            pong: options.pong_timeout,
            last_words: *last_words,
            max_operations: options.max_operations,
        };
        let (draining, live) = (draining.clone(), self.shared.metrics.live().clone());
        Box::new(Session::new(socket, self, patience, draining, live))
    }
}

impl Backend for Guest {
    async fn admit(&mut self, payload: Option<&RawValue>) -> Result<(), Close> {
        let shown = payload.and_then(shown);
        // Whoever has shown something by his headers need not do it again.
        if shown.is_some() || self.visitor.caller.identity == Identity::Anonymous {
            let Shown { authorization, key } = shown.unwrap_or_default();
            let (authorization, key) = (authorization.as_deref(), key.as_deref());
            let judged =
                self.shared.gate.judge(authorization.map(str::as_bytes), key.map(str::as_bytes)).await;
            let caller = judged.map_err(|error| match error {
                AuthError::Unavailable => Close::try_again(&error.to_string()),
                AuthError::Missing | AuthError::Refused(_) | AuthError::Several => {
                    Close::forbidden(&error.to_string())
                }
            })?;
            self.visitor = Arc::new(Visitor::known(&self.shared, caller, self.peer));
        }
        Ok(())
    }

    fn ended(&self) -> Option<BoxFuture<'static, ()>> {
        self.visitor.ended(&self.shared)
    }

    /// In a task of its own, which ends with the future: a client that does not read keeps its socket from being
    /// looked after, and must not keep the place of an operation meanwhile.
    fn open(&self, asked: Asked) -> BoxFuture<'static, Opened> {
        let (shared, id, visitor) = (Arc::clone(&self.shared), self.id.clone(), Arc::clone(&self.visitor));
        let opening = AbortOnDropHandle::new(tokio::spawn(begin(shared, id, visitor, asked)));
        Box::pin(async move {
            let fault = |_| Opened::Once(Box::new(Refusal::fault().into_execution()));
            opening.await.unwrap_or_else(fault)
        })
    }
}

/// Lets in an operation as a request is let in.
async fn enter(shared: &Shared, visitor: &Visitor) -> Result<(), Refusal> {
    visitor.count(1).await?;
    shared.gate.authenticator.used(&visitor.caller);
    Ok(())
}

/// Begins an operation over a socket: it passes the door, is counted and paid for like a request.
async fn begin(shared: Arc<Shared>, id: RequestId, visitor: Arc<Visitor>, asked: Asked) -> Opened {
    let Some(_inside) = shared.gate.door.try_enter() else {
        // Counted, and no more: a flood is to be no flood of lines.
        shared.metrics.turned_away();
        return Opened::Once(Box::new(Refusal::overloaded().into_execution()));
    };
    let mut observation = Observation::begin(shared.metrics.clone(), WEBSOCKET, id.as_str());
    observation.caller = visitor.caller.identity.clone();
    let span = observation.trace(&HeaderMap::new());
    let opened = match enter(&shared, &visitor).instrument(span.clone()).await {
        Ok(()) => {
            let (caller, account) = (&visitor.caller, visitor.account.as_ref());
            let (request_id, noted) = (Some(id.as_str()), Some(&observation.noted));
            let call = Call { caller, account, request_id, noted, ..Call::default() };
            shared.engine.open(asked, call).instrument(span).await
        }
        Err(refusal) => Opened::Once(Box::new(refusal.into_execution())),
    };
    observation.opened(&opened, shared.limits.profile);
    opened
}

impl<I: AsyncRead + AsyncWrite + Unpin + Send> Channel for Socket<I> {
    fn next(&mut self) -> impl Future<Output = Incoming> + Send {
        Self::next(self)
    }

    fn flush(&mut self) -> impl Future<Output = ()> + Send {
        Self::flush(self)
    }

    fn send(&mut self, message: &[u8]) {
        self.send_text(message);
    }

    fn send_event(&mut self, head: &[u8], event: &Event) {
        self.send_shared(head, &Tail(event));
    }

    fn ping(&mut self) {
        Self::ping(self);
    }

    fn close(&mut self, code: u16, reason: &str) {
        Self::close(self, code, reason);
    }

    fn queued(&self) -> usize {
        Self::queued(self)
    }
}

/// What a `next` ends with, the same for all subscribers: the payload and `}`.
struct Tail<'a>(&'a Event);

impl Packable for Tail<'_> {
    fn plain(&self) -> [&[u8]; 2] {
        [self.0.payload(), b"}"]
    }

    fn packed(&self, pack: impl FnOnce([&[u8]; 2]) -> Bytes) -> &Bytes {
        self.0.packed(|payload| pack([payload, b"}"]))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{judge_origin, offers, shown};

    #[test]
    fn a_token_is_found_where_clients_put_it() {
        let found = |payload: &str| shown(&serde_json::from_str::<Box<_>>(payload).unwrap());
        for payload in [
            r#"{"authorization":"Bearer x"}"#,
            r#"{"Authorization":"Bearer x"}"#,
            r#"{"headers":{"Authorization":"Bearer x"}}"#,
        ] {
            let authorization = found(payload).and_then(|shown| shown.authorization);
            assert_eq!(authorization.as_deref(), Some("Bearer x"), "{payload}");
        }
        let key = found(r#"{"headers":{"X-API-Key":"x"}}"#).and_then(|shown| shown.key);
        assert_eq!(key.as_deref(), Some("x"));
        for payload in ["{}", "7", r#"{"authorization":null}"#, r#"{"headers":"x"}"#, "null"] {
            assert!(found(payload).is_none(), "{payload}");
        }
        let key = found(r#"{"x-api-key":7}"#).and_then(|shown| shown.key);
        assert_eq!(key.as_deref(), Some("7"), "it is refused, not passed over");
    }

    #[test]
    fn pages_of_other_sites_get_no_socket() {
        let allowed = ["https://app.example".to_owned()];
        let judge = |origin: &'static str, host: &'static str, allowed: &[String]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            headers.insert(header::HOST, HeaderValue::from_static(host));
            judge_origin(&headers, allowed).is_ok()
        };
        for (origin, host) in [
            ("http://127.0.0.1:8000", "127.0.0.1:8000"),
            ("https://Farol.example", "farol.example"),
            ("https://farol.example", "farol.example:443"),
            ("http://[::1]:8000", "[::1]:8000"),
            ("https://APP.example", "farol.example"),
        ] {
            assert!(judge(origin, host, &allowed), "{origin} at {host}");
        }
        for (origin, host) in [
            ("http://127.0.0.1:8001", "127.0.0.1:8000"),
            ("https://farol.example.evil.example", "farol.example"),
            ("https://farol.example:8443", "farol.example"),
            ("http://app.example", "farol.example"),
            ("https://app.example:1", "farol.example"),
            ("null", "null"),
            ("", ""),
        ] {
            assert!(!judge(origin, host, &allowed), "{origin} at {host}");
        }
        assert!(judge("null", "farol.example", &["*".to_owned()]));
        assert!(judge_origin(&HeaderMap::new(), &[]).is_ok(), "no browser");
    }

    #[test]
    fn the_subprotocol_is_found_among_others() {
        let offered = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(line));
            }
            offers(&headers)
        };
        assert!(offered(&["graphql-ws , graphql-transport-ws"]));
        assert!(offered(&["foo", "graphql-transport-ws"]));
        assert!(!offered(&["graphql-ws", "graphql-transport-wss"]));
        assert!(!offered(&[]));
    }
}

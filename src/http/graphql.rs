//! `/graphql`: one request in, one response out; or a list of them in, and a list out. What asks for a
//! WebSocket or for events goes elsewhere from here.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts},
};

use tracing::Instrument;

use super::{
    body,
    connections::Peer,
    negotiate::{self, MediaType},
    observe::Observation,
    params::{self, Sent},
    refusal::Refusal,
    request_id::RequestId,
    respond::{Asked, Reply},
    router::Shared,
    sse, ws,
};
use crate::graphql::{Call, Stats};

/// The methods offered, and what is left of them for a mutation.
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
const ALLOWED_FOR_MUTATIONS: HeaderValue = HeaderValue::from_static("POST");
/// What a caller with a wrong token is told, as RFC 6750 has it.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"farol\", error=\"invalid_token\"");

/// Answers one request and observes it.
pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    Extension(id): Extension<RequestId>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    if ws::handshake::asked(request.headers()) {
        return ws::upgrade(&shared, &id, peer, request);
    }
    let (head, body) = request.into_parts();
    // The answer to HEAD is that of a request for JSON: a stream has no end to tell of.
    if head.method != Method::HEAD && negotiate::wants_events(&head.headers) {
        return sse::serve(&shared, &id, peer, &head, body).await;
    }
    let by_url = by_url(&head.method);
    let mut observation = Observation::begin(shared.metrics.clone(), head.method.clone(), id.as_str());
    let (media, outcome) = match MediaType::accepted(&head.headers) {
        Ok(media) => {
            let span = observation.trace(&head.headers);
            (media, answer(&shared, &id, &head, body).instrument(span).await)
        }
        Err(refusal) => (MediaType::Json, Err(refusal)),
    };
    let (status, reply) = match outcome {
        Ok((reply, stats)) => {
            observation.stats = stats;
            (reply.status(media), reply)
        }
        Err(refusal) => (refusal.status, Reply::One(Box::new(refusal.into_execution()))),
    };
    let Shared { compression, promise, .. } = &*shared;
    let asked = Asked { media, by_url, headers: &head.headers, compression: *compression, promise };
    let mut answer = asked.render(status, &reply);
    observation.answered(answer.status(), reply.executed(), reply.errors());
    advise(status, by_url, &mut answer);
    answer
}

/// Tells a client that was refused what it may do instead.
pub(super) fn advise(status: StatusCode, by_url: bool, answer: &mut Response<Body>) {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            let allowed = if by_url { ALLOWED_FOR_MUTATIONS } else { ALLOWED };
            answer.headers_mut().insert(header::ALLOW, allowed);
        }
        StatusCode::UNAUTHORIZED => {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            let read = HeaderValue::from_static(body::ENCODINGS);
            answer.headers_mut().insert(header::ACCEPT_ENCODING, read);
        }
        _ => {}
    }
}

/// Tells the methods. There is no CORS header: a browser that asks for another site takes it as a no.
pub(super) async fn options() -> (StatusCode, [(HeaderName, HeaderValue); 1]) {
    (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOWED)])
}

/// From the HTTP request to a reply, or to the reason why there is none.
async fn answer(
    shared: &Shared,
    id: &RequestId,
    head: &Parts,
    body: Body,
) -> Result<(Reply, Stats), Refusal> {
    let (sent, call) = read(shared, id, head, body).await?;
    Ok(match sent {
        Sent::One(request) => {
            let mut execution = shared.engine.execute(*request, call).await;
            let stats = std::mem::take(&mut execution.stats);
            (Reply::One(Box::new(execution)), stats)
        }
        Sent::Batch(requests) => {
            let (executions, stats) = shared.engine.execute_batch(requests, call).await;
            (Reply::List(executions), stats)
        }
    })
}

/// Reads what was sent, and how.
pub(super) async fn read<'a>(
    shared: &Shared,
    id: &'a RequestId,
    head: &Parts,
    body: Body,
) -> Result<(Sent, Call<'a>), Refusal> {
    let caller = shared.limits.auth.caller_of(&head.headers)?;
    let queries_only = by_url(&head.method);
    let cost = negotiate::cost_report(&head.headers)?;
    let explain = negotiate::cache_explained(&head.headers)?;
    let sent = if queries_only {
        negotiate::refuse_cross_site(&head.headers)?;
        Sent::One(Box::new(params::from_uri(&head.uri)?))
    } else if head.method == Method::POST {
        negotiate::require_json(&head.headers)?;
        let limits = &shared.limits;
        params::from_body(&body::read(&head.headers, body, limits.body(caller), limits.body_timeout).await?)?
    } else {
        return Err(Refusal::method(head.method.as_str()));
    };
    let request_id = Some(id.as_str());
    Ok((sent, Call { queries_only, caller, request_id, cost, explain, resume_after: None }))
}

pub(super) fn by_url(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

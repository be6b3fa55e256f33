//! `/graphql`: one request in, one response out; or a list of them in, and a list out. What asks for a
//! WebSocket or for events goes elsewhere from here.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts},
};

use tracing::{Instrument, Span};

use super::{
    body,
    connections::Peer,
    negotiate::{self, MediaType},
    observe::{self, Observation},
    params::{self, Sent},
    quota,
    refusal::Refusal,
    request_id::RequestId,
    respond::{self, Asked, Reply},
    router::Shared,
    sse,
    visitor::Visitor,
    ws,
};
use crate::graphql::{Call, Noted, Stats};
use crate::limit::Verdict;

/// The methods offered, and what is left of them for a mutation.
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
const ALLOWED_FOR_MUTATIONS: HeaderValue = HeaderValue::from_static("POST");

/// Answers one request and observes it.
pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    Extension(id): Extension<RequestId>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    let Some(_inside) = shared.gate.door.try_enter() else {
        // A flood is to be no flood of lines: it is counted, and nothing else is done about it.
        shared.metrics.turned_away();
        return respond::refuse(Refusal::overloaded(), shared.limits.profile);
    };
    let is_socket = ws::handshake::asked(request.headers());
    let method = observe::named(request.method());
    let mut observation = Observation::begin(shared.metrics.clone(), method, id.as_str());
    // Each operation over a socket has a span of its own.
    let span = if is_socket { Span::none() } else { observation.trace(request.headers()) };
    let entering = Visitor::enter(&shared, request.headers(), peer, is_socket);
    let visitor = match entering.instrument(span).await {
        Ok(visitor) => visitor,
        Err(refusal) => return refused(&shared, observation, &request.into_parts().0, refusal),
    };
    observation.caller = visitor.caller.identity.clone();
    if is_socket {
        return ws::upgrade(&shared, (&id, peer), visitor, observation, request);
    }
    let (head, body) = request.into_parts();
    // The answer to HEAD is that of a request for JSON: a stream has no end to tell of.
    if head.method != Method::HEAD && negotiate::wants_events(&head.headers) {
        return sse::serve(&shared, (&id, peer, &visitor), observation, &head, body).await;
    }
    query(&shared, (&id, &visitor), observation, &head, body).await
}

/// Answers by one response.
async fn query(
    shared: &Shared,
    (id, visitor): (&RequestId, &Visitor),
    mut observation: Observation,
    head: &Parts,
    body: Body,
) -> Response<Body> {
    let by_url = by_url(&head.method);
    let (mut quota, mut budget) = (visitor.quota, None);
    let (media, outcome) = match MediaType::accepted(&head.headers) {
        Ok(media) => {
            let span = observation.span();
            (media, answer(shared, (id, visitor), &observation.noted, head, body).instrument(span).await)
        }
        Err(refusal) => (MediaType::Json, Err(refusal)),
    };
    let (status, reply) = match outcome {
        Ok((reply, stats, counted)) => {
            (quota, budget) = (counted, stats.budget);
            observation.stats = Some(stats);
            (reply.status(media, shared.limits.profile), reply)
        }
        Err(refusal) => {
            quota = refusal.quota.as_deref().copied().or(quota);
            (refusal.status, Reply::One(Box::new(refusal.into_execution())))
        }
    };
    let media = shared.limits.profile.sent_as(status, media);
    let Shared { compression, promise, .. } = shared;
    let asked = Asked { media, by_url, headers: &head.headers, compression: *compression, promise };
    let mut answer = asked.render(status, &reply);
    observation.answered(answer.status(), reply.executed(), reply.errors());
    advise(status, by_url, &mut answer);
    // What others may keep must not tell them of this client's limits.
    if !answer.headers().contains_key(header::ETAG) {
        quota::write(quota, budget, answer.headers_mut());
    }
    answer
}

/// Answers a request that was let in no further than the door.
fn refused(shared: &Shared, mut observation: Observation, head: &Parts, refusal: Refusal) -> Response<Body> {
    observation.caller = refusal.caller.clone();
    let media = MediaType::accepted(&head.headers).unwrap_or(MediaType::Json);
    let status = refusal.status;
    let mut answer = respond::refuse_as(shared.limits.profile.sent_as(status, media), refusal);
    advise(status, by_url(&head.method), &mut answer);
    observation.answered(status, false, 1);
    answer
}

/// Tells a client that was refused what it may do instead.
pub(super) fn advise(status: StatusCode, by_url: bool, answer: &mut Response<Body>) {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            let allowed = if by_url { ALLOWED_FOR_MUTATIONS } else { ALLOWED };
            answer.headers_mut().insert(header::ALLOW, allowed);
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            let read = HeaderValue::from_static(body::ENCODINGS);
            answer.headers_mut().insert(header::ACCEPT_ENCODING, read);
        }
        _ => {}
    }
}

/// Tells the methods. There is no CORS header, unless `cors` adds it: a browser that asks for another site takes it
/// as a no.
pub(super) async fn options() -> (StatusCode, [(HeaderName, HeaderValue); 1]) {
    (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOWED)])
}

/// From the HTTP request to a reply, or to the reason why there is none; and what is left of requests then.
async fn answer(
    shared: &Shared,
    (id, visitor): (&RequestId, &Visitor),
    noted: &Noted,
    head: &Parts,
    body: Body,
) -> Result<(Reply, Stats, Option<Verdict>), Refusal> {
    let (sent, call) = read(shared, (id, visitor), head, body).await?;
    let call = Call { noted: Some(noted), ..call };
    Ok(match sent {
        Sent::One(request) => {
            let mut execution = shared.engine.execute(*request, call).await;
            let stats = std::mem::take(&mut execution.stats);
            (Reply::One(Box::new(execution)), stats, visitor.quota)
        }
        Sent::Batch(requests) => {
            // One was counted when it came.
            let counted = visitor.count(requests.len() as u64 - 1).await?;
            let (executions, stats) = shared.engine.execute_batch(requests, call).await;
            (Reply::List(executions), stats, counted)
        }
    })
}

/// Reads what was sent, and how.
pub(super) async fn read<'a>(
    shared: &Shared,
    (id, visitor): (&'a RequestId, &'a Visitor),
    head: &Parts,
    body: Body,
) -> Result<(Sent, Call<'a>), Refusal> {
    let caller = &visitor.caller;
    let queries_only = by_url(&head.method);
    let cost = negotiate::cost_report(&head.headers)?;
    let cache = negotiate::cache_use(&head.headers, caller.scope)?;
    let sent = if queries_only {
        negotiate::refuse_cross_site(&head.headers)?;
        let asked = params::from_uri(&head.uri).map_err(|refusal| refusal.under(shared.limits.profile))?;
        Sent::One(Box::new(asked))
    } else if head.method == Method::POST {
        negotiate::require_json(&head.headers)?;
        let limits = &shared.limits;
        let body = body::read(&head.headers, body, limits.body(caller), limits.body_timeout).await?;
        params::from_body(&body).map_err(|refusal| refusal.under(limits.profile))?
    } else {
        return Err(Refusal::method(head.method.as_str()));
    };
    let request_id = Some(id.as_str());
    Ok((
        sent,
        Call {
            queries_only,
            caller,
            account: visitor.account.as_ref(),
            request_id,
            cost,
            cache,
            resume_after: None,
            noted: None,
        },
    ))
}

pub(super) fn by_url(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

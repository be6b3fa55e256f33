//! `/graphql`: one request in, one response out.

use axum::{
    Extension,
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{
    negotiate::{self, MediaType},
    observe::Observation,
    params,
    refusal::Refusal,
    request_id::RequestId,
    respond,
    router::{Limits, Shared},
};
use crate::graphql::{Call, Execution};

/// The methods offered, and what is left of them for a mutation.
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
const ALLOWED_FOR_MUTATIONS: HeaderValue = HeaderValue::from_static("POST");

/// Answers one request and observes it.
pub(super) async fn serve(
    State(shared): State<Shared>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response<Body> {
    let by_url = by_url(request.method());
    let mut observation = Observation::begin(shared.metrics.clone(), request.method().clone(), id.as_str());
    let (media, outcome) = match MediaType::accepted(request.headers()) {
        Ok(media) => (media, answer(&shared, &id, request).await),
        Err(refusal) => (MediaType::Json, Err(refusal)),
    };
    let (refused, response, executed) = match outcome {
        Ok(Execution { response, executed, stats }) => {
            observation.stats = stats;
            (None, response, executed)
        }
        Err(refusal) => (Some(refusal.status), refusal.into_response(), false),
    };
    let status = refused.unwrap_or_else(|| respond::status(&response, executed, media));
    observation.answered(status, executed, response.errors.len());
    let mut answer = respond::render(status, media, &response, executed);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = if by_url { ALLOWED_FOR_MUTATIONS } else { ALLOWED };
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}

/// Tells the methods. There is no CORS header: a browser that asks for another site takes it as a no.
pub(super) async fn options() -> (StatusCode, [(HeaderName, HeaderValue); 1]) {
    (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOWED)])
}

/// From the HTTP request to an execution, or to the reason why there is none.
async fn answer(shared: &Shared, id: &RequestId, request: Request) -> Result<Execution, Refusal> {
    let (head, body) = request.into_parts();
    let queries_only = by_url(&head.method);
    let request = if queries_only {
        negotiate::refuse_cross_site(&head.headers)?;
        params::from_uri(&head.uri)?
    } else if head.method == Method::POST {
        negotiate::require_json(&head.headers)?;
        params::from_body(&read(body, shared.limits).await?)?
    } else {
        return Err(Refusal::method(head.method.as_str()));
    };
    let call = Call { queries_only, request_id: Some(id.as_str()), ..Call::default() };
    Ok(shared.engine.execute(request, call).await)
}

fn by_url(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Reads the body within its limits of size and time.
async fn read(body: Body, limits: Limits) -> Result<Bytes, Refusal> {
    let max = limits.max_body_bytes;
    // A declared length is judged before a byte is read.
    if body.size_hint().lower() > max as u64 {
        return Err(Refusal::too_large(max));
    }
    match tokio::time::timeout(limits.body_timeout, Limited::new(body, max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::too_large(max)),
        Ok(Err(_)) => Err(Refusal::bad_request("the body broke off")),
        Err(_) => Err(Refusal::too_slow(limits.body_timeout)),
    }
}

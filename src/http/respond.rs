//! From an execution to an HTTP answer: status and bytes. The engine has settled the errors.
//!
//! The status rules are those of GraphQL over HTTP as of 2025.

use async_graphql::{Response as GraphqlResponse, ServerError, Value};
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::negotiate::MediaType;
use crate::error::Code;

/// A response as it goes over the wire: errors first, so that they are seen, and no `data` entry
/// when nothing was executed.
struct Wire<'a> {
    response: &'a GraphqlResponse,
    executed: bool,
}

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.response.errors.is_empty() {
            map.serialize_entry("errors", &self.response.errors)?;
        }
        if self.executed {
            map.serialize_entry("data", &self.response.data)?;
        }
        if !self.response.extensions.is_empty() {
            map.serialize_entry("extensions", &self.response.extensions)?;
        }
        map.end()
    }
}

/// The status of what the engine answered. With `application/json` a request error is still 200:
/// clients of that type take any other status for a failure of the transport.
pub(super) fn status(response: &GraphqlResponse, executed: bool, media: MediaType) -> StatusCode {
    if executed {
        return StatusCode::OK;
    }
    match response.errors.first().and_then(code) {
        Some(Code::MethodNotAllowed) => StatusCode::METHOD_NOT_ALLOWED,
        Some(Code::InternalServerError) => StatusCode::INTERNAL_SERVER_ERROR,
        Some(Code::DatabaseUnavailable | Code::Timeout) => StatusCode::SERVICE_UNAVAILABLE,
        _ if media == MediaType::Json => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The HTTP answer. The response is written once, straight into the body's buffer.
pub(super) fn render(
    status: StatusCode,
    media: MediaType,
    response: &GraphqlResponse,
    executed: bool,
) -> Response<Body> {
    let (status, body) = match serde_json::to_vec(&Wire { response, executed }) {
        Ok(bytes) => (status, Body::from(bytes)),
        Err(error) => {
            tracing::error!(%error, "a response could not be written as JSON");
            (StatusCode::INTERNAL_SERVER_ERROR, Body::empty())
        }
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, media.header());
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    answer
}

/// The code that an error carries, if it is one of the list.
fn code(error: &ServerError) -> Option<Code> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(name) => Code::parse(name),
        _ => None,
    }
}

//! From executions to an HTTP answer: status and bytes. The engine has settled the errors.
//!
//! The status rules are those of GraphQL over HTTP as of 2025.

use async_graphql::{ServerError, Value};
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::negotiate::MediaType;
use crate::{error::Code, graphql::Execution};

/// What an answer depends on besides the request's own parameters.
const VARY: HeaderValue = HeaderValue::from_static("accept, graphql-cost");

/// What is answered.
pub(super) enum Reply {
    One(Box<Execution>),
    /// Of a batch, in its order.
    List(Vec<Execution>),
}

/// A response as it goes over the wire: errors first, so that they are seen, and no `data` entry
/// when nothing was executed.
struct Wire<'a>(&'a Execution);

impl Reply {
    /// The status. A batch has one where its responses agree, else it is a list like any other.
    pub(super) fn status(&self, media: MediaType) -> StatusCode {
        let mut statuses = self.all().iter().map(|execution| status(execution, media));
        let first = statuses.next().unwrap_or(StatusCode::OK);
        if statuses.all(|other| other == first) { first } else { StatusCode::OK }
    }

    /// Whether anything was executed.
    pub(super) fn executed(&self) -> bool {
        self.all().iter().any(|execution| execution.executed)
    }

    /// How many errors are told.
    pub(super) fn errors(&self) -> usize {
        self.all().iter().map(|execution| execution.response.errors.len()).sum()
    }

    fn all(&self) -> &[Execution] {
        match self {
            Self::One(execution) => std::slice::from_ref(execution),
            Self::List(executions) => executions,
        }
    }
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(execution) => Wire(execution).serialize(serializer),
            Self::List(executions) => serializer.collect_seq(executions.iter().map(Wire)),
        }
    }
}

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Execution { response, executed, .. } = self.0;
        let mut map = serializer.serialize_map(None)?;
        if !response.errors.is_empty() {
            map.serialize_entry("errors", &response.errors)?;
        }
        if *executed {
            map.serialize_entry("data", &response.data)?;
        }
        if !response.extensions.is_empty() {
            map.serialize_entry("extensions", &response.extensions)?;
        }
        map.end()
    }
}

/// The HTTP answer. The reply is written once, straight into the body's buffer.
pub(super) fn render(status: StatusCode, media: MediaType, reply: &Reply) -> Response<Body> {
    let (status, body) = match serde_json::to_vec(reply) {
        Ok(bytes) => (status, Body::from(bytes)),
        Err(error) => {
            tracing::error!(%error, "a response could not be written as JSON");
            (StatusCode::INTERNAL_SERVER_ERROR, Body::empty())
        }
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, media.header());
    answer.headers_mut().insert(header::VARY, VARY);
    answer
}

/// The status of what the engine answered. With `application/json` a request error is still 200:
/// clients of that type take any other status for a failure of the transport.
fn status(execution: &Execution, media: MediaType) -> StatusCode {
    // Without errors it was only asked what it would cost.
    let errors = &execution.response.errors;
    if execution.executed || errors.is_empty() {
        return StatusCode::OK;
    }
    match errors.first().and_then(code) {
        // Apollo's clients take any other status for a failure of the transport, whatever they accept.
        Some(Code::PersistedQueryNotFound | Code::PersistedQueryNotSupported) => StatusCode::OK,
        Some(Code::BadRequest) => StatusCode::BAD_REQUEST,
        Some(Code::MethodNotAllowed) => StatusCode::METHOD_NOT_ALLOWED,
        Some(Code::InternalServerError) => StatusCode::INTERNAL_SERVER_ERROR,
        Some(Code::DatabaseUnavailable | Code::Timeout) => StatusCode::SERVICE_UNAVAILABLE,
        _ if media == MediaType::Json => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The code that an error carries, if it is one of the list.
fn code(error: &ServerError) -> Option<Code> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(name) => Code::parse(name),
        _ => None,
    }
}

//! From an execution to an HTTP answer: status, masked errors, bytes.
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

/// Gives every error a code of the closed list, and takes the details out of our own faults: they
/// go to the log with the request id, which the client is told instead.
pub(super) fn settle_errors(response: &mut GraphqlResponse, executed: bool, request_id: &str) {
    for error in &mut response.errors {
        let settled = code(error).unwrap_or_else(|| default_code(error, executed));
        if settled == Code::InternalServerError {
            mask(error, request_id);
        }
        error.extensions.get_or_insert_default().set("code", settled.as_str());
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

/// The code of an error that carries none. Ours always carry one, so it is async-graphql's own: a
/// value that does not fit its type has no source; anything else that was converted on the way up
/// has one, and may hold what nobody outside should read.
fn default_code(error: &ServerError, executed: bool) -> Code {
    match (executed, &error.source) {
        (_, Some(_)) => Code::InternalServerError,
        (true, None) => Code::BadUserInput,
        (false, None) => Code::BadRequest,
    }
}

fn mask(error: &mut ServerError, request_id: &str) {
    tracing::error!(request_id, path = ?error.path, error = %error.message, "a request met a fault of ours");
    error.message = format!("something went wrong on the server; its log has the details under {request_id}");
    error.extensions = None;
    error.extensions.get_or_insert_default().set("requestId", request_id);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_graphql::{ServerError, Value};

    use super::{GraphqlResponse, settle_errors};

    fn settled(error: ServerError, executed: bool) -> serde_json::Value {
        let mut response = GraphqlResponse::from_errors(vec![error]);
        settle_errors(&mut response, executed, "id-1");
        serde_json::to_value(&response.errors[0]).unwrap()
    }

    fn coded(message: &str, code: &str) -> ServerError {
        let mut error = ServerError::new(message, None);
        error.extensions.get_or_insert_default().set("code", Value::from(code));
        error
    }

    #[test]
    fn our_own_faults_are_masked() {
        let mut foreign = ServerError::new("password=hunter2", None);
        foreign.source = Some(Arc::new("password=hunter2"));
        for error in [coded("password=hunter2", "INTERNAL_SERVER_ERROR"), foreign] {
            let seen = settled(error, true);
            assert_eq!(seen["extensions"]["code"], "INTERNAL_SERVER_ERROR");
            assert_eq!(seen["extensions"]["requestId"], "id-1");
            assert!(!seen.to_string().contains("hunter2"), "{seen}");
        }
    }

    #[test]
    fn the_callers_mistakes_are_shown() {
        let seen = settled(coded("\"first\" is above 100", "BAD_USER_INPUT"), true);
        assert_eq!(seen["message"], "\"first\" is above 100");
        let seen = settled(ServerError::new("Invalid value for \"Date\"", None), true);
        assert_eq!(seen["extensions"]["code"], "BAD_USER_INPUT");
    }

    #[test]
    fn a_code_outside_the_list_never_gets_out() {
        assert_eq!(settled(coded("odd", "MADE_UP"), false)["extensions"]["code"], "BAD_REQUEST");
    }
}

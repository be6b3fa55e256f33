//! Requests that HTTP refuses before GraphQL sees them: each with its status, code and message.

use std::time::Duration;

use async_graphql::{Response, ServerError};
use axum::http::StatusCode;

use super::{body::BodyLimit, connections::Full, quota};
use crate::{
    auth::{AuthError, Identity},
    config::HttpProfile,
    error::{Code, quoted},
    graphql::{Execution, MASKED, RETRY_AFTER, Stats},
    limit::Verdict,
};

/// Why a request never reached the engine.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    code: Code,
    message: String,
    /// Whether it is JSON and yet no GraphQL request, for which profiles have different statuses.
    malformed: bool,
    /// When it is worth while to try again, in seconds.
    retry_after: Option<u64>,
    /// What is left of the limit that was met. Boxed, for it is most of what a refusal would be.
    pub(super) quota: Option<Box<Verdict>>,
    /// Who was refused, as far as it is known.
    pub(super) caller: Identity,
    /// What `WWW-Authenticate` says.
    pub(super) challenge: Option<&'static str>,
}

impl Refusal {
    /// The request is not a GraphQL request.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::BadRequest, message)
    }

    /// The request can be read, and is not a GraphQL request.
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self { malformed: true, ..Self::bad_request(message) }
    }

    /// Neither GET nor POST.
    pub(super) fn method(method: &str) -> Self {
        let method = quoted(method, 40);
        let message = format!("{method} is not offered here; send the operation by POST, or a query by GET");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, message)
    }

    /// No media type the client accepts can be given.
    pub(super) fn not_acceptable() -> Self {
        let message =
            "nothing in Accept can be given; accept application/graphql-response+json or application/json";
        Self::new(StatusCode::NOT_ACCEPTABLE, Code::NotAcceptable, message)
    }

    /// The body is of a kind we do not read.
    pub(super) fn unsupported(what: &str, advice: &str) -> Self {
        let message = format!("{what} is not read; {advice}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType, message)
    }

    /// What the caller shows does not hold, or cannot be judged now.
    pub(super) fn unknown_caller(error: AuthError) -> Self {
        // RFC 6750, 3.1: whoever has shown nothing is told no error.
        let challenge = match error {
            AuthError::Missing => "Bearer realm=\"farol\"",
            AuthError::Refused(_) | AuthError::Several => "Bearer realm=\"farol\", error=\"invalid_token\"",
            AuthError::Unavailable => {
                let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, Code::DatabaseUnavailable);
                return Self { retry_after: Some(1), ..Self::new(status, code, error.to_string()) };
            }
        };
        let refusal = Self::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, error.to_string());
        Self { challenge: Some(challenge), ..refusal }
    }

    /// What the caller has shown does not hold any more.
    pub(super) fn expired() -> Self {
        let message =
            "what you have shown has expired or was revoked; connect again with something that holds";
        Self::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message)
    }

    /// What the caller has shown does not allow this.
    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, Code::Forbidden, message)
    }

    /// The caller has sent as many requests as his plan allows.
    pub(super) fn rate_limited(verdict: Verdict) -> Self {
        let wait = quota::seconds(verdict.retry_after.unwrap_or(verdict.reset));
        let message = format!(
            "you have sent all {} requests that you may send at once; try again in {wait} s",
            verdict.limit
        );
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, Code::RateLimited, message);
        Self { retry_after: Some(wait), quota: Some(Box::new(verdict)), ..refusal }
    }

    /// As many requests are being answered as may be.
    pub(super) fn overloaded() -> Self {
        let message = "the server has more to do than it can just now; try again in 1 s";
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Overloaded, message);
        Self { retry_after: Some(1), ..refusal }
    }

    /// Something panicked; its own message stands in the log.
    pub(super) fn fault() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::InternalServerError, MASKED)
    }

    /// The body is larger than the limit, in bytes, which a setting moves.
    pub(super) fn too_large(BodyLimit { bytes, setting }: BodyLimit) -> Self {
        let message = format!("the body is larger than {bytes} bytes, the limit set by {setting}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::PayloadTooLarge, message)
    }

    /// The body did not arrive in time.
    pub(super) fn too_slow(limit: Duration) -> Self {
        let message = format!("the body did not arrive within {limit:?}");
        Self::new(StatusCode::REQUEST_TIMEOUT, Code::Timeout, message)
    }

    /// A page of another site sent this.
    pub(super) fn cross_site() -> Self {
        let message =
            "another site's page may not query by a plain GET; send \"Content-Type: application/json\"";
        Self::new(StatusCode::FORBIDDEN, Code::CrossSiteRequest, message)
    }

    /// A page of another site asked for a WebSocket.
    pub(super) fn origin(origin: &str) -> Self {
        let origin = quoted(origin, 80);
        let message = format!(
            "pages of the origin {origin} may not open a WebSocket here; live.allowed_origins names those that may"
        );
        Self::new(StatusCode::FORBIDDEN, Code::CrossSiteRequest, message)
    }

    /// The request asks for a WebSocket and cannot be upgraded.
    pub(super) fn handshake(status: StatusCode, why: &str) -> Self {
        Self::new(status, Code::BadRequest, why)
    }

    /// As many sockets and event streams are open as may be: in all, or of this client.
    pub(super) fn too_many_connections(full: Full) -> Self {
        let (status, message) = match full {
            Full::Server(limit) => {
                let message = format!(
                    "the server has {limit} sockets and event streams open, all that live.max_connections \
                     allows; try again later"
                );
                (StatusCode::SERVICE_UNAVAILABLE, message)
            }
            Full::Address(limit) => {
                let message = format!(
                    "your address has {limit} sockets and event streams open, all that \
                     live.max_connections_per_address allows; close one, or send more operations over one socket"
                );
                (StatusCode::TOO_MANY_REQUESTS, message)
            }
        };
        Self::new(status, Code::TooManyConnections, message)
    }

    /// The same of a part of the request.
    pub(super) fn within(self, part: &str) -> Self {
        Self { message: format!("{part}: {}", self.message), ..self }
    }

    /// The same with the status that a profile has for it.
    pub(super) fn under(self, profile: HttpProfile) -> Self {
        if self.malformed { Self { status: profile.malformed(), ..self } } else { self }
    }

    /// What is wrong, for people.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The answer: one error, no data.
    pub(super) fn into_execution(self) -> Execution {
        let mut error = ServerError::new(self.message, None);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", self.code.as_str());
        if let Some(seconds) = self.retry_after {
            extensions.set(RETRY_AFTER, seconds);
        }
        Execution::refused(Response::from_errors(vec![error]), Stats::default())
    }

    fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            malformed: false,
            retry_after: None,
            quota: None,
            caller: Identity::Anonymous,
            challenge: None,
        }
    }
}

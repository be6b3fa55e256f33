//! The status of an answer: by what became of the request, and by the profile that the settings choose.
//!
//! GraphQL over HTTP was rewritten in 2026 and disagrees with what clients and audits of 2025 expect; a server
//! cannot follow both at once. What must stay true: whatever the profile, an answer with `data` has a status of
//! success.

use async_graphql::{ServerError, Value};
use axum::http::StatusCode;

use super::negotiate::MediaType;
use crate::{config::HttpProfile, error::Code, graphql::Execution};

/// Data with errors beside it, as the draft of 2026 has it. It has no other name.
const PARTIAL_SUCCESS: u16 = 294;

/// The status of what the engine answered to a client that takes this media type.
pub(super) fn of(execution: &Execution, media: MediaType, profile: HttpProfile) -> StatusCode {
    let Some(first) = execution.response.errors.first() else {
        // Without errors it was executed, or only asked what it would cost.
        return StatusCode::OK;
    };
    if execution.executed {
        return profile.partial();
    }
    match code(first) {
        // Apollo's clients take any other status for a failure of the transport, whatever they accept.
        Some(Code::PersistedQueryNotFound | Code::PersistedQueryNotSupported) => StatusCode::OK,
        Some(Code::BadRequest) => StatusCode::BAD_REQUEST,
        Some(Code::MethodNotAllowed) => StatusCode::METHOD_NOT_ALLOWED,
        Some(Code::InternalServerError) => StatusCode::INTERNAL_SERVER_ERROR,
        Some(Code::RateLimited) => StatusCode::TOO_MANY_REQUESTS,
        Some(Code::DatabaseUnavailable | Code::Overloaded | Code::Timeout) => StatusCode::SERVICE_UNAVAILABLE,
        code => profile.refused(code, media),
    }
}

impl HttpProfile {
    /// The media type that an answer of this status is sent as. The draft of 2026 has a client that knows only
    /// `application/json` find a failure under the type that says it is GraphQL's.
    pub(super) fn sent_as(self, status: StatusCode, accepted: MediaType) -> MediaType {
        match self {
            Self::Draft2026 if !status.is_success() => MediaType::GraphqlResponse,
            Self::Draft2026 | Self::Of2025 => accepted,
        }
    }

    /// The status of a request that is JSON and yet no GraphQL request.
    pub(super) fn malformed(self) -> StatusCode {
        match self {
            Self::Of2025 => StatusCode::BAD_REQUEST,
            Self::Draft2026 => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The status of data with errors.
    fn partial(self) -> StatusCode {
        match self {
            Self::Of2025 => StatusCode::OK,
            Self::Draft2026 => StatusCode::from_u16(PARTIAL_SUCCESS).unwrap_or(StatusCode::OK),
        }
    }

    /// The status of a document or variables that GraphQL refuses. In 2025 it is 200 with `application/json`:
    /// clients of that type take any other for a failure of the transport.
    fn refused(self, code: Option<Code>, media: MediaType) -> StatusCode {
        match (self, code) {
            (Self::Of2025, _) if media == MediaType::Json => StatusCode::OK,
            (Self::Of2025, _) | (Self::Draft2026, Some(Code::GraphqlParseFailed)) => StatusCode::BAD_REQUEST,
            (Self::Draft2026, Some(Code::Unauthenticated)) => StatusCode::UNAUTHORIZED,
            (Self::Draft2026, Some(Code::Forbidden)) => StatusCode::FORBIDDEN,
            (Self::Draft2026, _) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// The code that an error carries, if it is one of the list.
fn code(error: &ServerError) -> Option<Code> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(name) => Code::parse(name),
        _ => None,
    }
}

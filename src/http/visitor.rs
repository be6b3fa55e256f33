//! Who sends a request: known before anything of it but the head is read.

use axum::http::HeaderMap;

use super::{refusal::Refusal, router::Shared};
use crate::auth::Caller;

/// Whoever sent a request, or has opened a socket.
pub(super) struct Visitor {
    /// Who he is.
    pub(super) caller: Caller,
}

impl Visitor {
    /// Lets in whoever sent a request with these headers, or says why not.
    pub(super) fn enter(shared: &Shared, headers: &HeaderMap) -> Result<Self, Refusal> {
        Ok(Self { caller: shared.limits.auth.caller_of(headers)? })
    }
}

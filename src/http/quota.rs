//! What a client is told of his limits: `RateLimit-*` for requests, `RateLimit-Cost-*` for cost units, and
//! `Retry-After` with whatever is refused for now.
//!
//! The names are those of draft-ietf-httpapi-ratelimit-headers, up to its sixth version, which clients know.

use std::time::Duration;

use async_graphql::{ServerError, Value};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{graphql::RETRY_AFTER, limit::Verdict};

/// The headers of one limit: of a full bucket, what is left, and in how many seconds it is full again.
type Names = [HeaderName; 3];

const REQUESTS: Names = [
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
];
const COST: Names = [
    HeaderName::from_static("ratelimit-cost-limit"),
    HeaderName::from_static("ratelimit-cost-remaining"),
    HeaderName::from_static("ratelimit-cost-reset"),
];

/// Writes what is left of requests and of cost, where they are limited.
pub(super) fn write(requests: Option<Verdict>, cost: Option<Verdict>, into: &mut HeaderMap) {
    for (verdict, [limit, remaining, reset]) in [(requests, REQUESTS), (cost, COST)] {
        if let Some(verdict) = verdict {
            into.insert(limit, HeaderValue::from(verdict.limit));
            into.insert(remaining, HeaderValue::from(verdict.remaining));
            into.insert(reset, HeaderValue::from(seconds(verdict.reset)));
        }
    }
}

/// Whole seconds, after which it is sure to be over.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Writes when to try again, where an error says so.
pub(super) fn advise(errors: &[ServerError], into: &mut HeaderMap) {
    let told = errors.iter().find_map(|error| error.extensions.as_ref()?.get(RETRY_AFTER));
    if let Some(Value::Number(seconds)) = told
        && let Some(seconds) = seconds.as_u64()
    {
        into.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

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

/// Writes when to try again, where errors say so: when all of it may be tried.
pub(super) fn advise<'a>(errors: impl IntoIterator<Item = &'a ServerError>, into: &mut HeaderMap) {
    let told = errors.into_iter().filter_map(|error| match error.extensions.as_ref()?.get(RETRY_AFTER)? {
        Value::Number(seconds) => seconds.as_u64(),
        _ => None,
    });
    if let Some(seconds) = told.max() {
        into.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::ServerError;
    use axum::http::{HeaderMap, header};

    use super::{RETRY_AFTER, advise};

    #[test]
    fn who_was_refused_several_things_waits_for_the_last() {
        let refused = [3_u64, 7, 5].map(|seconds| {
            let mut error = ServerError::new("later", None);
            error.extensions.get_or_insert_default().set(RETRY_AFTER, seconds);
            error
        });
        let mut headers = HeaderMap::new();
        advise(&refused, &mut headers);
        assert_eq!(headers[header::RETRY_AFTER], "7");
    }
}

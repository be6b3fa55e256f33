//! Pages of other sites: which of them may query, and read the answers.
//!
//! What must stay true: no page is let in that the settings do not name; a browser never sends along by itself
//! what it keeps for this site (`Access-Control-Allow-Credentials` is never sent), so that a page can do no more
//! than whoever wrote it.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer, Vary};

/// How long a browser may remember that it may ask: as long as any browser does.
const REMEMBERED: Duration = Duration::from_hours(2);
/// What scripts may read of an answer's head, besides what they always may.
const EXPOSED: [HeaderName; 12] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("x-farol-cache"),
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
    HeaderName::from_static("ratelimit-cost-limit"),
    HeaderName::from_static("ratelimit-cost-remaining"),
    HeaderName::from_static("ratelimit-cost-reset"),
    header::RETRY_AFTER,
    header::ETAG,
    header::AGE,
    header::ALLOW,
];

/// Answers the questions of browsers, and tells them that these origins, or with `*` all, may read. `None` where no
/// origin may: then nothing is answered, which browsers take for a no.
pub(super) fn layer(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let all = origins.iter().any(|origin| origin == "*");
    // Browsers send origins in lower case.
    let named = origins.iter().filter_map(|origin| HeaderValue::from_str(&origin.to_lowercase()).ok());
    let (allowed, vary) = if all {
        (AllowOrigin::any(), Vary::list([]))
    } else {
        (AllowOrigin::list(named), Vary::list([header::ORIGIN]))
    };
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::HEAD, Method::POST])
            // Whatever headers a page sends, it may: there is none that lets it do more.
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(EXPOSED)
            .max_age(REMEMBERED)
            .vary(vary),
    )
}

//! What the client sends and what it wants: media types, and encodings of stored files.

use axum::http::{HeaderMap, HeaderValue, header};

use super::refusal::Refusal;
use crate::{
    auth::Scope,
    error::quoted,
    graphql::{CacheUse, CostReport},
};

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";
const GRAPHQL_COST: &str = "graphql-cost";
/// The header by which a client asks where an answer comes from.
const GRAPHQL_CACHE: &str = "graphql-cache";
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// The media types an answer can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json`: status 200 whenever the request was a GraphQL request, for old clients.
    Json,
    /// `application/graphql-response+json`: the status tells whether the operation was executed.
    GraphqlResponse,
}

impl MediaType {
    /// The type that the client prefers. With no `Accept`, or when anything will do, it is JSON
    /// (as the specification asks until 2025); between equals the one that says more.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Self, Refusal> {
        let wanted = preferences(headers, header::ACCEPT.as_str());
        if wanted.is_empty() {
            return Ok(Self::Json);
        }
        let (graphql, json) = (quality(&wanted, GRAPHQL_RESPONSE), quality(&wanted, JSON));
        if graphql <= 0.0 && json <= 0.0 {
            return Err(Refusal::not_acceptable());
        }
        // `application/*` and `*/*` leave the choice to us: only who names the type knows it.
        let named = wanted.iter().any(|(value, _)| value == GRAPHQL_RESPONSE);
        let told = graphql > json || (named && graphql >= json);
        Ok(if told { Self::GraphqlResponse } else { Self::Json })
    }

    /// The value of `Content-Type`.
    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// Whether the client wants the answer as server-sent events: it names them, and likes JSON less.
pub(super) fn wants_events(headers: &HeaderMap) -> bool {
    let wanted = preferences(headers, header::ACCEPT.as_str());
    let named = wanted.iter().find(|(value, _)| value == EVENT_STREAM);
    let json = quality(&wanted, GRAPHQL_RESPONSE).max(quality(&wanted, JSON));
    named.is_some_and(|(_, events)| *events > json)
}

/// How a stored file can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Brotli.
    Brotli,
    /// Gzip.
    Gzip,
    /// As it is.
    Identity,
}

impl Encoding {
    /// The smallest encoding that the client takes.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let wanted = preferences(headers, header::ACCEPT_ENCODING.as_str());
        let takes = |name: &str| {
            let named =
                wanted.iter().find(|(value, _)| value == name || (name == "gzip" && value == "x-gzip"));
            named
                .or_else(|| wanted.iter().find(|(value, _)| value == "*"))
                .is_some_and(|(_, quality)| *quality > 0.0)
        };
        if takes("br") {
            Self::Brotli
        } else if takes("gzip") {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// The encoding that the client likes best; of those it likes alike, the smallest. `Identity` when that
    /// is one that does not lie ready.
    pub(super) fn preferred(headers: &HeaderMap) -> Self {
        let wanted = preferences(headers, header::ACCEPT_ENCODING.as_str());
        let named = |names: &[&str]| {
            let found = wanted.iter().find(|(value, _)| names.contains(&value.as_str()));
            found.map(|(_, quality)| *quality)
        };
        let any = named(&["*"]).unwrap_or(0.0);
        let of = |names| named(names).unwrap_or(any);
        let (brotli, gzip) = (of(&["br"]), of(&["gzip", "x-gzip"]));
        // Who takes an encoding and says nothing of none at all likes the encoding better.
        let others = of(&["zstd"]).max(named(&["identity"]).unwrap_or(0.0));
        if brotli > 0.0 && brotli >= gzip.max(others) {
            Self::Brotli
        } else if gzip > 0.0 && gzip >= brotli.max(others) {
            Self::Gzip
        } else {
            Self::Identity
        }
    }
}

/// What the client wants to know of the cost, by `GraphQL-Cost`.
pub(super) fn cost_report(headers: &HeaderMap) -> Result<CostReport, Refusal> {
    let Some(value) = headers.get(GRAPHQL_COST) else { return Ok(CostReport::Off) };
    match value.to_str().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "report" => Ok(CostReport::Report),
        "validate" => Ok(CostReport::Validate),
        other => Err(Refusal::bad_request(format!(
            "GraphQL-Cost is {}; it may be \"report\" (execute, and tell the cost) or \"validate\" (tell the \
             cost without executing)",
            quoted(other, 40)
        ))),
    }
}

/// What the client wants of the caches, by `GraphQL-Cache`, if he may.
pub(super) fn cache_use(headers: &HeaderMap, scope: Scope) -> Result<CacheUse, Refusal> {
    let Some(value) = headers.get(GRAPHQL_CACHE) else { return Ok(CacheUse::Any) };
    match value.to_str().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "explain" => Ok(CacheUse::Explain),
        "bypass" if scope >= Scope::Admin => Ok(CacheUse::Bypass),
        "bypass" => Err(Refusal::forbidden("GraphQL-Cache: bypass needs the scope admin; leave it out")),
        other => Err(Refusal::bad_request(format!(
            "GraphQL-Cache is {}; it may be \"explain\" (execute, and tell which cache answered) or \"bypass\" \
             (read from the database)",
            quoted(other, 40)
        ))),
    }
}

/// Refuses a body that is not JSON in UTF-8. This is also what keeps other sites' pages out:
/// a browser sends JSON across sites only after asking, and we never say yes.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let advice = "send JSON with \"Content-Type: application/json\"";
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Err(Refusal::unsupported("a body without Content-Type", advice));
    };
    let text = value.to_str().unwrap_or("");
    let mut parts = text.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(JSON));
    let utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if json && utf8 {
        Ok(())
    } else {
        Err(Refusal::unsupported(&format!("a body of type {}", quoted(text, 80)), advice))
    }
}

/// Refuses what another site's page makes a browser send without asking first. A POST must be JSON
/// and so is never such a request; a GET is one unless it has a header that forces the question.
pub(super) fn refuse_cross_site(headers: &HeaderMap) -> Result<(), Refusal> {
    let cross_site = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if cross_site && require_json(headers).is_err() {
        return Err(Refusal::cross_site());
    }
    Ok(())
}

/// The values of a list header with their qualities (RFC 9110, 12.4.2), in lower case.
fn preferences(headers: &HeaderMap, name: &str) -> Vec<(String, f32)> {
    let lines = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    let items = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty());
    items.map(preference).collect()
}

fn preference(item: &str) -> (String, f32) {
    let mut parts = item.split(';').map(str::trim);
    let value = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let quality = quality.and_then(|text| text.parse().ok()).filter(|quality| (0.0..=1.0).contains(quality));
    // A quality that cannot be read counts as none given.
    (value, quality.unwrap_or(1.0))
}

/// The quality of a media type, by its most specific entry; 0 without one.
fn quality(wanted: &[(String, f32)], media_type: &str) -> f32 {
    let find = |name: &str| wanted.iter().find(|(value, _)| value == name).map(|(_, quality)| *quality);
    find(media_type).or_else(|| find("application/*")).or_else(|| find("*/*")).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Encoding, MediaType, require_json, wants_events};

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn the_preferred_media_type_is_chosen() {
        use MediaType::{GraphqlResponse, Json};
        for (accept, expected) in [
            ("*/*", Json),
            ("application/*", Json),
            ("application/json; charset=utf-8", Json),
            ("application/graphql-response+json", GraphqlResponse),
            ("application/json, application/graphql-response+json", GraphqlResponse),
            ("application/graphql-response+json;q=0.5, application/json", Json),
            ("application/graphql-response+json; charset=utf-8, application/json; q=0.9", GraphqlResponse),
            ("text/html, */*;q=0.8", Json),
            ("application/json;q=0, */*", GraphqlResponse),
            ("application/graphql-response+json;q=0, */*", Json),
        ] {
            assert_eq!(
                MediaType::accepted(&headers(header::ACCEPT, accept)).ok(),
                Some(expected),
                "{accept}"
            );
        }
        assert_eq!(MediaType::accepted(&HeaderMap::new()).ok(), Some(Json));
    }

    proptest! {
        #[test]
        fn the_higher_quality_wins(json in 0..=1000_u16, graphql in 0..=1000_u16, swap: bool) {
            let quality = |thousandths: u16| f32::from(thousandths) / 1000.0;
            let mut entries = [
                format!("application/json;q={}", quality(json)),
                format!("application/graphql-response+json; q={}", quality(graphql)),
            ];
            if swap {
                entries.reverse();
            }
            let expected = match (json, graphql) {
                (0, 0) => None,
                (json, graphql) if json > graphql => Some(MediaType::Json),
                _ => Some(MediaType::GraphqlResponse),
            };
            let chosen = MediaType::accepted(&headers(header::ACCEPT, &entries.join(", ")));
            prop_assert_eq!(chosen.ok(), expected);
        }

        #[test]
        fn any_header_is_survived(text in "[ -~]{0,60}") {
            let _ = MediaType::accepted(&headers(header::ACCEPT, &text));
            let _ = require_json(&headers(header::CONTENT_TYPE, &text));
            let _ = Encoding::accepted(&headers(header::ACCEPT_ENCODING, &text));
            let _ = Encoding::preferred(&headers(header::ACCEPT_ENCODING, &text));
        }
    }

    #[test]
    fn events_are_for_those_who_like_them_best() {
        for (accept, events) in [
            ("text/event-stream", true),
            ("Text/Event-Stream; charset=utf-8", true),
            ("text/event-stream, application/json;q=0.9", true),
            ("text/event-stream;q=0.5, */*;q=0.1", true),
            // How some clients send every request.
            (
                "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
                false,
            ),
            ("text/event-stream;q=0", false),
            ("text/*", false),
            ("*/*", false),
            ("text/event-streams", false),
        ] {
            assert_eq!(wants_events(&headers(header::ACCEPT, accept)), events, "{accept}");
        }
        assert!(!wants_events(&HeaderMap::new()));
    }

    #[test]
    fn nothing_acceptable_is_refused() {
        for accept in ["text/html", "application/json;q=0", "image/*, text/plain", "*/*;q=0"] {
            assert!(MediaType::accepted(&headers(header::ACCEPT, accept)).is_err(), "{accept}");
        }
    }

    #[test]
    fn only_json_in_utf8_is_a_body() {
        for good in
            ["application/json", "Application/JSON; Charset=\"UTF-8\"", "application/json;charset=utf-8"]
        {
            assert!(require_json(&headers(header::CONTENT_TYPE, good)).is_ok(), "{good}");
        }
        for bad in
            ["text/plain", "application/json; charset=latin1", "application/jsonp", "application/graphql", ""]
        {
            assert!(require_json(&headers(header::CONTENT_TYPE, bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_encoding_that_is_liked_best_is_chosen() {
        use Encoding::{Brotli, Gzip, Identity};
        for (accept, expected) in [
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip, br;q=0.9", Gzip),
            ("x-gzip", Gzip),
            ("br;q=0.5, zstd", Identity),
            ("br;q=0.5, identity", Identity),
            ("br;q=0.5, gzip;q=0.5", Brotli),
            ("gzip;q=0.2, *;q=0", Gzip),
            ("br;q=0, *", Gzip),
            ("*", Brotli),
            ("zstd", Identity),
            ("br;q=0, gzip;q=0", Identity),
        ] {
            assert_eq!(Encoding::preferred(&headers(header::ACCEPT_ENCODING, accept)), expected, "{accept}");
        }
        assert_eq!(Encoding::preferred(&HeaderMap::new()), Identity);
    }

    #[test]
    fn the_smallest_accepted_encoding_is_chosen() {
        use Encoding::{Brotli, Gzip, Identity};
        for (accept, expected) in [
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip", Gzip),
            ("br;q=0, gzip", Gzip),
            ("*", Brotli),
            ("deflate", Identity),
            ("br;q=0, gzip;q=0, *", Identity),
        ] {
            assert_eq!(Encoding::accepted(&headers(header::ACCEPT_ENCODING, accept)), expected, "{accept}");
        }
        assert_eq!(Encoding::accepted(&HeaderMap::new()), Identity);
    }
}

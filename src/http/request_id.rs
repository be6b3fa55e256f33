//! The request id: taken from `x-request-id` where a proxy sends a usable one, made otherwise,
//! and sent back with every answer.

use std::hash::{BuildHasher, RandomState};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 128;

/// The id of a request; stands in the request's extensions.
#[derive(Clone, Debug)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// The id from the headers, if it is short and made of harmless characters: it goes into logs
    /// and comes back in answers, so a client must not be able to write there what it likes.
    fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(HEADER)?;
        let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
        let bytes = value.as_bytes();
        let usable = (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(harmless);
        usable.then(|| Self(value.clone()))
    }

    /// A new id: 64 random bits, from the keys that the standard library draws for its maps.
    fn make() -> Self {
        let id = format!("{:016x}", RandomState::new().hash_one(()));
        Self(HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown")))
    }

    /// The id as text.
    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("unknown")
    }
}

/// Gives every request its id and every answer the same one.
pub(super) async fn layer(mut request: Request, next: Next) -> Response {
    let id = RequestId::from_headers(request.headers()).unwrap_or_else(RequestId::make);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, id.0);
    response
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{HEADER, LONGEST, RequestId};

    fn taken(value: &str) -> bool {
        let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_str(value).unwrap())]);
        RequestId::from_headers(&headers).is_some_and(|id| id.as_str() == value)
    }

    #[test]
    fn only_short_and_harmless_ids_are_taken() {
        assert!(taken("4bf92f35-77b3.4da6:a3ce_1"));
        assert!(taken(&"a".repeat(LONGEST)));
        for refused in ["", "a b", "a\"b", "<a>", "é", &"a".repeat(LONGEST + 1)] {
            assert!(!taken(refused), "{refused} was taken");
        }
    }

    #[test]
    fn made_ids_differ() {
        assert_ne!(RequestId::make().as_str(), RequestId::make().as_str());
    }
}

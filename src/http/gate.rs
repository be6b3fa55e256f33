//! Who is let in, how many at a time, and how much each may ask.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::refusal::Refusal;
use crate::{
    auth::{AuthError, Authenticator, Caller},
    limit::{Door, RateLimiter},
};

/// Where clients put an API key that do not send `Authorization`.
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Requests inside at a time, where nothing else is said.
const MOST_INSIDE: usize = 2_000;

/// What a request passes before anything but its head is read. Clones share it.
#[derive(Clone)]
pub struct Gate {
    /// How many requests are answered at a time; others are turned away at once.
    pub door: Door,
    /// Knows callers by what they show.
    pub authenticator: Authenticator,
    /// How much each caller may ask; `None` where nobody is limited.
    pub rates: Option<RateLimiter>,
}

impl Gate {
    /// Who sent a request with these headers, if they can be read.
    pub(super) async fn caller(&self, headers: &HeaderMap) -> Result<Result<Caller, AuthError>, Refusal> {
        let (authorization, key) = (single(headers, &header::AUTHORIZATION)?, single(headers, &X_API_KEY)?);
        Ok(self.judge(authorization, key).await)
    }

    /// Who shows this: a line of `Authorization`, and one of `X-API-Key`.
    pub(super) async fn judge(
        &self,
        authorization: Option<&[u8]>,
        key: Option<&[u8]>,
    ) -> Result<Caller, AuthError> {
        self.authenticator.caller(authorization, key).await
    }
}

impl Default for Gate {
    /// Anyone may read, as much as he likes.
    fn default() -> Self {
        Self { door: Door::new(MOST_INSIDE), authenticator: Authenticator::default(), rates: None }
    }
}

/// The only line of a header; of several it would not be clear which one counts.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a [u8]>, Refusal> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next().map(HeaderValue::as_bytes);
    if lines.next().is_some() {
        return Err(Refusal::bad_request(format!("the request has several lines of {name}; send one")));
    }
    Ok(line)
}

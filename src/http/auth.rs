//! Who calls: by a token in `Authorization`, judged before anything else of a request is read.
//!
//! What must stay true: a token that is not the right one is never taken for none, so that whoever sends one
//! learns that it is wrong; how long the comparison takes tells nothing of the token.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use crate::auth::{Caller, Identity, Scope};

/// Who may publish. By default nobody.
#[derive(Clone, Default)]
pub struct Auth {
    /// The SHA-256 of the token; `None` where nobody may.
    token: Option<[u8; 32]>,
}

/// The token that was shown is not the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the token in Authorization is not the one of this server; send \"Bearer TOKEN\", or nothing to query only"
)]
pub struct WrongToken;

impl Auth {
    /// Whoever shows this token may publish.
    pub fn with_token(token: &str) -> Self {
        Self { token: Some(Sha256::digest(token).into()) }
    }

    /// Who it is that shows this text, `Bearer TOKEN`, as the header `Authorization` has it. Where nobody may
    /// publish, and for every other scheme, which may be meant for a proxy: anyone.
    pub fn caller(&self, authorization: &[u8]) -> Result<Caller, WrongToken> {
        let Some(token) = &self.token else { return Ok(Caller::default()) };
        let end = authorization.iter().position(|byte| *byte == b' ').unwrap_or(authorization.len());
        let (scheme, shown) = authorization.split_at(end);
        if !scheme.eq_ignore_ascii_case(b"Bearer") {
            return Ok(Caller::default());
        }
        let shown: [u8; 32] = Sha256::digest(shown.trim_ascii()).into();
        // Over all bytes, whatever the first ones are.
        let differences = token.iter().zip(shown).fold(0, |sum, (byte, shown)| sum | (byte ^ shown));
        if differences != 0 {
            return Err(WrongToken);
        }
        Ok(Caller { identity: Identity::PublishToken, scope: Scope::Publish, plan: None })
    }

    /// Who sent a request with these headers. One line that shows a wrong token is enough to refuse it.
    pub(super) fn caller_of(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let lines = headers.get_all(header::AUTHORIZATION);
        let mut caller = Caller::default();
        for line in lines {
            let shown = self.caller(line.as_bytes()).map_err(Refusal::wrong_token)?;
            if shown.identity != Identity::Anonymous {
                caller = shown;
            }
        }
        Ok(caller)
    }
}

/// Says nothing of the token.
impl std::fmt::Debug for Auth {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(if self.token.is_some() { "Auth(with a token)" } else { "Auth(nobody)" })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TOKEN: &str = "a-token-of-22-letters!";

    #[test]
    fn only_the_token_makes_a_publisher() {
        let auth = Auth::with_token(TOKEN);
        for (text, caller) in [
            (format!("Bearer {TOKEN}"), Ok(Scope::Publish)),
            (format!("bearer   {TOKEN} "), Ok(Scope::Publish)),
            (format!("Bearer {TOKEN}s"), Err(WrongToken)),
            (format!("Bearer {}", &TOKEN[1..]), Err(WrongToken)),
            ("Bearer".to_owned(), Err(WrongToken)),
            ("Bearer é".to_owned(), Err(WrongToken)),
            (format!("Basic {TOKEN}"), Ok(Scope::Read)),
            (TOKEN.to_owned(), Ok(Scope::Read)),
            (String::new(), Ok(Scope::Read)),
        ] {
            assert_eq!(auth.caller(text.as_bytes()).map(|caller| caller.scope), caller, "{text}");
            assert_eq!(Auth::default().caller(text.as_bytes()), Ok(Caller::default()), "{text}");
        }
    }

    #[test]
    fn one_wrong_line_is_enough_to_be_refused() {
        let auth = Auth::with_token(TOKEN);
        let of = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::AUTHORIZATION, HeaderValue::from_str(line).unwrap());
            }
            auth.caller_of(&headers).map(|caller| caller.scope).map_err(|refusal| refusal.status.as_u16())
        };
        let right = format!("Bearer {TOKEN}");
        assert_eq!(of(&[]).unwrap(), Scope::Read);
        assert_eq!(of(&["Basic x", &right]).unwrap(), Scope::Publish);
        assert_eq!(of(&[&right, "Bearer other"]).unwrap_err(), 401);
        assert_eq!(of(&["Bearer other", &right]).unwrap_err(), 401);
    }

    #[test]
    fn nothing_is_shown_of_the_token() {
        assert_eq!(format!("{:?}", Auth::with_token(TOKEN)), "Auth(with a token)");
    }
}

//! Who it is that shows this.

use std::{fmt, future::pending};

use sha2::{Digest, Sha256};
use tokio::time;

use super::{AuthError, Caller, Identity, Jwt, KeyRing, Scope, key::ShownKey, keys};

/// Knows callers by what they show. By default it knows nobody, and anyone may read. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Authenticator {
    publish_token: Option<PublishToken>,
    keys: Option<KeyRing>,
    jwt: Option<Jwt>,
    /// Whether callers who show nothing may do what everyone may.
    anonymous: bool,
}

/// The SHA-256 of the token of the settings.
#[derive(Clone)]
struct PublishToken([u8; 32]);

impl Authenticator {
    /// Whoever shows this token may publish.
    #[must_use]
    pub fn with_publish_token(self, token: &str) -> Self {
        Self { publish_token: Some(PublishToken(Sha256::digest(token).into())), ..self }
    }

    /// Knows the callers who show one of these keys.
    #[must_use]
    pub fn with_keys(self, keys: KeyRing) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// Knows the callers who show a token that this believes.
    #[must_use]
    pub fn with_jwt(self, jwt: Jwt) -> Self {
        Self { jwt: Some(jwt), ..self }
    }

    /// Whether callers who show nothing may do what everyone may; they may unless this says otherwise.
    #[must_use]
    pub fn with_anonymous(self, anonymous: bool) -> Self {
        Self { anonymous, ..self }
    }

    /// Who sent these lines of a request's head: one line of `Authorization`, one of `X-API-Key`, as they are. One
    /// of them may show something; a scheme other than `Bearer` shows nothing, for it may be meant for a proxy.
    pub async fn caller(
        &self,
        authorization: Option<&[u8]>,
        api_key: Option<&[u8]>,
    ) -> Result<Caller, AuthError> {
        match (authorization.and_then(bearer), api_key) {
            (Some(_), Some(_)) => Err(AuthError::Several),
            (Some(token), None) => self.bearer(token).await,
            (None, Some(key)) => self.key(key.trim_ascii()).await,
            (None, None) if self.anonymous => Ok(Caller::default()),
            (None, None) => Err(AuthError::Missing),
        }
    }

    /// Notes that this caller does something over what he has opened.
    pub fn used(&self, caller: &Caller) {
        if let (Identity::Key(id), Some(keys)) = (&caller.identity, &self.keys) {
            keys.used(id);
        }
    }

    /// Completes when what this caller has shown stops to hold; never for those who are not known by a thing
    /// that ends. Connections that stay open wait for it.
    pub fn ended(&self, caller: &Caller) -> impl Future<Output = ()> + Send + use<> {
        let expires = caller.expires;
        let revoked = match (&caller.identity, &self.keys) {
            (Identity::Key(id), Some(keys)) => Some(keys.ended(id.clone())),
            _ => None,
        };
        let unsigned = caller.kid.as_ref().zip(self.jwt.as_ref()).map(|(kid, jwt)| jwt.key_gone(kid));
        async move {
            tokio::select! {
                () = or_never(expires.map(time::sleep_until)) => {}
                () = or_never(revoked) => {}
                () = or_never(unsigned) => {}
            }
        }
    }

    /// Who shows this token after `Bearer`.
    async fn bearer(&self, token: &[u8]) -> Result<Caller, AuthError> {
        if self.publish_token.as_ref().is_some_and(|known| known.is(token)) {
            let identity = Identity::PublishToken;
            return Ok(Caller { identity, scope: Scope::Publish, ..Caller::default() });
        }
        if ShownKey::is_meant(token) {
            return self.key(token).await;
        }
        if let Some(jwt) = self.jwt.as_ref().filter(|_| Jwt::is_meant(token)) {
            return jwt.caller(token);
        }
        Err(AuthError::Refused("the token in Authorization is none that this server knows"))
    }

    /// Who shows this API key.
    async fn key(&self, key: &[u8]) -> Result<Caller, AuthError> {
        match &self.keys {
            Some(keys) => keys.caller(key).await,
            None => Err(keys::UNKNOWN),
        }
    }
}

impl Default for Authenticator {
    fn default() -> Self {
        Self { publish_token: None, keys: None, jwt: None, anonymous: true }
    }
}

impl PublishToken {
    fn is(&self, shown: &[u8]) -> bool {
        super::same_digest(&self.0, &Sha256::digest(shown).into())
    }
}

/// Says nothing of the token.
impl fmt::Debug for PublishToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

/// Waits for what may end, where there is such a thing.
async fn or_never(end: Option<impl Future<Output = ()>>) {
    match end {
        Some(end) => end.await,
        None => pending().await,
    }
}

/// What stands behind `Bearer`; `None` for another scheme.
fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let end = authorization.iter().position(|byte| *byte == b' ').unwrap_or(authorization.len());
    let (scheme, shown) = authorization.split_at(end);
    scheme.eq_ignore_ascii_case(b"Bearer").then(|| shown.trim_ascii())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    const TOKEN: &str = "a-token-of-22-letters!";

    async fn shown(auth: &Authenticator, authorization: &str) -> Option<Identity> {
        auth.caller(Some(authorization.as_bytes()), None).await.ok().map(|caller| caller.identity)
    }

    #[tokio::test]
    async fn only_the_token_makes_a_publisher() {
        let auth = Authenticator::default().with_publish_token(TOKEN);
        for (text, expected) in [
            (format!("Bearer {TOKEN}"), Some(Identity::PublishToken)),
            (format!("bearer   {TOKEN} "), Some(Identity::PublishToken)),
            (format!("Bearer {TOKEN}s"), None),
            (format!("Bearer {}", &TOKEN[1..]), None),
            ("Bearer".to_owned(), None),
            ("Bearer é".to_owned(), None),
            (format!("Basic {TOKEN}"), Some(Identity::Anonymous)),
            (TOKEN.to_owned(), Some(Identity::Anonymous)),
            (String::new(), Some(Identity::Anonymous)),
        ] {
            assert_eq!(shown(&auth, &text).await, expected, "{text}");
        }
        let caller = auth.caller(Some(format!("Bearer {TOKEN}").as_bytes()), None).await.unwrap();
        assert_eq!(caller.scope, Scope::Publish);
        // Where there is no token, none is the right one.
        assert_eq!(shown(&Authenticator::default(), &format!("Bearer {TOKEN}")).await, None);
    }

    #[tokio::test]
    async fn one_line_shows_something_and_must_hold() {
        let auth = Authenticator::default().with_publish_token(TOKEN);
        let right = format!("Bearer {TOKEN}");
        assert_eq!(auth.caller(Some(right.as_bytes()), Some(b"farol_x_y")).await, Err(AuthError::Several));
        assert!(auth.caller(None, Some(TOKEN.as_bytes())).await.is_err(), "it is no API key");
        assert!(auth.caller(Some(b"Basic x"), Some(b"")).await.is_err());
    }

    #[tokio::test]
    async fn nobody_is_let_in_unknown_where_the_settings_say_so() {
        let auth = Authenticator::default().with_publish_token(TOKEN).with_anonymous(false);
        for authorization in [None, Some(&b"Basic x"[..])] {
            assert_eq!(auth.caller(authorization, None).await, Err(AuthError::Missing));
        }
        assert_eq!(shown(&auth, &format!("Bearer {TOKEN}")).await, Some(Identity::PublishToken));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_is_let_in_until_his_token_expires() {
        let (auth, began) = (Authenticator::default(), Instant::now());
        let expires = Some(began + Duration::from_secs(90));
        auth.ended(&Caller { expires, ..Caller::default() }).await;
        assert_eq!(began.elapsed().as_secs(), 90);
        let never = tokio::time::timeout(Duration::from_hours(1), auth.ended(&Caller::default()));
        assert!(never.await.is_err());
    }

    #[test]
    fn nothing_is_shown_of_the_token() {
        let auth = Authenticator::default().with_publish_token(TOKEN);
        let digest = format!("{:?}", Sha256::digest(TOKEN));
        let shown = format!("{auth:?}");
        assert!(!shown.contains(TOKEN) && !shown.contains(&digest), "{shown}");
    }
}

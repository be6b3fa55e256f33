//! JSON Web Tokens (RFC 7519): callers whom somebody else vouches for.
//!
//! What must stay true: a token is believed only when it is signed by the algorithm of the settings with a key of
//! theirs, whatever its header says; when its issuer is the one that is trusted, it is meant for this server, and its
//! time is now. What it claims beyond that is read as little as possible: a scope that is not understood allows
//! nothing.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::Utc;
use jsonwebtoken::{Validation, decode, decode_header, errors::ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use super::jwks::JwtError;
use super::{
    AuthError, Caller, Identity, Scope,
    jwks::{self, Keys},
    plan_of, verify,
};
use crate::lifecycle::Tasks;

/// Bytes of a subject at most, as in `OpenID` Connect.
const LONGEST_SUBJECT: usize = 255;

/// As good as for ever; clocks overflow beyond.
const FOREVER: Duration = Duration::from_hours(24 * 365 * 100);

/// What is told of a token whose header is not right.
const HEADER: &str =
    "the token's header cannot be read, or names another algorithm than this server takes (alg)";

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256, by a secret that both sides know.
    Hs256,
    /// RSA (PKCS #1) with SHA-256.
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// What the tokens are signed with.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A secret of 32 bytes or more, for HS256.
    Secret(SecretString),
    /// A PEM file with a public key.
    PublicKey(PathBuf),
    /// A JWKS file; a token names the key by its `kid`.
    KeySet(PathBuf),
}

/// Which tokens are believed.
#[derive(Clone, Debug)]
pub struct Options {
    /// How they are signed.
    pub algorithm: Algorithm,
    /// With what.
    pub keys: KeySource,
    /// By whom: the claim `iss`.
    pub issuer: String,
    /// For whom: the claim `aud`, or one of them.
    pub audience: String,
    /// By how much clocks may differ.
    pub leeway: Duration,
}

/// Judges tokens. Clones share the keys.
#[derive(Clone)]
pub struct Jwt {
    algorithm: Algorithm,
    validation: Arc<Validation>,
    keys: Arc<Keys>,
}

/// What is read of a token. The validation asks for what is missing.
#[derive(Deserialize)]
struct Claims {
    /// One text, as RFC 7519 has it: the validation would take a list with the right one in it.
    #[serde(rename = "iss")]
    _issuer: String,
    #[serde(default)]
    sub: String,
    /// Seconds since 1970; fractions are allowed.
    #[serde(default)]
    exp: f64,
    #[serde(default)]
    scope: Words,
    plan: Option<String>,
}

/// Words with blanks in between, as OAuth has them, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    Text(String),
    List(Vec<String>),
    /// Whatever else it is.
    Other(serde::de::IgnoredAny),
}

impl Jwt {
    /// Reads the keys. From then on this process has jsonwebtoken verify by ring.
    pub fn new(options: &Options) -> Result<Self, JwtError> {
        verify::install();
        let algorithm = options.algorithm;
        let keys = match &options.keys {
            KeySource::Secret(secret) => Keys::secret(secret.expose_secret())?,
            KeySource::PublicKey(path) => Keys::pem(path, algorithm)?,
            KeySource::KeySet(path) => Keys::file(path, algorithm)?,
        };
        let mut validation = Validation::new(algorithm.inner());
        validation.set_issuer(&[&options.issuer]);
        validation.set_audience(&[&options.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = options.leeway.as_secs();
        Ok(Self { algorithm, validation: Arc::new(validation), keys: Arc::new(keys) })
    }

    /// Reads a JWKS file again every five seconds until `shutdown`, so that its keys can be changed; other keys stay.
    #[must_use]
    pub fn followed(self, tasks: &Tasks, shutdown: CancellationToken) -> Self {
        jwks::follow(&self.keys, tasks, shutdown);
        self
    }

    /// How tokens are signed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How many keys there are.
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// Whether a text could be a token: three parts with dots in between.
    pub(super) fn is_meant(token: &[u8]) -> bool {
        token.split(|byte| *byte == b'.').count() == 3
    }

    /// Who shows this token.
    pub(super) fn caller(&self, token: &[u8]) -> Result<Caller, AuthError> {
        let header = decode_header(token).map_err(|_| AuthError::Refused(HEADER))?;
        if header.crit.is_some() {
            return Err(AuthError::Refused("the token asks for what this server does not understand (crit)"));
        }
        let key = self.keys.of(header.kid.as_deref());
        let key =
            key.ok_or(AuthError::Refused("the token is signed with a key that is not known here (kid)"))?;
        let Claims { sub, exp, scope, plan, .. } =
            decode::<Claims>(token, &key, &self.validation).map_err(|error| explain(error.kind()))?.claims;
        if sub.is_empty() || sub.len() > LONGEST_SUBJECT {
            return Err(AuthError::Refused("the token's subject (sub) is empty or longer than 255 bytes"));
        }
        Ok(Caller {
            identity: Identity::Subject(sub.into()),
            scope: scope.highest(),
            plan: plan.as_deref().and_then(plan_of),
            expires: self.end_of(exp),
            kid: Some(header.kid.unwrap_or_default().into()),
        })
    }

    /// Completes when the key of this name is not the one any more that it is now.
    pub(super) fn key_gone(&self, kid: &str) -> impl Future<Output = ()> + Send + use<> {
        self.keys.gone(kid)
    }

    /// When a token with this expiry is not believed any more; `None` where nobody lives to see it.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 have 41 bits, a leeway fewer")]
    fn end_of(&self, exp: f64) -> Option<Instant> {
        let now = Utc::now().timestamp_millis() as f64 / 1000.0;
        let left = exp + self.validation.leeway as f64 - now;
        let left = Duration::try_from_secs_f64(left.max(0.0)).ok()?;
        (left < FOREVER).then(|| Instant::now() + left)
    }
}

/// Says nothing of the keys.
impl std::fmt::Debug for Jwt {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Jwt({}, {} keys)", self.algorithm.as_str(), self.keys.len())
    }
}

impl Algorithm {
    /// Its name in headers and settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(super) const fn inner(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

impl Words {
    /// The highest scope among them; reading, where there is none.
    fn highest(&self) -> Scope {
        let highest = match self {
            Self::Text(text) => text.split_ascii_whitespace().filter_map(Scope::parse).max(),
            Self::List(words) => words.iter().filter_map(|word| Scope::parse(word)).max(),
            Self::Other(_) => None,
        };
        highest.unwrap_or(Scope::Read)
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

/// What is told of a token that is not believed. Of its claims only when its signature is right.
fn explain(kind: &ErrorKind) -> AuthError {
    AuthError::Refused(match kind {
        ErrorKind::ExpiredSignature => "the token has expired (exp)",
        ErrorKind::ImmatureSignature => "the token is not valid yet (nbf)",
        ErrorKind::InvalidIssuer => "the token is of an issuer that is not trusted here (iss)",
        ErrorKind::InvalidAudience => "the token is not meant for this server (aud)",
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => {
            "the token lacks one of the claims exp, iss, aud and sub, or has it in another form"
        }
        ErrorKind::InvalidAlgorithm => HEADER,
        _ => "the token is not signed as this server asks for, or was changed",
    })
}

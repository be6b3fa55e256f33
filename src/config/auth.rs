//! `[auth]`: who may call, and whose tokens are believed.

use std::{fmt, ops::RangeInclusive, path::PathBuf, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use super::{Problem, value::Value};

/// Bytes of a secret at least: as many as HS256's hash has (RFC 7518).
const SHORTEST_SECRET: usize = 32;

settings! {
    /// Who may call, and whose tokens (JSON Web Tokens) are believed. API keys are made by `farol key`.
    Auth = "auth" {
        /// Whether callers who show no credentials may query and subscribe.
        anonymous: bool = true;
        /// How tokens are signed: HS256, RS256, ES256 or `EdDSA`; a token that is signed otherwise is refused. Empty
        /// for none: then no tokens are taken. With it go one source of keys, `auth.jwt_issuer` and
        /// `auth.jwt_audience`.
        jwt_algorithm: Option<JwtAlgorithm> = "";
        /// The secret of HS256, of 32 bytes or more, from `openssl rand -hex 32` for instance. It is never shown or
        /// logged.
        jwt_secret: Option<JwtSecret> = "";
        /// A PEM file with the public key of RS256, ES256 or `EdDSA`.
        jwt_key_file: Option<PathBuf> = "";
        /// A JWKS file: keys that tokens name by their `kid`. A file that changes is read again within five seconds.
        jwks_file: Option<PathBuf> = "";
        /// Who must have issued a token: its claim `iss`.
        jwt_issuer: Option<Claim> = "";
        /// For whom a token must be meant: its claim `aud`, or one of them.
        jwt_audience: Option<Claim> = "";
        /// Seconds by which the clocks of this server and of the issuer may differ.
        jwt_leeway_s: u64 = 30, in 0..=300;
    }
}

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// RSA (PKCS #1) with SHA-256.
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// The secret that tokens are signed with. `Debug` and `Display` do not show it.
#[derive(Clone)]
pub struct JwtSecret(SecretString);

/// The value that a claim must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim(pub String);

impl Auth {
    /// By how much clocks may differ.
    pub fn jwt_leeway(&self) -> Duration {
        Duration::from_secs(self.jwt_leeway_s)
    }

    pub(super) fn contradictions(&self, problems: &mut Vec<Problem>) {
        let keys = [
            ("auth.jwt_secret", self.jwt_secret.is_some()),
            ("auth.jwt_key_file", self.jwt_key_file.is_some()),
            ("auth.jwks_file", self.jwks_file.is_some()),
        ];
        let claims = [
            ("auth.jwt_issuer", self.jwt_issuer.is_some()),
            ("auth.jwt_audience", self.jwt_audience.is_some()),
        ];
        let mut contradict = |text: String| problems.push(Problem::Contradiction(text));
        let Some(algorithm) = self.jwt_algorithm else {
            for (key, _) in keys.iter().chain(&claims).filter(|(_, is_set)| *is_set) {
                contradict(format!("{key} is of no use without auth.jwt_algorithm"));
            }
            return;
        };
        for (key, _) in claims.iter().filter(|(_, is_set)| !is_set) {
            contradict(format!(
                "auth.jwt_algorithm = {algorithm} needs {key}: a token for somebody else must not be taken here"
            ));
        }
        let own = if algorithm == JwtAlgorithm::Hs256 { "auth.jwt_secret" } else { "auth.jwt_key_file" };
        let given: Vec<&str> = keys.iter().filter(|(_, is_set)| *is_set).map(|(key, _)| *key).collect();
        if given != [own] && given != ["auth.jwks_file"] {
            let found = if given.is_empty() { "none".to_owned() } else { given.join(" and ") };
            contradict(format!(
                "auth.jwt_algorithm = {algorithm} needs its keys from either {own} or auth.jwks_file; set is {found}"
            ));
        }
    }
}

impl JwtSecret {
    /// The secret itself, to verify with.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Display for JwtSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl fmt::Debug for JwtSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl fmt::Display for JwtAlgorithm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        })
    }
}

impl Value for Option<JwtAlgorithm> {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "HS256, RS256, ES256, EdDSA or nothing".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        match text {
            "" => Some(None),
            "HS256" => Some(Some(JwtAlgorithm::Hs256)),
            "RS256" => Some(Some(JwtAlgorithm::Rs256)),
            "ES256" => Some(Some(JwtAlgorithm::Es256)),
            "EdDSA" => Some(Some(JwtAlgorithm::EdDsa)),
            _ => None,
        }
    }
}

impl Value for Option<JwtSecret> {
    fn expected(_: &RangeInclusive<u64>) -> String {
        format!("{SHORTEST_SECRET} bytes or more, or nothing")
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        let secret = (!text.is_empty()).then(|| JwtSecret(SecretString::from(text)));
        (text.is_empty() || text.len() >= SHORTEST_SECRET).then_some(secret)
    }

    fn show(text: &str) -> String {
        if text.is_empty() { String::new() } else { "***".to_owned() }
    }
}

impl Value for Option<Claim> {
    fn expected(_: &RangeInclusive<u64>) -> String {
        "a text, or nothing".to_owned()
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        Some((!text.is_empty()).then(|| Claim(text.to_owned())))
    }
}

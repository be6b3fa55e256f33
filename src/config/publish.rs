//! `[publish]`: who may publish releases, and how much at a time.

use std::{fmt, ops::RangeInclusive};

use secrecy::{ExposeSecret, SecretString};

use super::value::Value;

/// Characters that a token must have. One that can be guessed is none.
const SHORTEST: usize = 16;

settings! {
    /// Who may publish releases by the mutation publishReleases, and how much at a time.
    Publish = "publish" {
        /// The token that callers send who publish, as `Authorization: Bearer TOKEN`; 16 or more visible
        /// characters, from `openssl rand -hex 32` for instance. Empty for none: then only API keys and JSON Web
        /// Tokens of scope publish may. It is never shown or logged.
        token: Option<PublishToken> = "";
        /// Bytes of a body at most, once it is decompressed, of callers who may publish.
        max_bytes: usize = 5242880, in 1..=u64::MAX;
    }
}

/// A token. `Debug` and `Display` do not show it.
#[derive(Clone)]
pub struct PublishToken(SecretString);

impl PublishToken {
    /// The token itself, to compare with.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Display for PublishToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl fmt::Debug for PublishToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl Value for Option<PublishToken> {
    fn expected(_: &RangeInclusive<u64>) -> String {
        format!("{SHORTEST} or more letters, digits and signs of ASCII without blanks, or nothing")
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        if text.is_empty() {
            return Some(None);
        }
        // What a header can carry.
        let fits = text.len() >= SHORTEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Some(PublishToken(SecretString::from(text))))
    }

    fn show(text: &str) -> String {
        if text.is_empty() { String::new() } else { "***".to_owned() }
    }
}

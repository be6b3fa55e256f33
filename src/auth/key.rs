//! API keys as texts: `farol_ID_SECRET`, both in hexadecimal digits. The id is public and names the key in lists and
//! logs; the secret is 256 random bits.
//!
//! What must stay true: the text of a key exists only when it is made and when it is shown. What is kept is its
//! SHA-256, which gives nothing away of so many random bits. There is one spelling of a key, so that another text is
//! never the same key.

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// How every key begins, so that people and scanners know one when they see it.
const PREFIX: &str = "farol_";
/// Digits of an id: 64 bits.
const ID: usize = 16;
/// Digits of a secret: 256 bits.
const SECRET: usize = 64;
/// Random bytes of a key: two digits each.
const BYTES: usize = ID / 2 + SECRET / 2;

/// A key that was just made. `Debug` does not show it.
#[derive(Debug)]
pub struct NewKey {
    id: String,
    text: SecretString,
}

/// The system gave no random bits.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random numbers, which a key is made of")]
pub struct NoRandomness;

impl NewKey {
    /// Makes a key of the system's random bits.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
        let digits = digits(&bytes);
        let (id, secret) = digits.split_at(ID);
        let text = format!("{PREFIX}{id}_{secret}");
        Ok(Self { id: id.to_owned(), text: text.into() })
    }

    /// What it is called.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key itself, to be shown once.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// What is kept of it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }
}

/// The id in what somebody says of a key: the id itself or the whole key, of which nothing else is taken up.
/// `None` for any other text.
pub fn key_id(said: &str) -> Option<&str> {
    let whole = ShownKey::read(said.as_bytes()).map(ShownKey::id);
    whole.or_else(|| is_digits(said, ID).then_some(said))
}

/// A key that somebody shows: a text of the right shape, which says nothing of whether it is valid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ShownKey<'a> {
    id: &'a str,
    text: &'a str,
}

impl<'a> ShownKey<'a> {
    /// Whether a token is meant for a key, even if it is not one.
    pub(super) fn is_meant(token: &[u8]) -> bool {
        token.starts_with(PREFIX.as_bytes())
    }

    /// Reads a text; `None` where no key has this shape.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        (is_digits(id, ID) && is_digits(secret, SECRET)).then_some(Self { id, text })
    }

    /// Which key it says it is.
    pub(super) fn id(self) -> &'a str {
        self.id
    }

    /// What would be kept of it.
    pub(super) fn digest(self) -> [u8; 32] {
        Sha256::digest(self.text).into()
    }
}

/// Leaves the secret out.
impl fmt::Debug for ShownKey<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{PREFIX}{}_***", self.id)
    }
}

fn digits(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Lower case only: a key has one spelling.
fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_key_is_read_as_what_it_is() {
        let (key, other) = (NewKey::random().unwrap(), NewKey::random().unwrap());
        let shown = ShownKey::read(key.expose().as_bytes()).unwrap();
        assert_eq!((shown.id(), shown.digest()), (key.id(), key.digest()));
        assert_ne!(key.id(), other.id());
        assert_ne!(key.expose()[PREFIX.len() + ID..], other.expose()[PREFIX.len() + ID..]);
        assert_eq!(key.expose().len(), 6 + 16 + 1 + 64);
    }

    #[test]
    fn no_key_is_shown_in_logs() {
        let key = NewKey::random().unwrap();
        let shown = format!("{key:?} {:?}", ShownKey::read(key.expose().as_bytes()));
        assert!(!shown.contains(&key.expose()[PREFIX.len() + ID + 1..]), "{shown}");
        assert!(shown.contains(key.id()));
    }

    #[test]
    fn what_has_another_shape_is_no_key() {
        let (id, secret) = ("0123456789abcdef", "f".repeat(SECRET));
        assert!(ShownKey::read(format!("farol_{id}_{secret}").as_bytes()).is_some());
        for wrong in [
            String::new(),
            "farol_".to_owned(),
            format!("farol_{id}"),
            format!("farol_{id}_"),
            format!("farol_{id}_{}", &secret[1..]),
            format!("farol_{id}_{secret}f"),
            format!("farol_{id}_{}", secret.to_uppercase()),
            format!("Farol_{id}_{secret}"),
            format!("farol_{}_{secret}", &id[1..]),
            format!("farol_{id}_{secret} "),
            format!("farol_{id}__{}", &secret[1..]),
        ] {
            assert_eq!(ShownKey::read(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest! {
        /// Whoever reads what strangers send never panics over it, and takes no other text for the same key.
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..100), at in 0_usize..87, to in any::<u8>()) {
            prop_assert!(ShownKey::read(&bytes).is_none());
            let key = NewKey::random().unwrap();
            let mut changed = key.expose().as_bytes().to_vec();
            changed[at] = to;
            let same = ShownKey::read(&changed).is_some_and(|shown| shown.digest() == key.digest());
            prop_assert_eq!(same, changed == key.expose().as_bytes());
        }
    }
}

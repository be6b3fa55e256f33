//! The SHA-256 of a document's text: what automatic persisted queries and `documentId` name it by.

use std::fmt;

use sha2::{Digest, Sha256};

/// What the proposal for persisted documents puts before a hash.
pub(super) const PREFIX: &str = "sha256:";

/// The SHA-256 of a document's text, to the byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DocumentHash([u8; 32]);

impl DocumentHash {
    /// The hash of a text.
    pub(super) fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Its bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads 64 hexadecimal digits in lower case, with or without the prefix `sha256:`. Digits in upper case
    /// are another name, as they are to the tools that send them.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let digits = name.strip_prefix(PREFIX).unwrap_or(name).as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_the_proposal_has_its_hash() {
        let hash = DocumentHash::of("query($id:ID!){user(id:$id){name}}");
        let digits = "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b";
        assert_eq!(hash.to_string(), digits);
        assert!(DocumentHash::parse(digits) == Some(hash));
        assert!(DocumentHash::parse(&format!("sha256:{digits}")) == Some(hash));
        for other in [&digits.to_uppercase(), &digits[1..], &format!("md5:{digits}"), "", "sha256:"] {
            assert!(DocumentHash::parse(other).is_none(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_hash_is_read_as_it_is_written(text in ".*", other in ".*") {
            let hash = DocumentHash::of(&text);
            prop_assert!(DocumentHash::parse(&hash.to_string()) == Some(hash));
            prop_assert_eq!(hash == DocumentHash::of(&other), text == other);
            prop_assert!(DocumentHash::parse(&other).is_none());
        }
    }
}

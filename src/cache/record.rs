//! A kept value as Redis holds it: how long it took to load, then its bytes. And what it is called there.

use std::{fmt::Write as _, time::Duration};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::entry::{Cacheable, Entry};

/// Bytes of the load time, in microseconds.
const TOOK: usize = 4;
/// Bytes of a key's digest that stand for it: as many as make a clash unthinkable.
const DIGEST: usize = 16;

/// The bytes of an entry; `None` when it cannot be written.
pub(super) fn encode<V: Cacheable>(entry: &Entry<V>) -> Option<Vec<u8>> {
    let micros = u32::try_from(entry.took.as_micros()).unwrap_or(u32::MAX);
    let mut bytes = micros.to_be_bytes().to_vec();
    if let Some(value) = &entry.value {
        bytes.push(1);
        bytes.append(&mut value.encode()?);
    } else {
        bytes.push(0);
    }
    Some(bytes)
}

/// The value, and how long it took to load; `None` when the bytes are not such.
pub(super) fn decode<V: Cacheable>(bytes: &[u8]) -> Option<(Option<V>, Duration)> {
    let (took, rest) = bytes.split_first_chunk::<TOOK>()?;
    let took = Duration::from_micros(u32::from_be_bytes(*took).into());
    match rest.split_first()? {
        (0, []) => Some((None, took)),
        (1, value) => Some((Some(V::decode(value)?), took)),
        _ => None,
    }
}

/// What the value of a key is called. Keys can hold what clients write: a digest that nobody can make collide
/// stands for them.
pub(super) fn name(relation: &str, key: &impl Serialize) -> String {
    let mut digest = Sha256::new();
    // Writing into memory does not fail; a key that refuses to be written would share its name with others.
    match postcard::to_stdvec(key) {
        Ok(bytes) => digest.update(bytes),
        Err(error) => tracing::error!(relation, %error, "a key of the cache cannot be written"),
    }
    let mut name = String::with_capacity(relation.len() + 1 + 2 * DIGEST);
    name.push_str(relation);
    name.push(':');
    for byte in digest.finalize().iter().take(DIGEST) {
        // Writing into a text does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

//! One response as it is kept.

use std::{
    mem::size_of,
    sync::{
        OnceLock,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::packed::Packed;
use crate::cache::Dependencies;

/// Memory of an entry beside its key and response: allocations and places in the cache, measured.
const BOOKS: usize = 480;
/// How often it is tried at most to make one anew, in milliseconds. What fails once fails again soon after.
const PAUSE: u64 = 1_000;
/// Bytes of a body's digest in its entity tag: as many as make a clash unthinkable.
const TAG_BYTES: usize = 16;

/// The bytes of a response and what is known of them.
pub struct Stored {
    body: Bytes,
    entity_tag: String,
    made: Instant,
    dependencies: Dependencies,
    hits: AtomicU32,
    /// From when on it may be tried to make it anew, in milliseconds since it was made.
    refresh: AtomicU64,
    packed: OnceLock<Packed>,
}

impl Stored {
    /// A response made now.
    pub fn new(body: &[u8], dependencies: Dependencies) -> Self {
        let digest = Sha256::digest(body);
        let entity_tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..TAG_BYTES]));
        Self {
            // A copy: the buffer that the body was written into is up to twice as large.
            body: Bytes::copy_from_slice(body),
            entity_tag,
            made: Instant::now(),
            dependencies: dependencies.settled(),
            hits: AtomicU32::new(0),
            refresh: AtomicU64::new(0),
            packed: OnceLock::new(),
        }
    }

    /// The body, as it is.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body in smaller forms, once it was found often.
    pub fn packed(&self) -> Option<&Packed> {
        self.packed.get()
    }

    /// Names the body, the same on every node and whatever its encoding: hence a weak tag. A strong one
    /// would have to differ for each encoding that is made on the way out, and only ranges need it.
    pub fn entity_tag(&self) -> &str {
        &self.entity_tag
    }

    /// How long ago it was made.
    pub fn age(&self) -> Duration {
        self.made.elapsed()
    }

    /// When it becomes too old, if ever.
    pub fn expires(&self) -> Option<Instant> {
        self.dependencies.expires
    }

    /// Whether it is too old.
    pub fn is_stale(&self) -> bool {
        self.expires().is_some_and(|expires| expires <= Instant::now())
    }

    /// Whether whoever asks should try to make it anew: nobody did a moment ago.
    pub(super) fn may_refresh(&self) -> bool {
        let now = u64::try_from(self.age().as_millis()).unwrap_or(u64::MAX);
        let due = self.refresh.load(Relaxed);
        due <= now && self.refresh.compare_exchange(due, now.saturating_add(PAUSE), Relaxed, Relaxed).is_ok()
    }

    /// What it was made from.
    pub fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }

    /// Bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        let slots = size_of_val(self.dependencies.slots());
        let packed = self.packed().map_or(0, Packed::size);
        size_of::<Self>() + BOOKS + self.body.len() + self.entity_tag.len() + slots + packed
    }

    /// Counts a hit; the number of hits with it.
    pub(super) fn hit(&self) -> u32 {
        // Beyond four billion hits it may be packed again, which changes nothing.
        self.hits.fetch_add(1, Relaxed).wrapping_add(1)
    }

    /// Makes the smaller forms. Takes long: not for a thread that serves requests.
    pub(super) fn pack(&self) {
        self.packed.get_or_init(|| Packed::of(&self.body));
    }
}

//! What a cached value depends on, and what a write says that it changed.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Something that is written as a whole. A cached value names all that it was made from; a write marks all
/// that it touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag<'a> {
    /// Anything at all: every write marks it.
    Anything,
    /// Anything of a dataset, and its own row.
    Dataset(i64),
    /// A contracting process with everything in it.
    Process(i64),
    /// An organisation: its row, and the lists and sums of what it bought, bid for and won.
    Organization(i64),
    /// The processes that have an ocid, in whichever dataset.
    Ocid(&'a str),
}

/// The place of a tag in the [`Ledger`](super::Ledger). Two tags may share one: a write of either then
/// counts for both, which costs a load and is never wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub(super) u32);

/// How many places there are; a power of two. With a thousand tags marked, one value of 260 is dropped
/// for nothing.
pub(super) const SLOTS: u32 = 1 << 18;

impl Slot {
    /// The place of a tag, the same as long as the process runs.
    pub fn of(tag: Tag<'_>) -> Self {
        let mut hasher = DefaultHasher::new();
        tag.hash(&mut hasher);
        let hash = hasher.finish() & u64::from(SLOTS - 1);
        Self(u32::try_from(hash).unwrap_or(0))
    }
}

//! What an answer was made from, gathered while it is made.

use tokio::time::Instant;

use super::{
    ledger::Ledger,
    tag::{Slot, Tag},
};

/// What an answer depends on, and how long it may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependencies {
    /// The sequence of the change log that all of it was read at, at least; `None` when something of it may
    /// not be kept.
    pub read_at: Option<i64>,
    /// The moment at which the first of its parts is too old.
    pub expires: Option<Instant>,
    /// What it depends on, each once.
    slots: Vec<Slot>,
}

/// An answer that depends on more is taken to depend on anything.
const MOST_SLOTS: usize = 256;

impl Dependencies {
    /// Those of an answer of which nothing was read yet, begun now.
    pub fn begin(ledger: &Ledger) -> Self {
        Self { read_at: ledger.position(), expires: None, slots: Vec::new() }
    }

    /// Adds those of a part that was read at a sequence (`None`: it may not be kept).
    pub fn add(&mut self, read_at: Option<i64>, expires: Option<Instant>, slots: &[Slot]) {
        self.read_at = self.read_at.zip(read_at).map(|(one, other)| one.min(other));
        self.expires = self.expires.into_iter().chain(expires).min();
        self.slots.extend_from_slice(slots);
        if self.slots.len() > 4 * MOST_SLOTS {
            self.settle();
        }
    }

    /// Brings the slots into their final form, in as little memory as they take.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.settle();
        self.slots.shrink_to_fit();
        self
    }

    /// Whether an answer with these dependencies still counts. How old it is, is another question.
    pub fn count(&self, ledger: &Ledger) -> bool {
        self.read_at.is_some_and(|read_at| ledger.counts(read_at, &self.slots))
    }

    /// What it depends on.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    fn settle(&mut self) {
        self.slots.sort_unstable();
        self.slots.dedup();
        if self.slots.len() > MOST_SLOTS {
            self.slots = vec![Slot::of(Tag::Anything)];
        }
    }
}

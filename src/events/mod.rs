//! The change log as it grows: what was written is heard of, whichever program wrote it.
//!
//! [`Tail`] follows the log for the caches, it marks what each write touched in their
//! [`Ledger`]; and for subscriptions, which find the newest entries in [`Recent`]: whoever wants to know of
//! changes within this process reads them there, and need not know how they came.
//!
//! ```text
//! the log in the database ──────────────────────────────┬─ Tail ─ Ledger (caches), Recent (subscriptions)
//! another node's Recent ── its share ── Redis ── share ─┘
//! ```
//!
//! They come from the log. Where several nodes follow one log, one of them also tells the others what it reads
//! ([`share`]), so that they need not read it, too. The log stays the truth: whatever Redis loses, doubles or
//! makes up costs no more than reads.

mod batch;
mod pace;
mod place;
mod recent;
mod relay;
mod stream;
mod tail;

pub use recent::{Head, Recent};
pub use relay::share;
pub use tail::{Options, Tail};

use crate::{
    cache::{Ledger, Slot, Tag},
    store::query::changes::{Entry, Organizations},
};

/// Marks all that a write touched. [`Ledger::advance`] must follow, once all entries up to there are marked.
pub fn mark(ledger: &Ledger, entry: &Entry) {
    let process = entry.process.iter();
    let process = process.flat_map(|process| [Tag::Process(process.id), Tag::Ocid(&process.ocid)]);
    let named = match &entry.organizations {
        Organizations::Named(ids) => ids.as_slice(),
        Organizations::Any => {
            ledger.mark_all(entry.sequence);
            &[]
        }
    };
    let organizations = named.iter().map(|id| Tag::Organization(*id));
    let tags = [Tag::Anything, Tag::Dataset(entry.dataset)].into_iter().chain(process).chain(organizations);
    ledger.mark(entry.sequence, tags.map(Slot::of));
}

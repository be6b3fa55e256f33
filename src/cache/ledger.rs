//! When each tag was last written: what decides whether a cached value still counts.
//!
//! A moment is a sequence of the change log. A value is read *at* the sequence up to which this process
//! had followed the log before the read began, so it holds at least every write up to there. A write marks
//! the slots of its tags with its own sequence. A value counts as long as none of its slots has a mark
//! beyond the sequence it was read at. So a value that was read before a write was committed never counts
//! once the write is marked, whenever it arrives in a cache: nothing has to be found and removed, and
//! the same comparison holds for values that other nodes read.
//!
//! Marks are kept in a table of fixed size that is written and read without locks. The order of a write:
//! first its marks, then the position ([`Ledger::advance`]), so that whoever reads the new position reads
//! the marks too.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use super::tag::{SLOTS, Slot};

/// The table of marks.
pub struct Ledger {
    marks: Box<[AtomicI64]>,
    position: AtomicI64,
    /// Values read before this sequence do not count: the marks of then are not known.
    floor: AtomicI64,
}

/// The position of a ledger that does not follow the log yet.
const NOWHERE: i64 = -1;

impl Default for Ledger {
    /// A ledger that does not follow the log yet: nothing counts.
    fn default() -> Self {
        Self {
            marks: (0..SLOTS).map(|_| AtomicI64::new(NOWHERE)).collect(),
            position: AtomicI64::new(NOWHERE),
            floor: AtomicI64::new(0),
        }
    }
}

impl Ledger {
    /// Follows the log from here: all writes behind `known_since` and up to `position` are marked. What was
    /// read before the ledger was last closed does not count, even if it was read at a later sequence of
    /// another log; where that was beyond `position`, nothing counts until the log has come so far.
    pub fn open(&self, known_since: i64, position: i64) {
        self.floor.fetch_max(known_since, SeqCst);
        self.position.store(position, SeqCst);
    }

    /// The sequence up to which all writes are marked: what a read that begins now sees at least. `None`
    /// when the log is not followed: then nothing may be kept, and nothing kept may be used.
    pub fn position(&self) -> Option<i64> {
        Some(self.position.load(SeqCst)).filter(|position| *position > NOWHERE)
    }

    /// A write at this sequence changed these; [`advance`](Self::advance) must follow.
    pub fn mark(&self, sequence: i64, slots: impl IntoIterator<Item = Slot>) {
        for Slot(slot) in slots {
            self.marks[slot as usize].fetch_max(sequence, SeqCst);
        }
    }

    /// All writes up to this sequence are marked.
    pub fn advance(&self, sequence: i64) {
        self.position.fetch_max(sequence, SeqCst);
    }

    /// A write at this sequence changed more than can be named: nothing read before it counts.
    pub fn mark_all(&self, sequence: i64) {
        self.floor.fetch_max(sequence, SeqCst);
    }

    /// The log cannot be followed from where it was left, or is another one: nothing counts until
    /// [`open`](Self::open).
    pub fn close(&self) {
        // The marks may stay: none is beyond the position, and the floor is now.
        let position = self.position.swap(NOWHERE, SeqCst);
        self.floor.fetch_max(position + 1, SeqCst);
    }

    /// Whether what was read at a sequence from these slots still counts.
    pub fn counts(&self, read_at: i64, slots: &[Slot]) -> bool {
        self.right_at(read_at, slots).is_some()
    }

    /// The sequence up to which what was read at another from these slots is known to be right; `None` when it
    /// does not count any more. What many parts make is right where all of them are: an old part that no
    /// write has touched is as good as one that was read just now.
    pub fn right_at(&self, read_at: i64, slots: &[Slot]) -> Option<i64> {
        // The position first: all writes up to there are marked.
        let position = self.position()?;
        let unmarked = |slot: &Slot| self.marks[slot.0 as usize].load(SeqCst) <= read_at;
        let counts = read_at >= self.floor.load(SeqCst) && slots.iter().all(unmarked);
        counts.then_some(position.max(read_at))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tag::Tag, *};

    #[test]
    fn a_value_counts_until_something_it_depends_on_is_written() {
        let ledger = Ledger::default();
        let (buyer, process) = (Slot::of(Tag::Organization(1)), Slot::of(Tag::Process(2)));
        assert!(!ledger.counts(10, &[]), "the log is not followed yet");
        ledger.open(3, 10);
        assert!(ledger.counts(10, &[buyer, process]));
        assert!(!ledger.counts(2, &[]), "what was written before the log was followed is not known");
        ledger.mark(11, [process]);
        ledger.advance(11);
        assert!(!ledger.counts(10, &[buyer, process]));
        assert!(ledger.counts(10, &[buyer]));
        assert!(ledger.counts(11, &[buyer, process]), "it was read after the write");
        assert_eq!(ledger.right_at(10, &[buyer]), Some(11), "no write up to there has touched it");
        assert_eq!(ledger.right_at(12, &[buyer]), Some(12), "another node is ahead");
        ledger.mark_all(12);
        ledger.advance(12);
        assert!(!ledger.counts(11, &[buyer]) && ledger.counts(12, &[buyer]));
        ledger.close();
        assert!(!ledger.counts(12, &[]));
    }

    #[test]
    fn nothing_read_before_the_log_was_left_counts_in_another() {
        let ledger = Ledger::default();
        let buyer = Slot::of(Tag::Organization(1));
        ledger.open(0, 1000);
        ledger.mark(1000, [buyer]);
        ledger.close();
        ledger.open(400, 500);
        assert!([450, 500, 1000].into_iter().all(|read_at| !ledger.counts(read_at, &[])));
        ledger.advance(1001);
        assert!(!ledger.counts(1000, &[]) && ledger.counts(1001, &[buyer]));
    }
}

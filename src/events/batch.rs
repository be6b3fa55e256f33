//! Entries of the log as one node tells them to the others.

use std::sync::Arc;

use crate::{cache::shared, store::query::changes::Entry};

/// Entries that lie next to each other in the log, at least one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// Behind this sequence, and up to the last entry, the log has no others than these.
    pub(super) previous: i64,
    /// In order.
    pub(super) entries: Vec<Arc<Entry>>,
}

impl Batch {
    /// The sequence of the last entry.
    pub(super) fn newest(&self) -> i64 {
        self.entries.last().map_or(self.previous, |entry| entry.sequence)
    }

    /// The batch as it lies in Redis, with a format and a checksum; `None` when it is too long for that.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let bytes = postcard::to_stdvec(&(self.previous, &self.entries)).ok()?;
        shared::encode(self.newest(), &bytes)
    }

    /// Reads a batch back; `None` for what no node of this format wrote.
    pub(super) fn decode(value: &[u8]) -> Option<Self> {
        let held = shared::decode(value)?;
        let (previous, entries) = postcard::from_bytes::<(i64, Vec<Arc<Entry>>)>(&held.bytes).ok()?;
        let batch = Self { previous, entries };
        let is_ordered = batch.entries.is_sorted_by(|one, next| one.sequence < next.sequence);
        let follows = batch.entries.first().is_some_and(|first| first.sequence > batch.previous);
        (is_ordered && follows && batch.newest() == held.read_at).then_some(batch)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::{DateTime, TimeDelta};
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::store::{
        query::changes::{ChangedProcess, Organizations},
        write::ChangeKind,
    };

    /// An entry that no other sequence has.
    pub(in crate::events) fn entry(sequence: i64) -> Arc<Entry> {
        Arc::new(Entry {
            sequence,
            at: DateTime::UNIX_EPOCH + TimeDelta::microseconds(sequence),
            dataset: 1,
            process: (sequence % 5 != 0).then(|| ChangedProcess {
                id: sequence,
                ocid: format!("ocds-{sequence}"),
                kind: ChangeKind::Awarded,
                paths: vec!["awards".to_owned()],
            }),
            organizations: match sequence % 3 {
                0 => Organizations::Any,
                _ => Organizations::Named(vec![-sequence, sequence]),
            },
        })
    }

    pub(in crate::events) fn batch(previous: i64, sequences: &[i64]) -> Batch {
        Batch { previous, entries: sequences.iter().map(|sequence| entry(*sequence)).collect() }
    }

    proptest! {
        #[test]
        fn a_batch_comes_back_as_it_went_in(previous in 0..1000_i64, steps in vec(1..9_i64, 1..100)) {
            let sequences: Vec<i64> = steps.iter().scan(previous, |at, step| { *at += step; Some(*at) }).collect();
            let told = batch(previous, &sequences);
            prop_assert_eq!(Batch::decode(&told.encode().unwrap()), Some(told));
        }

        #[test]
        fn what_nobody_wrote_is_no_batch(bytes in vec(any::<u8>(), 0..200), newest in 0..9_i64) {
            prop_assert_eq!(Batch::decode(&bytes), None);
            let _ = Batch::decode(&shared::encode(newest, &bytes).unwrap());
        }
    }

    #[test]
    fn disorder_is_no_batch() {
        for told in [batch(3, &[]), batch(3, &[3, 4]), batch(3, &[5, 4]), batch(3, &[4, 4])] {
            assert_eq!(told.encode().and_then(|value| Batch::decode(&value)), None, "{told:?}");
        }
        let bytes = postcard::to_stdvec(&(3_i64, vec![entry(4)])).unwrap();
        assert_eq!(
            Batch::decode(&shared::encode(5, &bytes).unwrap()),
            None,
            "it ends elsewhere than it says"
        );
    }
}

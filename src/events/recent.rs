//! The newest part of the change log, in memory: what subscriptions read, so that not each of them reads the
//! database.
//!
//! The tail appends what it has read and marked, in order; whoever was at the head then finds all that came
//! behind it. What is older than the memory reaches is read from the log itself. What must stay true: an entry
//! that is seen here is marked in the ledger, so that what is loaded for it is not older than it.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::watch;

use crate::store::query::changes::Entry;

/// Entries kept.
const MOST: usize = 8_192;

/// How far the log is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which log: another number than before means that places of before have no meaning in it.
    pub log: u64,
    /// The newest entry that was read and marked; 0 when the log was empty.
    pub sequence: i64,
}

/// The newest entries, and how far they go.
pub struct Recent {
    head: watch::Sender<Option<Head>>,
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Every entry behind this one, up to the head, is here.
    behind: i64,
    entries: VecDeque<Arc<Entry>>,
}

impl Default for Recent {
    /// Nothing is known of the log yet.
    fn default() -> Self {
        Self { head: watch::Sender::new(None), kept: RwLock::default() }
    }
}

impl Recent {
    /// The head and its moves. `None` while the log is not followed.
    pub fn head(&self) -> watch::Receiver<Option<Head>> {
        self.head.subscribe()
    }

    /// How far the log is known now.
    pub(super) fn known(&self) -> Option<Head> {
        *self.head.borrow()
    }

    /// The entries behind a sequence, in order, at most `most`; `None` when older ones than are kept here may
    /// be among them.
    pub fn after(&self, sequence: i64, most: usize) -> Option<Vec<Arc<Entry>>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if sequence < kept.behind {
            return None;
        }
        let from = kept.entries.partition_point(|entry| entry.sequence <= sequence);
        Some(kept.entries.iter().skip(from).take(most).cloned().collect())
    }

    /// The log is followed from here.
    pub(super) fn open(&self, sequence: i64) {
        self.with(|kept| *kept = Kept { behind: sequence, entries: VecDeque::new() });
        let log = self.head.borrow().map_or(0, |head| head.log);
        self.head.send_replace(Some(Head { log, sequence }));
    }

    /// These came behind the head, and are marked.
    pub(super) fn append(&self, entries: Vec<Arc<Entry>>) {
        let Some(newest) = entries.last().map(|entry| entry.sequence) else { return };
        self.with(|kept| {
            kept.entries.extend(entries);
            while kept.entries.len() > MOST {
                kept.behind = kept.entries.pop_front().map_or(kept.behind, |entry| entry.sequence);
            }
        });
        self.head.send_modify(|head| {
            if let Some(head) = head {
                head.sequence = newest;
            }
        });
    }

    /// The log is not the one that was followed: what was known of it has no meaning.
    pub(super) fn leave(&self) {
        self.with(|kept| *kept = Kept { behind: i64::MAX, entries: VecDeque::new() });
        self.head.send_modify(|head| {
            if let Some(head) = head {
                head.log += 1;
            }
        });
    }

    fn with(&self, change: impl FnOnce(&mut Kept)) {
        change(&mut self.kept.write().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::store::query::changes::Organizations;

    fn entries(sequences: impl IntoIterator<Item = i64>) -> Vec<Arc<Entry>> {
        let entry = |sequence| Entry {
            sequence,
            at: Utc::now(),
            dataset: 1,
            process: None,
            organizations: Organizations::Any,
        };
        sequences.into_iter().map(entry).map(Arc::new).collect()
    }

    fn after(recent: &Recent, sequence: i64, most: usize) -> Option<Vec<i64>> {
        let found = recent.after(sequence, most)?;
        Some(found.iter().map(|entry| entry.sequence).collect())
    }

    #[test]
    fn what_came_behind_the_head_is_found_and_what_is_older_is_not_known() {
        let recent = Recent::default();
        recent.open(10);
        assert_eq!(after(&recent, 10, 5), Some(vec![]));
        recent.append(entries([12, 13, 17]));
        assert_eq!(after(&recent, 10, 2), Some(vec![12, 13]));
        assert_eq!(after(&recent, 11, 5), Some(vec![12, 13, 17]));
        assert_eq!(after(&recent, 13, 5), Some(vec![17]));
        assert_eq!(after(&recent, 17, 5), Some(vec![]));
        assert_eq!(after(&recent, 9, 5), None, "11 or an earlier one may lie before");
        assert_eq!(*recent.head().borrow(), Some(Head { log: 0, sequence: 17 }));
    }

    #[test]
    fn only_so_many_are_kept_and_none_is_passed_over() {
        let recent = Recent::default();
        recent.open(0);
        let most = i64::try_from(MOST).unwrap();
        recent.append(entries(1..=most + 10));
        assert_eq!(after(&recent, 9, 1), None);
        assert_eq!(after(&recent, 10, 1), Some(vec![11]));
        assert_eq!(after(&recent, most + 9, 5), Some(vec![most + 10]));
    }

    #[test]
    fn another_log_has_another_number() {
        let recent = Recent::default();
        recent.open(10);
        recent.append(entries([11]));
        recent.leave();
        assert_eq!(after(&recent, 10, 5), None);
        recent.open(3);
        assert_eq!(*recent.head().borrow(), Some(Head { log: 1, sequence: 3 }));
    }
}

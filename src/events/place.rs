//! How far the log was read, and what goes on from there.

use std::sync::Arc;

use super::batch::Batch;
use crate::store::query::changes::Entry;

/// How far the log was read.
#[derive(Default)]
pub(super) enum Place {
    /// It is not followed.
    #[default]
    Nowhere,
    /// It was empty.
    Start,
    /// Up to this entry.
    At(Arc<Entry>),
}

impl Place {
    /// What a batch has that lies behind this place, if it goes on here. `None` if something could lie between,
    /// or where the batch has another entry than was read here: then it is of another log.
    pub(super) fn continued_by(&self, batch: Batch) -> Option<Vec<Arc<Entry>>> {
        let (sequence, last) = match self {
            Self::Nowhere => return None,
            Self::Start => (0, None),
            Self::At(last) => (last.sequence, Some(last)),
        };
        if batch.previous > sequence {
            return None;
        }
        let lies_within = batch.previous < sequence && sequence <= batch.newest();
        let mut entries = batch.entries;
        let news = entries.split_off(entries.partition_point(|entry| entry.sequence <= sequence));
        (!lies_within || entries.last() == last).then_some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::batch::tests::{batch, entry},
        *,
    };

    fn news(place: &Place, batch: Batch) -> Option<Vec<i64>> {
        Some(place.continued_by(batch)?.iter().map(|entry| entry.sequence).collect())
    }

    #[test]
    fn a_batch_goes_on_where_nothing_can_lie_between() {
        let place = Place::At(entry(10));
        assert_eq!(news(&place, batch(10, &[11, 13])), Some(vec![11, 13]));
        assert_eq!(news(&place, batch(8, &[10, 13])), Some(vec![13]), "it began before");
        assert_eq!(news(&place, batch(8, &[9, 10])), Some(vec![]), "all of it is known");
        assert_eq!(news(&place, batch(3, &[4, 7])), Some(vec![]), "long known");
        assert_eq!(news(&place, batch(11, &[13])), None, "11 may lie between");
        assert_eq!(news(&Place::Start, batch(0, &[1, 2])), Some(vec![1, 2]));
        assert_eq!(news(&Place::Start, batch(1, &[2])), None);
        assert_eq!(news(&Place::Nowhere, batch(0, &[1])), None);
    }

    #[test]
    fn a_batch_of_another_log_does_not() {
        let place = Place::At(entry(10));
        assert_eq!(news(&place, batch(8, &[9, 11])), None, "it has no 10");
        let mut other = batch(8, &[10, 11]);
        Arc::make_mut(&mut other.entries[0]).dataset = 2;
        assert_eq!(news(&place, other), None, "its 10 is another");
    }
}

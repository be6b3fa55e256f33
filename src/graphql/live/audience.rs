//! Who listens to a channel, and what those who come back within moments are told at once.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::outbox::{Outbox, Said};

/// Messages that are kept for those who come back within moments, and their bytes.
const MOST_SAID: usize = 32;
const MOST_SAID_BYTES: usize = 256 * 1024;
/// Who listens to a channel, and what was said to all of them last.
pub(super) struct Audience {
    pub(super) subscribers: HashMap<u64, Arc<Outbox>>,
    /// The messages said last, the oldest first.
    said: VecDeque<Arc<Said>>,
    /// Everything behind this place is among the messages said last, or not yet told.
    from: i64,
    /// It takes no more subscribers.
    pub(super) has_ended: bool,
}

impl Audience {
    /// Nobody yet, of a channel that begins behind a place.
    pub(super) fn behind(place: i64) -> Self {
        Self { subscribers: HashMap::new(), said: VecDeque::new(), from: place, has_ended: false }
    }

    /// Gives an outbox what was said behind a place, if that and what is to come is all that lies behind it.
    pub(super) fn replay(&self, place: i64, told: i64, outbox: &Outbox) -> bool {
        if place < self.from || place > told {
            return false;
        }
        let first = self.said.partition_point(|said| last(said) <= place);
        let begins_within = self
            .said
            .get(first)
            .and_then(|said| said.batch.changes.first())
            .is_some_and(|entry| entry.sequence <= place);
        if begins_within {
            return false;
        }
        self.said.iter().skip(first).for_each(|said| outbox.push(said.clone()));
        true
    }

    pub(super) fn keep(&mut self, said: Arc<Said>) {
        self.said.push_back(said);
        let bytes = |said: &Arc<Said>| said.event.payload().len();
        let mut total: usize = self.said.iter().map(bytes).sum();
        while self.said.len() > MOST_SAID || total > MOST_SAID_BYTES {
            let Some(oldest) = self.said.pop_front() else { return };
            total -= bytes(&oldest);
            self.from = oldest.batch.to;
        }
    }
}

/// The sequence of the last change that a message tells.
fn last(said: &Said) -> i64 {
    said.batch.changes.last().map_or(said.batch.to, |entry| entry.sequence)
}

//! The answers of one relation within one request: the request's own cache, and what it waits for.
//!
//! Every key has one slot. A key that the batch function has at hand ([`Batch::peek`]) is answered at once;
//! the others are gathered.

use std::{
    any::Any,
    collections::{HashMap, hash_map::Entry},
    mem,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use ahash::RandomState;

use super::{
    batch::{Batch, Key, LoadError},
    flight::Returned,
    relation::{Relation, Ticket},
};
use crate::telemetry::meter::{Meter, Reading};

/// The outcome of one key.
pub(super) type Answer<K, B> = Result<Option<<B as Batch<K>>::Value>, LoadError<<B as Batch<K>>::Error>>;

/// A relation's slots without its types, for the request that has several of them.
pub(super) trait AnySlots: Any + Send {
    /// True when keys wait to be handed over.
    fn has_gathered(&self) -> bool;
    /// Hands the gathered keys over as one set.
    fn hand_over(&mut self);
    /// Ready when every set handed over has returned.
    fn poll_returned(&mut self, cx: &mut Context<'_>) -> Poll<()>;
    /// Fills the slots of all returned sets; gives the wakers of those who wait for them.
    fn settle(&mut self, meter: &Meter, wakers: &mut Vec<Waker>);
    /// Gives up everything unanswered: the sets are dropped, their keys forgotten, their waiters
    /// told that nobody drives them. What they have cost until now counts all the same.
    fn abandon(&mut self, meter: &Meter, wakers: &mut Vec<Waker>);
    /// Forgets the keys that are answered. Their slots stay, for whoever was about to look into one.
    fn forget(&mut self);
}

/// The slots of one relation.
pub(super) struct Slots<K: Key, B: Batch<K>> {
    pub(super) relation: Relation<K, B>,
    numbers: HashMap<K, usize, RandomState>,
    answers: Vec<Option<Answer<K, B>>>,
    /// Keys not yet handed over, and their slots.
    gathered: Vec<K>,
    gathered_in: Vec<usize>,
    away: Vec<Away<K, B>>,
    /// Who waits for any of the slots, each place filled once per round.
    waiting: Vec<Waker>,
    round: u64,
    /// The flights already counted by this request's meter.
    counted: Vec<u64>,
}

/// Where a waiting future left its waker, so that polling it again costs no second place.
#[derive(Clone, Copy)]
pub(super) struct Place {
    round: u64,
    index: usize,
}

/// A set handed over and not yet settled.
struct Away<K: Key, B: Batch<K>> {
    keys: Arc<Vec<K>>,
    /// The slots of the keys.
    slots: Vec<usize>,
    ticket: Ticket<K, B>,
    returned: Option<Returned<K, B>>,
}

impl<K: Key, B: Batch<K>> Slots<K, B> {
    pub(super) fn new(relation: Relation<K, B>) -> Self {
        Self {
            relation,
            numbers: HashMap::default(),
            answers: Vec::new(),
            gathered: Vec::new(),
            gathered_in: Vec::new(),
            away: Vec::new(),
            waiting: Vec::new(),
            round: 0,
            counted: Vec::new(),
        }
    }

    /// The slot of a key; a new key that is not at hand is gathered, provided that somebody will hand it
    /// over.
    pub(super) fn take(&mut self, key: K, driven: bool) -> Result<usize, LoadError<B::Error>> {
        let number = match self.numbers.entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(_) if !driven => return Err(LoadError::NotDriven),
            Entry::Vacant(new) => {
                let at_hand = self.relation.batch().peek(new.key());
                if at_hand.is_none() {
                    self.gathered.push(new.key().clone());
                    self.gathered_in.push(self.answers.len());
                }
                self.answers.push(at_hand.map(|value| Ok(Some(value))));
                *new.insert(self.answers.len() - 1)
            }
        };
        Ok(number)
    }

    /// The answer in a slot, if it is there.
    pub(super) fn answer(&self, number: usize) -> Option<&Answer<K, B>> {
        self.answers.get(number).and_then(Option::as_ref)
    }

    /// Pending until the next settling: leaves a waker, or keeps the one left before.
    pub(super) fn wait<T>(&mut self, place: &mut Option<Place>, cx: &Context<'_>) -> Poll<T> {
        let wakes = |left: &Waker| left.will_wake(cx.waker());
        let kept = place.is_some_and(|place| {
            place.round == self.round && self.waiting.get(place.index).is_some_and(wakes)
        });
        if !kept {
            // Futures that the same task polls one after the other share a place.
            if !self.waiting.last().is_some_and(wakes) {
                self.waiting.push(cx.waker().clone());
            }
            *place = Some(Place { round: self.round, index: self.waiting.len() - 1 });
        }
        Poll::Pending
    }

    fn wake_all(&mut self, wakers: &mut Vec<Waker>) {
        self.round += 1;
        wakers.append(&mut self.waiting);
    }

    /// Adds the cost of a flight to the request, once for all sets it had aboard.
    fn count(&mut self, (number, reading): (u64, Reading), meter: &Meter) {
        if !self.counted.contains(&number) {
            self.counted.push(number);
            meter.add(reading);
        }
    }
}

impl<K: Key, B: Batch<K>> AnySlots for Slots<K, B> {
    fn has_gathered(&self) -> bool {
        !self.gathered.is_empty()
    }

    fn hand_over(&mut self) {
        if self.gathered.is_empty() {
            return;
        }
        let keys = Arc::new(mem::take(&mut self.gathered));
        let slots = mem::take(&mut self.gathered_in);
        let ticket = self.relation.submit(keys.clone());
        self.away.push(Away { keys, slots, ticket, returned: None });
    }

    fn poll_returned(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut all = Poll::Ready(());
        for set in self.away.iter_mut().filter(|set| set.returned.is_none()) {
            match set.ticket.poll(cx) {
                Poll::Ready(landed) => set.returned = Some(landed),
                Poll::Pending => all = Poll::Pending,
            }
        }
        all
    }

    fn settle(&mut self, meter: &Meter, wakers: &mut Vec<Waker>) {
        if self.away.is_empty() {
            return;
        }
        for set in mem::take(&mut self.away) {
            // Called when all have returned; one that has not is lost to its waiters, never silent.
            let returned = set.returned.unwrap_or(Err(LoadError::Lost));
            if let Ok(landed) = &returned {
                self.count((landed.number, landed.reading), meter);
            }
            for (slot, key) in set.slots.into_iter().zip(set.keys.iter()) {
                self.answers[slot] = Some(match &returned {
                    Ok(landed) => landed.answer(key),
                    Err(error) => Err(error.clone()),
                });
            }
        }
        self.wake_all(wakers);
    }

    fn abandon(&mut self, meter: &Meter, wakers: &mut Vec<Waker>) {
        self.gathered.clear();
        self.gathered_in.clear();
        for set in mem::take(&mut self.away) {
            if let Some(flight) = set.ticket.so_far() {
                self.count(flight, meter);
            }
        }
        let answers = &self.answers;
        self.numbers.retain(|_, number| answers[*number].is_some());
        for slot in self.answers.iter_mut().filter(|slot| slot.is_none()) {
            *slot = Some(Err(LoadError::NotDriven));
        }
        self.wake_all(wakers);
    }

    fn forget(&mut self) {
        let answers = &self.answers;
        self.numbers.retain(|_, number| answers[*number].is_none());
    }
}

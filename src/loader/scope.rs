//! One request's loads: what its resolvers ask, what it waits for, what it already knows.
//!
//! Everything lies behind one lock that only this request takes, a few instructions at a time. Wakers
//! are collected under it and called after it.

use std::{
    any::Any,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{
    batch::{Batch, Key, LoadError},
    drive::{Driver, Flag},
    relation::Relation,
    slots::{AnySlots, Slots},
};
use crate::telemetry::meter::Meter;

/// The loads of one operation or subscription event. Clones share it: one goes into the request's
/// data for the resolvers, one drives.
#[derive(Clone)]
pub struct RequestScope(Arc<Request>);

struct Request {
    meter: Meter,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Present while a drive runs.
    driver: Option<Arc<Flag>>,
    relations: Vec<Box<dyn AnySlots>>,
}

impl RequestScope {
    /// An empty scope. The cost of every batch that the request waits for is added to `meter`.
    pub fn new(meter: Meter) -> Self {
        Self(Arc::new(Request { meter, state: Mutex::default() }))
    }

    /// Runs a future whose loads are batched: whenever it stalls, each relation's gathered keys leave
    /// as one set. Dropping the drive, at any time, gives up the sets it waits for.
    ///
    /// Inside another drive of the same scope it only runs the future: the outer one batches.
    pub async fn drive<F: Future>(&self, future: F) -> F::Output {
        // Declared first, hence dropped last: a load dropped with the future finds its slots.
        let Some(driver) = Driver::begin(self) else { return future.await };
        let mut future = pin!(future);
        poll_fn(|cx| driver.poll(cx, future.as_mut())).await
    }

    /// The value of a key, `None` when there is none. Asked again in the same scope, the answer comes
    /// from memory. Outside of a drive only such an answer is given, else [`LoadError::NotDriven`].
    pub async fn load<K: Key, B: Batch<K>>(
        &self,
        relation: &Relation<K, B>,
        key: K,
    ) -> Result<Option<B::Value>, LoadError<B::Error>> {
        let mut key = Some(key);
        let mut slot = 0;
        let mut place = None;
        poll_fn(move |cx| {
            self.with_slots(relation, |slots, driven| {
                if let Some(key) = key.take() {
                    slot = slots.take(key, driven)?;
                }
                match slots.answer(slot) {
                    Some(answer) => Poll::Ready(answer.clone()),
                    None => slots.wait(&mut place, cx),
                }
            })
        })
        .await
    }

    /// The values of several keys, in the order of the keys. One failed key fails the call.
    pub async fn load_many<K: Key, B: Batch<K>>(
        &self,
        relation: &Relation<K, B>,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Vec<Option<B::Value>>, LoadError<B::Error>> {
        let mut keys = keys.into_iter().collect::<Vec<_>>();
        let mut taken = Vec::with_capacity(keys.len());
        let mut values = Vec::with_capacity(keys.len());
        let mut place = None;
        poll_fn(move |cx| {
            self.with_slots(relation, |slots, driven| {
                for key in keys.drain(..) {
                    taken.push(slots.take(key, driven)?);
                }
                while let Some(slot) = taken.get(values.len()) {
                    match slots.answer(*slot) {
                        Some(answer) => values.push(answer.clone()?),
                        None => return slots.wait(&mut place, cx),
                    }
                }
                Poll::Ready(Ok(std::mem::take(&mut values)))
            })
        })
        .await
    }

    /// Forgets all answers, so that a key asked for again is loaded again: after a write in the middle of a
    /// request.
    pub fn forget(&self) {
        self.lock().relations.iter_mut().for_each(|slots| slots.forget());
    }

    /// Makes `flag` the scope's driver, unless it has one.
    pub(super) fn begin_drive(&self, flag: &Arc<Flag>) -> bool {
        let mut state = self.lock();
        let free = state.driver.is_none();
        if free {
            state.driver = Some(flag.clone());
        }
        free
    }

    /// Hands gathered keys over. When all sets of the level have returned, fills their slots and
    /// wakes who waits for them.
    pub(super) fn advance(&self, cx: &mut Context<'_>) {
        let mut wakers = Vec::new();
        let mut state = self.lock();
        let mut all_returned = true;
        for slots in &mut state.relations {
            slots.hand_over();
            all_returned &= slots.poll_returned(cx).is_ready();
        }
        if all_returned {
            state.relations.iter_mut().for_each(|slots| slots.settle(&self.0.meter, &mut wakers));
        }
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// True when keys wait to be handed over.
    pub(super) fn has_gathered(&self) -> bool {
        self.lock().relations.iter().any(|slots| slots.has_gathered())
    }

    /// Ends the drive: everything unanswered is given up.
    pub(super) fn end_drive(&self) {
        let mut wakers = Vec::new();
        let mut state = self.lock();
        state.driver = None;
        state.relations.iter_mut().for_each(|slots| slots.abandon(&self.0.meter, &mut wakers));
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Works on a relation's slots under the lock; `work` learns whether there is a drive. Keys gathered
    /// while the drive sleeps (a load in another task) wake it.
    fn with_slots<K: Key, B: Batch<K>, T>(
        &self,
        relation: &Relation<K, B>,
        work: impl FnOnce(&mut Slots<K, B>, bool) -> T,
    ) -> T {
        let mut state = self.lock();
        let State { driver, relations } = &mut *state;
        let known = relations.iter_mut().find_map(|slots| {
            let slots: &mut dyn Any = &mut **slots;
            slots.downcast_mut::<Slots<K, B>>().filter(|slots| slots.relation.is(relation))
        });
        let (result, gathered) = if let Some(slots) = known {
            (work(slots, driver.is_some()), slots.has_gathered())
        } else {
            let mut slots = Slots::new(relation.clone());
            let result = work(&mut slots, driver.is_some());
            let gathered = slots.has_gathered();
            relations.push(Box::new(slots));
            (result, gathered)
        };
        let sleeping = driver.as_ref().filter(|flag| gathered && flag.sleeps()).cloned();
        drop(state);
        if let Some(flag) = sleeping {
            flag.rouse();
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

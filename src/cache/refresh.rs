//! The keys of one relation that are to be loaded anew before they are too old.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::loader::Key;

/// The queue. A key is in it once, from being queued until its load has ended.
pub(super) struct Refresh<K>(Mutex<Queue<K>>);

struct Queue<K> {
    waiting: Vec<K>,
    known: HashSet<K>,
    running: bool,
}

impl<K> Default for Refresh<K> {
    fn default() -> Self {
        Self(Mutex::new(Queue { waiting: Vec::new(), known: HashSet::new(), running: false }))
    }
}

impl<K: Key> Refresh<K> {
    /// Queues a key, once. True when nobody works on the queue: the caller must see to it then.
    pub(super) fn queue(&self, key: &K) -> bool {
        let mut queue = self.lock();
        if !queue.known.insert(key.clone()) {
            return false;
        }
        queue.waiting.push(key.clone());
        !std::mem::replace(&mut queue.running, true)
    }

    /// All keys that wait. `None` ends the work.
    pub(super) fn next(&self) -> Option<Vec<K>> {
        let mut queue = self.lock();
        let waiting = std::mem::take(&mut queue.waiting);
        queue.running = !waiting.is_empty();
        Some(waiting).filter(|waiting| !waiting.is_empty())
    }

    /// These keys were loaded, or could not be.
    pub(super) fn done(&self, keys: &[K]) {
        let mut queue = self.lock();
        for key in keys {
            queue.known.remove(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_refreshed_once_and_by_one_worker() {
        let refresh = Refresh::default();
        assert!(refresh.queue(&1), "the first one starts the work");
        assert!(!refresh.queue(&1) && !refresh.queue(&2));
        assert_eq!(refresh.next(), Some(vec![1, 2]));
        assert!(!refresh.queue(&1), "it is being loaded");
        refresh.done(&[1, 2]);
        assert!(!refresh.queue(&1), "the worker is still there");
        assert_eq!(refresh.next(), Some(vec![1]));
        refresh.done(&[1]);
        assert_eq!(refresh.next(), None);
        assert!(refresh.queue(&1), "the worker has gone");
    }
}

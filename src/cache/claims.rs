//! Single flight: a key that is being loaded is not loaded a second time; who else wants it waits.
//!
//! A load claims its keys before it begins and gives them back when it has ended, however it ends. What it
//! leaves to others are only keys that were claimed before, so that no two loads wait for each other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::entry::Found;
use crate::loader::Key;

/// How a load ended: the same for all who wait for it.
pub(super) type Outcome<K, V, E> = Arc<Result<HashMap<K, Found<V>>, E>>;

type Landing<K, V, E> = watch::Receiver<Option<Outcome<K, V, E>>>;

/// The keys being loaded now.
pub(super) struct Claims<K, V, E>(Mutex<HashMap<K, Landing<K, V, E>>>);

/// A load under way. Dropped, it gives its keys back; those who wait then look after them themselves.
pub(super) struct Claim<'a, K: Key, V, E> {
    claims: &'a Claims<K, V, E>,
    keys: Vec<K>,
    landing: watch::Sender<Option<Outcome<K, V, E>>>,
}

/// What a load claimed, and what it has to wait for.
pub(super) struct Claimed<'a, K: Key, V, E> {
    pub(super) mine: Claim<'a, K, V, E>,
    pub(super) theirs: Vec<Awaited<K, V, E>>,
}

/// Keys that another load is after.
pub(super) struct Awaited<K, V, E> {
    keys: Vec<K>,
    landing: Landing<K, V, E>,
}

impl<K, V, E> Default for Claims<K, V, E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Key, V, E> Claims<K, V, E> {
    /// Claims those keys that are free and that `known` does not answer; also tells what to wait for.
    ///
    /// `known` is asked under the lock: a load keeps what it found before it gives its keys back, so a key
    /// that is free and has been loaded meanwhile is known.
    pub(super) fn claim(&self, keys: Vec<K>, mut known: impl FnMut(&K) -> bool) -> Claimed<'_, K, V, E> {
        let (landing, receiver) = watch::channel(None);
        let (mut mine, mut theirs): (Vec<K>, Vec<Awaited<K, V, E>>) = (Vec::new(), Vec::new());
        let mut claimed = self.lock();
        for key in keys {
            if let Some(landing) = claimed.get(&key) {
                let same = theirs.iter_mut().find(|awaited| awaited.landing.same_channel(landing));
                match same {
                    Some(awaited) => awaited.keys.push(key),
                    None => theirs.push(Awaited { keys: vec![key], landing: landing.clone() }),
                }
            } else if !known(&key) {
                claimed.insert(key.clone(), receiver.clone());
                mine.push(key);
            }
        }
        drop(claimed);
        Claimed { mine: Claim { claims: self, keys: mine, landing }, theirs }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Landing<K, V, E>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Key, V, E> Claim<'_, K, V, E> {
    /// The keys to load.
    pub(super) fn keys(&self) -> &[K] {
        &self.keys
    }

    /// Tells all who wait how the load ended.
    pub(super) fn land(self, outcome: Outcome<K, V, E>) {
        self.landing.send_replace(Some(outcome));
    }
}

impl<K: Key, V, E> Drop for Claim<'_, K, V, E> {
    fn drop(&mut self) {
        let mut claimed = self.claims.lock();
        for key in &self.keys {
            claimed.remove(key);
        }
    }
}

impl<K: Key, V, E> Awaited<K, V, E> {
    /// The keys, and how their load ended; `None` when it was given up.
    pub(super) async fn landed(mut self) -> (Vec<K>, Option<Outcome<K, V, E>>) {
        let outcome = self.landing.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        (self.keys, outcome)
    }
}

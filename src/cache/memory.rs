//! L1: values in the memory of this process, bounded in bytes, of all kinds together.
//!
//! Keys are compared whole, never by a digest: no collision can give a wrong answer. Looking a key up clones
//! nothing and allocates nothing.

use std::{
    any::Any,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    mem::size_of,
    sync::Arc,
};

use moka::{Equivalent, sync::Cache};

use super::entry::{Cacheable, Entry};
use crate::loader::Key;

/// Memory that a value takes beside its own: its key, its places in the cache.
const OVERHEAD: usize = 200;

/// The cache.
pub(super) struct Memory {
    cache: Cache<StoredKey, Stored>,
    hasher: RandomState,
}

/// A key of some relation.
struct StoredKey {
    relation: u32,
    hash: u64,
    key: Box<dyn AnyKey>,
}

/// A key without its type.
trait AnyKey: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    /// Whether `other` is the same key of the same type.
    fn is(&self, other: &dyn Any) -> bool;
}

/// The same, borrowed to look it up.
struct Lookup<'a, K> {
    relation: u32,
    hash: u64,
    key: &'a K,
}

#[derive(Clone)]
struct Stored {
    entry: Arc<dyn Any + Send + Sync>,
    weight: u32,
}

impl Memory {
    pub(super) fn new(bytes: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_: &StoredKey, stored: &Stored| stored.weight)
            .build();
        Self { cache, hasher: RandomState::new() }
    }

    /// What is kept for a key, whether it still counts or not.
    pub(super) fn get<K: Key, V: Cacheable>(&self, relation: u32, key: &K) -> Option<Arc<Entry<V>>> {
        let hash = self.hasher.hash_one((relation, key));
        let stored = self.cache.get(&Lookup { relation, hash, key })?;
        stored.entry.downcast().ok()
    }

    /// Keeps an entry, as long as there is room for it.
    pub(super) fn insert<K: Key, V: Cacheable>(&self, relation: u32, key: &K, entry: &Arc<Entry<V>>) {
        let value = entry.value.as_ref().map_or(0, Cacheable::size_estimate);
        let weight = value + size_of::<Entry<V>>() + size_of_val(&*entry.slots) + size_of::<K>() + OVERHEAD;
        let hash = self.hasher.hash_one((relation, key));
        let key = StoredKey { relation, hash, key: Box::new(key.clone()) };
        let stored = Stored { entry: entry.clone(), weight: u32::try_from(weight).unwrap_or(u32::MAX) };
        self.cache.insert(key, stored);
    }

    /// How many bytes the kept values take, about.
    pub(super) fn bytes(&self) -> u64 {
        self.cache.weighted_size()
    }
}

impl Hash for StoredKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialEq for StoredKey {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.relation == other.relation && self.key.is(other.key.as_any())
    }
}

impl Eq for StoredKey {}

impl<K> Hash for Lookup<'_, K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K: Key> Equivalent<StoredKey> for Lookup<'_, K> {
    fn equivalent(&self, stored: &StoredKey) -> bool {
        let same = || stored.key.as_any().downcast_ref::<K>().is_some_and(|key| key == self.key);
        self.hash == stored.hash && self.relation == stored.relation && same()
    }
}

impl<K: Key> AnyKey for K {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<K>().is_some_and(|other| other == self)
    }
}

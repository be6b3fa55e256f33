//! L1: values in the memory of this process, bounded in bytes, of all kinds together.

use std::{mem::size_of, sync::Arc};

use super::{
    bounded::BoundedCache,
    entry::{Cacheable, Entry},
};
use crate::loader::Key;

/// Memory that a value takes beside its own: its key, its places in the cache.
const OVERHEAD: usize = 200;

/// The cache. A key is stored with the number of its relation.
pub(super) struct Memory(BoundedCache);

impl Memory {
    pub(super) fn new(bytes: u64) -> Self {
        Self(BoundedCache::new(bytes))
    }

    /// What is kept for a key, whether it still counts or not.
    pub(super) fn get<K: Key, V: Cacheable>(&self, relation: u32, key: &K) -> Option<Arc<Entry<V>>> {
        let found = self.0.find(self.0.hash((relation, key)), &|stored| {
            let stored = stored.downcast_ref::<(u32, K)>();
            stored.is_some_and(|(its, stored)| *its == relation && stored == key)
        });
        found?.downcast().ok()
    }

    /// Keeps an entry, as long as there is room for it.
    pub(super) fn insert<K: Key, V: Cacheable>(&self, relation: u32, key: &K, entry: &Arc<Entry<V>>) {
        let value = entry.value.as_ref().map_or(0, Cacheable::size_estimate);
        let weight = value + size_of::<Entry<V>>() + size_of_val(&*entry.slots) + size_of::<K>() + OVERHEAD;
        let hash = self.0.hash((relation, key));
        self.0.store(hash, Box::new((relation, key.clone())), entry.clone(), weight);
    }

    /// How many bytes the kept values take, about.
    pub(super) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}

//! L1: values in the memory of this process, bounded in bytes, of all kinds together.

use std::{mem::size_of, sync::Arc};

use super::{
    bounded::BoundedCache,
    cached::StoredKey,
    entry::{Cacheable, Entry},
};
use crate::loader::Key;

/// Memory of an entry beside its key and value: allocations and places in the cache, measured.
const OVERHEAD: usize = 400;

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
    pub(super) fn insert<K: StoredKey, V: Cacheable>(&self, relation: u32, key: &K, entry: &Arc<Entry<V>>) {
        let value = entry.value.as_ref().map_or(0, Cacheable::size_estimate);
        let key_bytes = size_of::<K>() + key.heap_bytes();
        let weight = value + size_of::<Entry<V>>() + size_of_val(&*entry.slots) + key_bytes + OVERHEAD;
        let hash = self.0.hash((relation, key));
        self.0.store(hash, Box::new((relation, key.clone())), entry.clone(), weight);
    }

    /// How many bytes the kept values take, about.
    pub(super) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::cache::resident::{assert_counted, bytes};

    /// A key with as much on the heap as a filter may have.
    #[derive(Clone, PartialEq, Eq, Hash, serde::Serialize)]
    struct Text(String);

    impl StoredKey for Text {
        fn heap_bytes(&self) -> usize {
            self.0.len()
        }
    }

    #[test]
    fn what_is_counted_is_what_keys_and_values_take() {
        // All are held to the end: what one freed would be the memory of the next.
        let mut held = Vec::new();
        for key_bytes in [20, 1_000, 20_000] {
            let (memory, before) = (Memory::new(1 << 30), bytes());
            for number in 0..(32_000_000 / (key_bytes + 300)) {
                let entry = Entry {
                    value: Some(1_i64),
                    slots: Box::default(),
                    read_at: Some(1),
                    expires: None,
                    took: std::time::Duration::ZERO,
                };
                memory.insert(1, &Text(format!("{number:key_bytes$}")), &Arc::new(entry));
            }
            memory.0.settle();
            assert_counted(memory.bytes(), bytes() - before);
            held.push(memory);
        }
    }
}

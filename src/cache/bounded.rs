//! Values of any type by a key of bytes, bounded in weight. One type for all such caches, so that moka is
//! compiled once for them.

use std::{any::Any, sync::Arc};

use moka::sync::Cache;

/// Moka gives a weigher the key as it is stored.
type Key = Box<[u8]>;

/// The cache. Entries that are asked for less make room for new ones.
pub struct BoundedCache(Cache<Key, Stored>);

#[derive(Clone)]
struct Stored {
    value: Arc<dyn Any + Send + Sync>,
    weight: u32,
}

impl BoundedCache {
    /// An empty cache of so much weight at most.
    pub fn new(max_weight: u64) -> Self {
        Self(
            Cache::builder()
                .max_capacity(max_weight)
                .weigher(|_: &Key, stored: &Stored| stored.weight)
                .build(),
        )
    }

    /// The value of a key, if it is of this type.
    pub fn get<V: Send + Sync + 'static>(&self, key: &[u8]) -> Option<Arc<V>> {
        self.0.get(key)?.value.downcast().ok()
    }

    /// Whether the key has a value, without counting as a use of it.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.0.contains_key(key)
    }

    /// Stores a value of a weight; more than `u32::MAX` counts as that.
    pub fn insert<V: Send + Sync + 'static>(&self, key: &[u8], value: Arc<V>, weight: usize) {
        let weight = u32::try_from(weight).unwrap_or(u32::MAX);
        self.0.insert(key.into(), Stored { value, weight });
    }

    /// Makes room now instead of at some later use; returns the weight and the number of entries that are left.
    pub fn settle(&self) -> (u64, u64) {
        self.0.run_pending_tasks();
        (self.0.weighted_size(), self.0.entry_count())
    }
}

//! Values of any type by keys of any type, bounded in weight. One type for all such caches, so that moka is
//! compiled once for them.
//!
//! Keys are compared whole, never by a digest: no collision can give a wrong answer. Looking a key up clones
//! nothing and allocates nothing.

use std::{
    any::Any,
    hash::{BuildHasher, Hash, Hasher},
    sync::Arc,
};

use ahash::RandomState;
use moka::{Equivalent, ops::compute::Op, sync::Cache};

/// A value without its type.
pub(super) type AnyValue = Arc<dyn Any + Send + Sync>;

/// The cache. Entries that are asked for less make room for new ones.
pub struct BoundedCache {
    cache: Cache<StoredKey, Stored, Prehashed>,
    hasher: RandomState,
}

/// A key without its type.
pub(super) trait AnyKey: Any + Send + Sync {
    /// Whether `other` is the same key of the same type.
    fn is(&self, other: &dyn Any) -> bool;
}

/// Moka gives a weigher the key as it is stored.
struct StoredKey {
    hash: u64,
    key: Box<dyn AnyKey>,
}

/// A key that is looked up: its hash, and whether a stored key is the same.
struct Lookup<'a> {
    hash: u64,
    is: &'a dyn Fn(&dyn Any) -> bool,
}

#[derive(Clone)]
struct Stored {
    value: AnyValue,
    weight: u32,
}

/// Hashes nothing again: what is written is the hash of a key.
#[derive(Clone, Default)]
struct Prehashed;

/// The hash that was written.
struct Written(u64);

impl BoundedCache {
    /// An empty cache of so much weight at most.
    pub fn new(max_weight: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(max_weight)
            .weigher(|_: &StoredKey, stored: &Stored| stored.weight)
            .build_with_hasher(Prehashed);
        Self { cache, hasher: RandomState::new() }
    }

    /// The value of a key of bytes, if it is of this type.
    pub fn get<V: Send + Sync + 'static>(&self, key: &[u8]) -> Option<Arc<V>> {
        self.find(self.hash(key), &is_bytes(key))?.downcast().ok()
    }

    /// Whether a key of bytes has a value, without counting as a use of it.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.cache.contains_key(&Lookup { hash: self.hash(key), is: &is_bytes(key) })
    }

    /// Stores the value of a key of bytes by its weight; more than `u32::MAX` counts as that.
    pub fn insert<V: Send + Sync + 'static>(&self, key: &[u8], value: Arc<V>, weight: usize) {
        self.store(self.hash(key), Box::<Box<[u8]>>::new(key.into()), value, weight);
    }

    /// Gives a value of a key of bytes another weight, unless another value has taken its place.
    pub fn weigh_again<V: Send + Sync + 'static>(&self, key: &[u8], value: &Arc<V>, weight: usize) {
        let stored = Stored { value: value.clone(), weight: saturated(weight) };
        let key = StoredKey { hash: self.hash(key), key: Box::<Box<[u8]>>::new(key.into()) };
        self.replace_same(key, stored);
    }

    /// Makes room now instead of at some later use; returns the weight and the number of entries that are left.
    pub fn settle(&self) -> (u64, u64) {
        self.cache.run_pending_tasks();
        (self.cache.weighted_size(), self.cache.entry_count())
    }

    /// The weight of all entries, about.
    pub(super) fn weight(&self) -> u64 {
        self.cache.weighted_size()
    }

    /// The hash of a key, for [`Self::find`] and [`Self::store`].
    pub(super) fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The value whose key has this hash and is the one looked for.
    pub(super) fn find(&self, hash: u64, is: &dyn Fn(&dyn Any) -> bool) -> Option<AnyValue> {
        Some(self.cache.get(&Lookup { hash, is })?.value)
    }

    /// Stores a value of a weight.
    pub(super) fn store(&self, hash: u64, key: Box<dyn AnyKey>, value: AnyValue, weight: usize) {
        self.cache.insert(StoredKey { hash, key }, Stored { value, weight: saturated(weight) });
    }

    fn replace_same(&self, key: StoredKey, stored: Stored) {
        self.cache.entry(key).and_compute_with(|held| match held {
            Some(held) if Arc::ptr_eq(&held.value().value, &stored.value) => Op::Put(stored),
            _ => Op::Nop,
        });
    }
}

fn saturated(weight: usize) -> u32 {
    u32::try_from(weight).unwrap_or(u32::MAX)
}

fn is_bytes(key: &[u8]) -> impl Fn(&dyn Any) -> bool {
    move |stored| stored.downcast_ref::<Box<[u8]>>().is_some_and(|stored| **stored == *key)
}

impl<K: Eq + Send + Sync + 'static> AnyKey for K {
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<K>().is_some_and(|other| other == self)
    }
}

impl PartialEq for StoredKey {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.key.is(&*other.key)
    }
}

impl Eq for StoredKey {}

impl Equivalent<StoredKey> for Lookup<'_> {
    fn equivalent(&self, stored: &StoredKey) -> bool {
        self.hash == stored.hash && (self.is)(&*stored.key)
    }
}

impl Hash for StoredKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Hash for Lookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl BuildHasher for Prehashed {
    type Hasher = Written;

    fn build_hasher(&self) -> Written {
        Written(0)
    }
}

impl Hasher for Written {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equal hashes of different keys: each is found by its whole key.
    #[test]
    fn keys_are_compared_whole() {
        let cache = BoundedCache::new(1_000);
        cache.store(7, Box::new((1_u32, "a".to_owned())), Arc::new(1), 1);
        cache.store(7, Box::new((2_u32, "a".to_owned())), Arc::new(2), 1);
        cache.store(7, Box::new("a".to_owned()), Arc::new(3), 1);
        let relation = |wanted: u32| {
            cache.find(7, &|key| {
                key.downcast_ref::<(u32, String)>().is_some_and(|(relation, _)| *relation == wanted)
            })
        };
        let value = |found: Option<AnyValue>| {
            found.and_then(|value| value.downcast::<i32>().ok()).map(|value| *value)
        };
        assert_eq!(value(relation(1)), Some(1));
        assert_eq!(value(relation(2)), Some(2));
        assert_eq!(value(relation(3)), None);
        assert_eq!(value(cache.find(7, &|key| key.is::<String>())), Some(3));
    }

    #[test]
    fn only_the_value_that_is_held_is_weighed_again() {
        let cache = BoundedCache::new(1_000);
        let (first, second) = (Arc::new(1), Arc::new(2));
        cache.insert(b"key", first.clone(), 10);
        cache.weigh_again(b"key", &first, 30);
        assert_eq!(cache.settle(), (30, 1));
        cache.insert(b"key", second.clone(), 20);
        cache.weigh_again(b"key", &first, 500);
        cache.weigh_again(b"other", &second, 500);
        assert_eq!(cache.settle(), (20, 1));
        assert_eq!(cache.get::<i32>(b"key").as_deref(), Some(&2));
        assert_eq!(cache.get::<String>(b"key"), None);
    }
}

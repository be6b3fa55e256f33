//! A batch function behind the tiers: memory, then Redis, then the batch itself for what is left.
//!
//! What must stay true: a value is kept with the position of the ledger from before its load began, and is
//! looked at with the ledger each time it is used, whichever tier gave it. So a value that a write has
//! overtaken is never used once the write is marked, and no order of loads, fills and writes can bring it back.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use futures_util::future::{join, join_all};
use serde::Serialize;
use tokio::time::Instant;

use super::{
    claims::{Awaited, Claims, Outcome},
    entry::{Cacheable, Entry, Found, Tags, Tier},
    lease,
    policy::Policy,
    record,
    refresh::Refresh,
    shared::{Fill, Held},
    tag::Slot,
    tiers::{Tiers, count},
};
use crate::loader::{Batch, Key};

/// A batch function whose values can be kept.
pub trait Tagged<K: Key>: Batch<K, Value: Cacheable> {
    /// Names everything that the answer to a key depends on. It may be too much, never too little: a write that
    /// changes the answer must mark at least one of the tags.
    fn tag(&self, key: &K, value: Option<&Self::Value>, tags: &mut Tags);
}

/// A key of a cached value. Redis finds the value by what the key writes.
pub trait StoredKey: Key + Serialize {
    /// The memory that the key has allocated beside its own size, in bytes.
    fn heap_bytes(&self) -> usize;
}

impl StoredKey for i64 {
    fn heap_bytes(&self) -> usize {
        0
    }
}

/// A batch function behind the tiers. Clones share it.
pub struct Cached<K: StoredKey, B: Tagged<K>>(Arc<Inner<K, B>>);

pub(super) struct Inner<K: StoredKey, B: Tagged<K>> {
    batch: B,
    relation: Relation,
    tiers: Option<Arc<Tiers>>,
    claims: Claims<K, B::Value, B::Error>,
    refresh: Refresh<K>,
}

/// What is kept of a relation, and how.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Its name, the same in all nodes: values in Redis are kept under it.
    pub name: String,
    /// Its number, another for every relation of the process.
    pub number: u32,
    /// How its values are kept.
    pub policy: Policy,
}

type Values<K, B> = HashMap<K, Found<<B as Batch<K>>::Value>>;

impl<K: StoredKey, B: Tagged<K>> Cached<K, B> {
    /// A batch function behind `tiers`; without them, every key is loaded.
    pub fn new(batch: B, relation: Relation, tiers: Option<Arc<Tiers>>) -> Self {
        let (claims, refresh) = (Claims::default(), Refresh::default());
        Self(Arc::new(Inner { batch, relation, tiers, claims, refresh }))
    }

    /// The relation's name.
    pub fn name(&self) -> &str {
        &self.0.relation.name
    }
}

impl<K: StoredKey, B: Tagged<K>> Clone for Cached<K, B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: StoredKey, B: Tagged<K>> Batch<K> for Cached<K, B> {
    type Value = Found<B::Value>;
    type Error = B::Error;

    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0.relation.name)
    }

    fn peek(&self, key: &K) -> Option<Self::Value> {
        let tiers = self.0.tiers.as_ref()?;
        let now = Instant::now();
        let Some(found) = self.0.remembered(tiers, key, now) else {
            count(&tiers.counters.memory_misses, 1);
            return None;
        };
        count(&tiers.counters.memory_hits, 1);
        if self.0.relation.policy.early && found.entry.is_due(now, tiers.lifetime(), tiers.chance()) {
            self.0.refresh_soon(tiers, key);
        }
        Some(found)
    }

    async fn load(&self, keys: &[K]) -> Result<Values<K, B>, B::Error> {
        match &self.0.tiers {
            Some(tiers) => self.0.load(tiers, keys).await,
            None => self.0.read(None, keys).await,
        }
    }
}

impl<K: StoredKey, B: Tagged<K>> Inner<K, B> {
    /// What memory has for a key, if it still counts and is not too old.
    fn remembered(&self, tiers: &Tiers, key: &K, now: Instant) -> Option<Found<B::Value>> {
        let entry = tiers.memory.get::<K, B::Value>(self.relation.number, key)?;
        let young = entry.expires.is_some_and(|expires| now < expires);
        let right_at = tiers.ledger.right_at(entry.read_at?, &entry.slots)?;
        young.then_some(Found { entry, tier: Tier::Memory, right_at: Some(right_at) })
    }

    /// Loads keys that memory had no answer to, each once whoever else asks for it meanwhile.
    async fn load(&self, tiers: &Arc<Tiers>, keys: &[K]) -> Result<Values<K, B>, B::Error> {
        let mut found = HashMap::with_capacity(keys.len());
        let mut wanted = keys.to_vec();
        while !wanted.is_empty() {
            let now = Instant::now();
            let claimed = self.claims.claim(wanted, |key| {
                let known = self.remembered(tiers, key, now);
                known.map(|known| found.insert(key.clone(), known)).is_some()
            });
            let mine = async {
                let keys = claimed.mine.keys();
                let outcome: Outcome<K, B::Value, B::Error> = Arc::new(self.fetch(tiers, keys).await);
                claimed.mine.land(outcome.clone());
                outcome
            };
            let theirs = join_all(claimed.theirs.into_iter().map(Awaited::landed));
            let (mine, theirs) = join(mine, theirs).await;
            take(&mut found, &mine)?;
            wanted = Vec::new();
            for (keys, outcome) in theirs {
                wanted.append(&mut accept(tiers, &mut found, keys, outcome.as_ref())?);
            }
        }
        Ok(found)
    }

    /// Asks Redis, then the batch for what is left, and keeps what it gave.
    async fn fetch(&self, tiers: &Arc<Tiers>, keys: &[K]) -> Result<Values<K, B>, B::Error> {
        let Some(shared) = tiers.shared.as_ref().filter(|_| self.relation.policy.shared) else {
            return self.read(Some(tiers), keys).await;
        };
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let names: Vec<String> = keys.iter().map(|key| record::name(&self.relation.name, key)).collect();
        let held = shared.get(&names).await;
        let mut found = HashMap::with_capacity(keys.len());
        let (mut left, mut left_names) = (Vec::new(), Vec::new());
        for ((key, name), held) in keys.iter().zip(names).zip(held) {
            if let Some(value) = held.and_then(|held| self.restore(tiers, key, &held)) {
                found.insert(key.clone(), value);
            } else {
                left.push(key.clone());
                left_names.push(name);
            }
        }
        if left.is_empty() {
            return Ok(found);
        }
        if self.relation.policy.one_node {
            found.extend(lease::load_on_one_node(self, tiers, shared, left, left_names).await?);
        } else {
            let read = self.read(Some(tiers), &left).await?;
            let fills = fills(&read, left.iter().zip(left_names));
            if !fills.is_empty() {
                let (shared, lifetime) = (shared.clone(), tiers.lifetimes.shared);
                tiers.tasks.spawn(async move { shared.fill(fills, lifetime).await });
            }
            found.extend(read);
        }
        Ok(found)
    }

    /// Loads keys from the batch, and keeps what it gave in memory.
    pub(super) async fn read(
        &self,
        tiers: Option<&Arc<Tiers>>,
        keys: &[K],
    ) -> Result<Values<K, B>, B::Error> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        // Before the load begins: what is written from here on may or may not be in what it sees.
        let position = tiers.and_then(|tiers| tiers.ledger.position());
        let began = Instant::now();
        if let Some(tiers) = tiers {
            count(&tiers.counters.loads, 1);
        }
        let mut values = self.batch.load(keys).await?;
        let took = began.elapsed();
        let mut found = HashMap::with_capacity(keys.len());
        for key in keys {
            let value = values.remove(key);
            let read_at = position.filter(|_| value.as_ref().is_none_or(Cacheable::is_cacheable));
            let entry = match tiers.zip(read_at) {
                Some((tiers, read_at)) => {
                    let slots = self.slots(key, value.as_ref());
                    self.keep(tiers, key, Entry { value, slots, read_at: Some(read_at), expires: None, took })
                }
                None => Arc::new(Entry { value, slots: Box::default(), read_at: None, expires: None, took }),
            };
            found.insert(key.clone(), Found { entry, tier: Tier::Database, right_at: read_at });
        }
        Ok(found)
    }

    /// Keeps an entry in memory, from now on for its lifetime.
    fn keep(&self, tiers: &Tiers, key: &K, entry: Entry<B::Value>) -> Arc<Entry<B::Value>> {
        let entry = Arc::new(Entry { expires: Some(Instant::now() + tiers.lifetime()), ..entry });
        tiers.memory.insert(self.relation.number, key, &entry);
        entry
    }

    /// What Redis holds for a key, if it still counts; memory keeps it from here on.
    pub(super) fn restore(&self, tiers: &Tiers, key: &K, held: &Held) -> Option<Found<B::Value>> {
        let (value, took) = record::decode::<B::Value>(&held.bytes)?;
        let slots = self.slots(key, value.as_ref());
        let right_at = Some(tiers.ledger.right_at(held.read_at, &slots)?);
        let entry = Entry { value, slots, read_at: Some(held.read_at), expires: None, took };
        Some(Found { entry: self.keep(tiers, key, entry), tier: Tier::Shared, right_at })
    }

    fn slots(&self, key: &K, value: Option<&B::Value>) -> Box<[Slot]> {
        let mut tags = Tags::default();
        self.batch.tag(key, value, &mut tags);
        tags.into_slots()
    }

    /// Has a key loaded anew in the background: one task at a time, which takes all that have gathered.
    fn refresh_soon(self: &Arc<Self>, tiers: &Arc<Tiers>, key: &K) {
        if !self.refresh.queue(key) {
            return;
        }
        let (inner, tiers_of_task) = (self.clone(), tiers.clone());
        tiers.tasks.spawn(async move {
            while let Some(keys) = inner.refresh.next() {
                // Whoever asks next learns of a failure: it loads the key itself.
                let _ = inner.fetch(&tiers_of_task, &keys).await;
                count(&tiers_of_task.counters.refreshes, keys.len());
                inner.refresh.done(&keys);
            }
        });
    }
}

/// Takes what another load found, as far as it counts; gives the keys that are left.
fn accept<K: Key, V, E: Clone>(
    tiers: &Tiers,
    found: &mut HashMap<K, Found<V>>,
    keys: Vec<K>,
    outcome: Option<&Outcome<K, V, E>>,
) -> Result<Vec<K>, E> {
    let Some(outcome) = outcome else { return Ok(keys) };
    let values = outcome.as_ref().as_ref().map_err(Clone::clone)?;
    let (mut left, total) = (Vec::new(), keys.len());
    for key in keys {
        let right = values.get(&key).and_then(|value| {
            let right_at = match value.entry.read_at {
                Some(read_at) => Some(tiers.ledger.right_at(read_at, &value.entry.slots)?),
                // What may not be kept was at least loaded while this request waited for it.
                None => None,
            };
            Some(Found { right_at, ..value.clone() })
        });
        match right {
            Some(value) => drop(found.insert(key, value)),
            None => left.push(key),
        }
    }
    count(&tiers.counters.joined, total - left.len());
    Ok(left)
}

/// What Redis is to keep of what was read.
pub(super) fn fills<'a, K: Key, V: Cacheable>(
    read: &HashMap<K, Found<V>>,
    keys: impl Iterator<Item = (&'a K, String)>,
) -> Vec<Fill> {
    let fill = |(key, name): (&K, String)| {
        let entry = &read.get(key)?.entry;
        let bytes = record::encode(entry)?;
        Some(Fill { key: name, read_at: entry.read_at?, bytes })
    };
    keys.filter_map(fill).collect()
}

fn take<K: Key, V, E: Clone>(found: &mut HashMap<K, Found<V>>, outcome: &Outcome<K, V, E>) -> Result<(), E> {
    let values = outcome.as_ref().as_ref().map_err(Clone::clone)?;
    found.extend(values.iter().map(|(key, value)| (key.clone(), value.clone())));
    Ok(())
}

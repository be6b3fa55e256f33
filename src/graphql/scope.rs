//! What a resolver works with: the services of the process and the reads of its request.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::Context;

use super::{
    error::Error,
    page::PageSizes,
    relations::{Each, Relations, Source},
};
use crate::{
    cache::{Dependencies, Entry, Found, Ledger, StoredKey, Tagged, Tier},
    loader::RequestScope,
    store::StoreError,
};

/// What all requests share.
pub(super) struct Services {
    pub(super) relations: Relations,
    pub(super) pages: PageSizes,
}

/// The reads of one operation: how they are batched, and what they came from.
pub(super) struct Reads {
    pub(super) loads: RequestScope,
    gathered: Mutex<Gathered>,
}

/// What the reads of an operation came from.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    /// What the answer depends on.
    pub(super) dependencies: Dependencies,
    /// Keys answered by each tier.
    pub(super) answered: Answered,
    /// The same by relation, when it was asked for.
    pub(super) by_relation: Option<BTreeMap<String, Answered>>,
    /// The answers counted already, by their place in memory: the loader keeps them until the request ends.
    seen: HashSet<usize>,
}

/// Keys answered by each tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) memory: u32,
    pub(super) shared: u32,
    pub(super) database: u32,
}

impl Reads {
    /// The reads of an operation that begins now. With `by_relation`, they are also counted by relation.
    pub(super) fn begin(loads: RequestScope, ledger: Option<&Ledger>, by_relation: bool) -> Self {
        let gathered = Gathered {
            dependencies: ledger.map_or_else(Dependencies::unknown, Dependencies::begin),
            answered: Answered::default(),
            by_relation: by_relation.then(BTreeMap::new),
            seen: HashSet::new(),
        };
        Self { loads, gathered: Mutex::new(gathered) }
    }

    /// What the reads so far came from.
    pub(super) fn gathered(&self) -> Gathered {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts an answer, once.
    fn gather<V>(&self, relation: &str, found: &Found<V>) {
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let Entry { read_at, expires, slots, .. } = &*found.entry;
        if !gathered.seen.insert(Arc::as_ptr(&found.entry).addr()) {
            return;
        }
        gathered.dependencies.add(*read_at, *expires, slots);
        gathered.answered.count(found.tier);
        if let Some(by_relation) = &mut gathered.by_relation {
            by_relation.entry(relation.to_owned()).or_default().count(found.tier);
        }
    }
}

impl Answered {
    fn count(&mut self, tier: Tier) {
        *match tier {
            Tier::Memory => &mut self.memory,
            Tier::Shared => &mut self.shared,
            Tier::Database => &mut self.database,
        } += 1;
    }
}

/// The services behind a request.
pub(super) fn services<'a>(ctx: &Context<'a>) -> Result<&'a Services, Error> {
    ctx.data().map_err(|error| Error::Internal(error.message))
}

/// The value of a key of one relation: from a cache, or batched with the rest of the request.
pub(super) async fn load<K: StoredKey, B: Tagged<K, Error = Arc<StoreError>>>(
    ctx: &Context<'_>,
    source: impl FnOnce(&Relations) -> &Source<K, B>,
    key: K,
) -> Result<Option<B::Value>, Error> {
    let source = source(&services(ctx)?.relations);
    let found = if let Some(load) = &source.other {
        load(key).await?
    } else {
        let reads: &Arc<Reads> = ctx.data().map_err(|error| Error::Internal(error.message))?;
        let found = reads.loads.load(&source.relation, key).await?;
        if let Some(found) = &found {
            reads.gather(source.relation.batch().name(), found);
        }
        found
    };
    Ok(found.and_then(|found| found.entry.value.clone()))
}

/// The answer of a read that is a statement of its own.
pub(super) async fn read<K: StoredKey, V>(
    ctx: &Context<'_>,
    source: impl FnOnce(&Relations) -> &Source<K, Each<K, V>>,
    key: K,
) -> Result<V, Error>
where
    Each<K, V>: Tagged<K, Value = Result<V, Arc<StoreError>>, Error = Arc<StoreError>>,
{
    let value = load(ctx, source, key).await?;
    Ok(value.ok_or_else(|| Error::Internal("a read gave no answer".to_owned()))??)
}

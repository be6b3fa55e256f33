//! What a resolver works with: the services of the process, and what its request loads.

use std::{
    any::type_name,
    collections::{BTreeMap, HashSet},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ahash::RandomState;
use async_graphql::{Context, Value as Json};
use futures_util::future::try_join_all;
use serde_json::json;

use super::{
    change::Log,
    error::Error,
    loading::{ErasedSource, FromValue, Key, Relations, Source, Value},
    page::PageSizes,
};
use crate::{
    cache::{Dependencies, Found, Ledger, Slot, Tag, Tier},
    loader::RequestScope,
    telemetry::meter::Meter,
};

/// What all requests share.
pub(super) struct Services {
    pub(super) relations: Relations,
    pub(super) log: Arc<Log>,
    pub(super) pages: PageSizes,
}

/// One operation's loads, and what its answer is made from. Clones share it.
#[derive(Clone)]
pub(super) struct Request(Arc<State>);

struct State {
    loads: RequestScope,
    /// What nothing was added to yet.
    begun: Dependencies,
    gathered: Mutex<Gathered>,
}

/// What an operation's values came from.
struct Gathered {
    dependencies: Dependencies,
    counts: Counts,
    /// The same by relation, where the client wants to know.
    by_relation: Option<BTreeMap<String, Counts>>,
    /// The values counted already, by their place in memory: the loader keeps them until the request ends.
    seen: HashSet<usize, RandomState>,
}

/// Where the values that an operation asked for came from, each key once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// From the memory of this process.
    pub memory: u64,
    /// From Redis.
    pub shared: u64,
    /// From the database.
    pub database: u64,
}

impl Counts {
    fn add(&mut self, tier: Tier) {
        *match tier {
            Tier::Memory => &mut self.memory,
            Tier::Shared => &mut self.shared,
            Tier::Database => &mut self.database,
        } += 1;
    }
}

impl Request {
    /// A request that has loaded nothing; what it loads holds at least all writes that the ledger knows now.
    pub(super) fn begin(meter: Meter, ledger: &Ledger) -> Self {
        Self::over(RequestScope::new(meter), Dependencies::begin(ledger))
    }

    /// Another operation of the same batch: it shares the loads, so what it is given may have been loaded as
    /// early as the batch began, and gathers for itself.
    pub(super) fn beside(&self) -> Self {
        Self::over(self.0.loads.clone(), self.0.begun.clone())
    }

    fn over(loads: RequestScope, begun: Dependencies) -> Self {
        let gathered = Gathered {
            dependencies: begun.clone(),
            counts: Counts::default(),
            by_relation: None,
            seen: HashSet::default(),
        };
        Self(Arc::new(State { loads, begun, gathered: Mutex::new(gathered) }))
    }

    /// Has what follows counted by relation too.
    pub(super) fn explain(&self) {
        self.gathered().by_relation = Some(BTreeMap::new());
    }

    /// Has the answer depend on every write: it holds what was written before now, and nothing newer counts as
    /// known.
    pub(super) fn depends_on_anything(&self) {
        let mut gathered = self.gathered();
        let read_at = gathered.dependencies.read_at;
        gathered.dependencies.add(read_at, None, &[Slot::of(Tag::Anything)]);
    }

    /// Runs a future whose loads are batched.
    pub(super) async fn drive<F: Future>(&self, future: F) -> F::Output {
        self.0.loads.drive(future).await
    }

    /// The values of several keys, in the order of the keys. One failed key fails the call.
    pub(super) async fn load_many<K: Into<Key>, V: FromValue>(
        &self,
        source: &Source<K, V>,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Vec<Option<V>>, Error> {
        let keys = keys.into_iter().map(Into::into).collect();
        let values = self.values(&source.erased, keys).await?;
        values.into_iter().map(|value| value.map(typed).transpose()).collect()
    }

    async fn value(&self, source: &ErasedSource, key: Key) -> Result<Option<Value>, Error> {
        let found = match &source.other {
            Some(load) => load(key).await?,
            None => self.0.loads.load(&source.relation, key).await?,
        };
        Ok(found.and_then(|found| self.take(source, &found)))
    }

    async fn values(&self, source: &ErasedSource, keys: Vec<Key>) -> Result<Vec<Option<Value>>, Error> {
        let found = match &source.other {
            Some(load) => try_join_all(keys.into_iter().map(load)).await?,
            None => self.0.loads.load_many(&source.relation, keys).await?,
        };
        Ok(found.into_iter().map(|found| self.take(source, &found?)).collect())
    }

    /// What was loaded so far.
    pub(super) fn dependencies(&self) -> Dependencies {
        self.gathered().dependencies.clone()
    }

    /// Where the values so far came from.
    pub(super) fn counts(&self) -> Counts {
        self.gathered().counts
    }

    /// The same by relation, if it was to be counted: what the client is told.
    pub(super) fn explained(&self) -> Option<Json> {
        let gathered = self.gathered();
        let tell = |(relation, counts): (&String, &Counts)| {
            let Counts { memory, shared, database } = *counts;
            (relation.clone(), json!({ "memory": memory, "redis": shared, "database": database }))
        };
        let told: serde_json::Map<_, _> = gathered.by_relation.as_ref()?.iter().map(tell).collect();
        Json::from_json(told.into()).ok()
    }

    /// The value of an answer, which is noted, once.
    fn take(&self, source: &ErasedSource, found: &Found<Value>) -> Option<Value> {
        let entry = &*found.entry;
        let mut gathered = self.gathered();
        if gathered.seen.insert(Arc::as_ptr(&found.entry).addr()) {
            gathered.dependencies.add(found.right_at, entry.expires, &entry.slots);
            gathered.counts.add(found.tier);
            if let Some(by_relation) = &mut gathered.by_relation {
                let name = source.relation.batch().name().to_owned();
                by_relation.entry(name).or_default().add(found.tier);
            }
        }
        entry.value.clone()
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.0.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The services behind a request.
pub(super) fn services<'a>(ctx: &Context<'a>) -> Result<&'a Services, Error> {
    ctx.data().map(|services: &Arc<Services>| &**services).map_err(|error| Error::Internal(error.message))
}

/// What the running operation loads with.
pub(super) fn request<'a>(ctx: &Context<'a>) -> Result<&'a Request, Error> {
    ctx.data().map_err(|error| Error::Internal(error.message))
}

/// Has what the request loads from here on be read anew: it has just written.
pub(super) fn forget(ctx: &Context<'_>) -> Result<(), Error> {
    request(ctx)?.0.loads.forget();
    Ok(())
}

/// The value of a key of one relation: from a cache, or batched with the rest of the request.
pub(super) async fn load<K: Into<Key>, V: FromValue>(
    ctx: &Context<'_>,
    source: fn(&Relations) -> &Source<K, V>,
    key: K,
) -> Result<Option<V>, Error> {
    let source = &source(&services(ctx)?.relations).erased;
    request(ctx)?.value(source, key.into()).await?.map(typed).transpose()
}

/// The answer of a read that has one for every key.
pub(super) async fn read<K: Into<Key>, V: FromValue>(
    ctx: &Context<'_>,
    source: fn(&Relations) -> &Source<K, V>,
    key: K,
) -> Result<V, Error> {
    load(ctx, source, key).await?.ok_or_else(|| Error::Internal("a read gave no answer".to_owned()))
}

/// What the relation's types say that the value is.
fn typed<V: FromValue>(value: Value) -> Result<V, Error> {
    if let Value::Failed(error) = value {
        return Err(error.into());
    }
    let expected = || Error::Internal(format!("a relation answers no {}", type_name::<V>()));
    V::from_value(value).ok_or_else(expected)
}

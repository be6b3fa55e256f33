//! What a resolver works with: the services of the process, and what its request loads.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_graphql::Context;

use super::{
    error::Error,
    page::PageSizes,
    relations::{Each, Relations, Source},
};
use crate::{
    cache::{Dependencies, Ledger, Slot, Tag},
    loader::{Batch, Key, RequestScope},
    store::StoreError,
    telemetry::meter::Meter,
};

/// What all requests share.
pub(super) struct Services {
    pub(super) relations: Relations,
    pub(super) pages: PageSizes,
}

/// One operation's loads, and what its answer is made from. Clones share it.
#[derive(Clone)]
pub(super) struct Request(Arc<State>);

struct State {
    loads: RequestScope,
    /// What nothing was added to yet.
    begun: Dependencies,
    gathered: Mutex<Dependencies>,
}

/// How many of the values that an operation asked for were found in a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that were found.
    pub hits: u64,
    /// Those that had to be loaded.
    pub misses: u64,
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
        Self(Arc::new(State { loads, gathered: Mutex::new(begun.clone()), begun }))
    }

    /// Runs a future whose loads are batched.
    pub(super) async fn drive<F: Future>(&self, future: F) -> F::Output {
        self.0.loads.drive(future).await
    }

    /// What was loaded so far.
    pub(super) fn dependencies(&self) -> Dependencies {
        self.gathered().clone()
    }

    /// How many values were found, and how many loaded.
    #[expect(clippy::unused_self, reason = "no cache of values counts yet")]
    pub(super) fn counts(&self) -> Counts {
        Counts::default()
    }

    /// Notes a load. Which rows it read is not known here, so that any write may have changed it.
    fn gather(&self) {
        let read_at = self.0.begun.read_at;
        self.gathered().add(read_at, None, &[Slot::of(Tag::Anything)]);
    }

    fn gathered(&self) -> MutexGuard<'_, Dependencies> {
        self.0.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The services behind a request.
pub(super) fn services<'a>(ctx: &Context<'a>) -> Result<&'a Services, Error> {
    ctx.data().map_err(|error| Error::Internal(error.message))
}

/// The value of a key of one relation, batched with the rest of the request.
pub(super) async fn load<K: Key, B: Batch<K, Error = Arc<StoreError>>>(
    ctx: &Context<'_>,
    source: impl FnOnce(&Relations) -> &Source<K, B>,
    key: K,
) -> Result<Option<B::Value>, Error> {
    let source = source(&services(ctx)?.relations);
    let request: &Request = ctx.data().map_err(|error| Error::Internal(error.message))?;
    request.gather();
    if let Some(load) = &source.other {
        return Ok(load(key).await?);
    }
    Ok(request.0.loads.load(&source.relation, key).await?)
}

/// The answer of a read that is a statement of its own.
pub(super) async fn read<K: Key, V: Clone + Send + Sync + 'static>(
    ctx: &Context<'_>,
    source: impl FnOnce(&Relations) -> &Source<K, Each<K, V>>,
    key: K,
) -> Result<V, Error> {
    let value = load(ctx, source, key).await?;
    Ok(value.ok_or_else(|| Error::Internal("a read gave no answer".to_owned()))??)
}

//! What a resolver works with: the services of the process and the batching of its request.

use std::sync::Arc;

use async_graphql::Context;

use super::{
    error::Error,
    page::PageSizes,
    relations::{Each, Relations, Source},
};
use crate::{
    loader::{Batch, Key, RequestScope},
    store::StoreError,
};

/// What all requests share.
pub(super) struct Services {
    pub(super) relations: Relations,
    pub(super) pages: PageSizes,
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
    if let Some(load) = &source.other {
        return Ok(load(key).await?);
    }
    let scope: &RequestScope = ctx.data().map_err(|error| Error::Internal(error.message))?;
    Ok(scope.load(&source.relation, key).await?)
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

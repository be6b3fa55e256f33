//! What a resolver works with: the services of the process and the batching of its request.

use std::sync::Arc;

use async_graphql::Context;

use super::{error::Error, page::PageSizes, relations::Relations};
use crate::{
    loader::{Batch, Key, Relation, RequestScope},
    store::{Database, StoreError},
};

/// What all requests share.
pub(super) struct Services {
    pub(super) database: Database,
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
    relation: impl FnOnce(&Relations) -> &Relation<K, B>,
    key: K,
) -> Result<Option<B::Value>, Error> {
    let scope: &RequestScope = ctx.data().map_err(|error| Error::Internal(error.message))?;
    Ok(scope.load(relation(&services(ctx)?.relations), key).await?)
}

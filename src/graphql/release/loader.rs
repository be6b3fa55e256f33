//! Batches of releases.

use std::sync::Arc;

use crate::{
    graphql::relations::Loaded,
    loader::Batch,
    store::{Database, StoreError, query::release},
};

/// The published JSON of releases.
pub(in crate::graphql) struct ReleaseBodies(pub(in crate::graphql) Database);

impl Batch<i64> for ReleaseBodies {
    type Value = Arc<str>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        let bodies = release::bodies(&self.0, keys).await?;
        Ok(bodies.into_iter().map(|(id, json)| (id, json.into())).collect())
    }
}

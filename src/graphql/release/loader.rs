//! Batches of releases.

use std::sync::Arc;

use crate::{
    graphql::batches::{Loaded, PartOf},
    loader::Batch,
    store::{Database, StoreError, query::release},
};

/// The published JSON of releases.
pub(in crate::graphql) struct ReleaseBodies(pub(in crate::graphql) Database);

impl Batch<PartOf> for ReleaseBodies {
    type Value = Arc<str>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[PartOf]) -> Loaded<PartOf, Self::Value> {
        let bodies = release::bodies(&self.0, &PartOf::ids(keys)).await?;
        Ok(PartOf::distribute(keys, bodies.into_iter().map(|(id, json)| (id, json.into())).collect()))
    }
}

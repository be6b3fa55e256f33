//! Batches of awards.

use std::sync::Arc;

use crate::{
    graphql::relations::{Loaded, Rows, share_lists},
    loader::Batch,
    store::{Database, StoreError, entity::organization, query::list},
};

/// The suppliers of awards.
pub(in crate::graphql) struct AwardSuppliers(pub(in crate::graphql) Database);

impl Batch<i64> for AwardSuppliers {
    type Value = Rows<organization::Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_lists(list::award_suppliers(&self.0, keys).await?))
    }
}

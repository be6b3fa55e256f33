//! Batches of datasets.

use std::sync::Arc;

use crate::{
    graphql::relations::{Loaded, share_rows},
    loader::Batch,
    store::{Database, StoreError, entity::dataset::Model, query::dataset},
};

/// Datasets by id.
pub(in crate::graphql) struct DatasetById(pub(in crate::graphql) Database);

impl Batch<i64> for DatasetById {
    type Value = Arc<Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_rows(dataset::by_ids(&self.0, keys).await?, |row| row.id))
    }
}

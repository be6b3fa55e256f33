//! Batches of datasets.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use crate::{
    graphql::batches::{Loaded, Rows, share_rows},
    loader::Batch,
    store::{Database, StoreError, entity::dataset::Model, query::dataset},
};

/// Datasets by id.
pub(in crate::graphql) struct DatasetById(pub(in crate::graphql) Database);

/// Reads all datasets, by name.
pub(in crate::graphql) fn all(
    database: Database,
    (): (),
) -> BoxFuture<'static, Result<Rows<Model>, StoreError>> {
    async move { Ok(dataset::all(&database).await?.into_iter().map(Arc::new).collect()) }.boxed()
}

impl Batch<i64> for DatasetById {
    type Value = Arc<Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_rows(dataset::by_ids(&self.0, keys).await?, |row| row.id))
    }
}

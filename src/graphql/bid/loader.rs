//! Batches of bids.

use std::sync::Arc;

use crate::{
    graphql::relations::{Loaded, Rows, share_lists},
    loader::Batch,
    store::{Database, StoreError, entity::organization, query::list},
};

/// The tenderers of bids.
pub(in crate::graphql) struct BidTenderers(pub(in crate::graphql) Database);

impl Batch<i64> for BidTenderers {
    type Value = Rows<organization::Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_lists(list::bid_tenderers(&self.0, keys).await?))
    }
}

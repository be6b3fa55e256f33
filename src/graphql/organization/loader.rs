//! Batches of organisations.

use std::sync::Arc;

use crate::{
    graphql::relations::{Loaded, Rows, share_lists, share_rows},
    loader::Batch,
    store::{
        Database, StoreError,
        entity::organization::Model,
        query::{
            list::{self, PartyRow, Range, TendererRow},
            organization,
        },
    },
};

/// Organisations by id.
pub(in crate::graphql) struct OrganizationById(pub(in crate::graphql) Database);

/// The parties of processes.
pub(in crate::graphql) struct Parties(pub(in crate::graphql) Database);

/// The tenderers of processes.
pub(in crate::graphql) struct Tenderers(pub(in crate::graphql) Database);

impl Batch<i64> for OrganizationById {
    type Value = Arc<Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_rows(organization::by_ids(&self.0, keys).await?, |row| row.id))
    }
}

impl Batch<Range> for Parties {
    type Value = Rows<PartyRow>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[Range]) -> Loaded<Range, Self::Value> {
        Ok(share_lists(list::parties(&self.0, keys).await?))
    }
}

impl Batch<Range> for Tenderers {
    type Value = Rows<TendererRow>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[Range]) -> Loaded<Range, Self::Value> {
        Ok(share_lists(list::tenderers(&self.0, keys).await?))
    }
}

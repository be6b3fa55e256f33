//! Batches of organisations.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use crate::{
    graphql::relations::{Loaded, Rows, SharedPage, share_lists, share_page, share_rows},
    loader::Batch,
    store::{
        Database, StoreError,
        entity::organization::Model,
        page::PageRequest,
        query::{
            list::{self, PartyRow, Range, TendererRow},
            organization::{self, Filter},
        },
    },
};

/// A page of organisations, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct OrganizationPage {
    pub(super) filter: Filter,
    pub(super) descending: bool,
    pub(super) request: PageRequest,
}

/// Organisations by id.
pub(in crate::graphql) struct OrganizationById(pub(in crate::graphql) Database);

/// The parties of processes.
pub(in crate::graphql) struct Parties(pub(in crate::graphql) Database);

/// The tenderers of processes.
pub(in crate::graphql) struct Tenderers(pub(in crate::graphql) Database);

/// Reads one page.
pub(in crate::graphql) fn page(
    database: Database,
    key: OrganizationPage,
) -> BoxFuture<'static, Result<SharedPage<Model>, StoreError>> {
    let read = async move {
        let page = organization::page(&database, &key.filter, key.descending, &key.request).await?;
        Ok(share_page(page))
    };
    read.boxed()
}

/// Counts what a filter leaves.
pub(in crate::graphql) fn count(
    database: Database,
    filter: Filter,
) -> BoxFuture<'static, Result<i64, StoreError>> {
    async move { organization::count(&database, &filter).await }.boxed()
}

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

//! Batches of processes.

use std::{collections::HashMap, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};

use crate::{
    graphql::relations::{Loaded, Rows, SharedPage, share_lists, share_page, share_rows},
    loader::Batch,
    store::{
        Database, StoreError,
        entity::{process::Model, process_details},
        page::PageRequest,
        query::{
            process::{self, BuyerPage, Filter, Order},
            totals::{self, Totals},
        },
    },
};

/// A page of processes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct ProcessPage {
    pub(super) filter: Filter,
    pub(super) order: Order,
    pub(super) request: PageRequest,
}

/// Processes by ocid: one per dataset that has it.
pub(in crate::graphql) struct ProcessesByOcid(pub(in crate::graphql) Database);

/// Processes by id.
pub(in crate::graphql) struct ProcessById(pub(in crate::graphql) Database);

/// The side rows of processes.
pub(in crate::graphql) struct DetailsByProcess(pub(in crate::graphql) Database);

/// Pages of the processes of buyers.
pub(in crate::graphql) struct BuyerPages(pub(in crate::graphql) Database);

/// How many processes buyers have.
pub(in crate::graphql) struct BuyerCounts(pub(in crate::graphql) Database);

/// What the processes of buyers are worth.
pub(in crate::graphql) struct BuyerTotals(pub(in crate::graphql) Database);

/// Reads one page.
pub(in crate::graphql) fn page(
    database: Database,
    key: ProcessPage,
) -> BoxFuture<'static, Result<SharedPage<Model>, StoreError>> {
    async move { Ok(share_page(process::page(&database, &key.filter, key.order, &key.request).await?)) }
        .boxed()
}

/// Counts what a filter leaves.
pub(in crate::graphql) fn count(
    database: Database,
    filter: Filter,
) -> BoxFuture<'static, Result<i64, StoreError>> {
    async move { process::count(&database, &filter).await }.boxed()
}

/// Sums what a filter leaves.
pub(in crate::graphql) fn totals(
    database: Database,
    filter: Filter,
) -> BoxFuture<'static, Result<Arc<Totals>, StoreError>> {
    async move { Ok(Arc::new(totals::by_filter(&database, &filter).await?)) }.boxed()
}

impl Batch<String> for ProcessesByOcid {
    type Value = Rows<Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[String]) -> Loaded<String, Self::Value> {
        let mut lists: HashMap<String, Vec<Model>> = HashMap::new();
        for row in process::by_ocids(&self.0, keys).await? {
            lists.entry(row.ocid.clone()).or_default().push(row);
        }
        Ok(share_lists(lists))
    }
}

impl Batch<i64> for ProcessById {
    type Value = Arc<Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_rows(process::by_ids(&self.0, keys).await?, |row| row.id))
    }
}

impl Batch<i64> for DetailsByProcess {
    type Value = Arc<process_details::Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_rows(process::details(&self.0, keys).await?, |row| row.process_id))
    }
}

impl Batch<BuyerPage> for BuyerPages {
    type Value = Rows<Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[BuyerPage]) -> Loaded<BuyerPage, Self::Value> {
        Ok(share_lists(process::by_buyers(&self.0, keys).await?))
    }
}

impl Batch<i64> for BuyerCounts {
    type Value = i64;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(process::counts_by_buyer(&self.0, keys).await?)
    }
}

impl Batch<i64> for BuyerTotals {
    type Value = Arc<Totals>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        let totals = totals::by_buyers(&self.0, keys).await?;
        Ok(totals.into_iter().map(|(buyer, totals)| (buyer, Arc::new(totals))).collect())
    }
}

//! Batches of processes.

use std::{collections::HashMap, sync::Arc};

use crate::{
    graphql::relations::{Loaded, Rows, share_lists, share_rows},
    loader::Batch,
    store::{
        Database, StoreError,
        entity::{process::Model, process_details},
        query::{
            process::{self, BuyerPage},
            totals::{self, Totals},
        },
    },
};

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

//! Batches of processes.

use std::{collections::HashMap, sync::Arc};

use crate::{
    graphql::batches::{Loaded, Rows, share_lists, share_rows},
    loader::Batch,
    store::{
        Database, StoreError,
        entity::{process::Model, process_details},
        query::process,
    },
};

/// Processes by ocid: one per dataset that has it.
pub(in crate::graphql) struct ProcessesByOcid(pub(in crate::graphql) Database);

/// Processes by id.
pub(in crate::graphql) struct ProcessById(pub(in crate::graphql) Database);

/// The side rows of processes.
pub(in crate::graphql) struct DetailsByProcess(pub(in crate::graphql) Database);

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

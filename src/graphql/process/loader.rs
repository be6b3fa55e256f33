//! Batches of processes.

use std::{collections::HashMap, sync::Arc};

use crate::{
    graphql::batches::{Loaded, Rows, share_lists, share_rows},
    loader::Batch,
    store::{
        Database, StoreError,
        entity::{process::Model, process_details},
        query::{
            facts::{self, Named},
            process,
        },
        row::Cell,
    },
};

/// Processes by ocid: one per dataset that has it.
pub(in crate::graphql) struct ProcessesByOcid(pub(in crate::graphql) Database);

/// Processes by id.
pub(in crate::graphql) struct ProcessById(pub(in crate::graphql) Database);

/// The side rows of processes.
pub(in crate::graphql) struct DetailsByProcess(pub(in crate::graphql) Database);

/// What processes name: whom, and what kinds of items. Filters are judged by it.
pub(in crate::graphql) struct NamedByProcess<T>(
    pub(in crate::graphql) Database,
    pub(in crate::graphql) Named<T>,
);

/// The words of processes. Filters are judged by them.
pub(in crate::graphql) struct WordsByProcess(pub(in crate::graphql) Database);

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

impl<T: Cell + Ord + Send + Sync + 'static> Batch<i64> for NamedByProcess<T> {
    type Value = Arc<[T]>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        let named = self.1.read(&self.0, keys).await?;
        Ok(named.into_iter().map(|(process, values)| (process, values.into())).collect())
    }
}

impl Batch<i64> for WordsByProcess {
    type Value = Arc<str>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        let words = facts::words(&self.0, keys).await?;
        Ok(words.into_iter().map(|(process, words)| (process, words.into())).collect())
    }
}

//! What batches of all lists and of all rows with an id have in common, and how their values are shared.

use std::{collections::HashMap, hash::Hash, marker::PhantomData, sync::Arc};

use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;

use crate::{
    loader::{Batch, Key},
    store::{
        Database, StoreError,
        page::Page,
        query::list::{self, Listed, Node, Range},
    },
};

/// Rows of a list, shared with everyone who asked for the same part.
pub(super) type Rows<R> = Arc<[Arc<R>]>;

/// A page of rows, shared with everyone who asked for it.
pub(super) type SharedPage<R> = Arc<Page<Arc<R>>>;

/// What a batch of the store answers.
pub(super) type Loaded<K, V> = Result<HashMap<K, V>, Arc<StoreError>>;

/// A row of a process, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct PartOf {
    /// The process. Nothing is read by it; it tells which writes touch the row.
    pub(super) process: i64,
    pub(super) id: i64,
}

impl PartOf {
    /// The ids to read by.
    pub(super) fn ids(parts: &[Self]) -> Vec<i64> {
        parts.iter().map(|part| part.id).collect()
    }

    /// Hands what was read by ids to those who asked for it.
    pub(super) fn distribute<V>(parts: &[Self], mut values: HashMap<i64, V>) -> HashMap<Self, V> {
        parts.iter().filter_map(|part| Some((*part, values.remove(&part.id)?))).collect()
    }
}

/// Parts of the lists of many parents.
pub(super) struct Ranges<R>(Database, PhantomData<fn() -> R>);

/// Rows by their ids.
pub(super) struct Nodes<R>(Database, PhantomData<fn() -> R>);

/// Reads that are a statement each: a filtered page, its length. They go through the loader all the same,
/// so that what hangs below them meets at one level whichever of them returns first.
pub(super) struct Each<K, V>(pub(super) Database, pub(super) fn(Database, K) -> Read<V>);

/// A read under way.
pub(super) type Read<V> = BoxFuture<'static, Result<V, StoreError>>;

impl<R> Ranges<R> {
    pub(super) fn new(database: Database) -> Self {
        Self(database, PhantomData)
    }
}

impl<R> Nodes<R> {
    pub(super) fn new(database: Database) -> Self {
        Self(database, PhantomData)
    }
}

impl<R: Listed + 'static> Batch<Range> for Ranges<R> {
    type Value = Rows<R>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[Range]) -> Loaded<Range, Self::Value> {
        Ok(share_lists(list::by_ranges(&self.0, keys).await?))
    }
}

impl<R: Node + 'static> Batch<i64> for Nodes<R> {
    type Value = Arc<R>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[i64]) -> Loaded<i64, Self::Value> {
        Ok(share_rows(list::by_ids(&self.0, keys).await?, R::id))
    }
}

impl<K: Key, V: Clone + Send + Sync + 'static> Batch<K> for Each<K, V> {
    /// A read that fails does not fail those beside it.
    type Value = Result<V, Arc<StoreError>>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[K]) -> Loaded<K, Self::Value> {
        let read = |key: &K| (self.1)(self.0.clone(), key.clone());
        let values = join_all(keys.iter().map(read)).await.into_iter().map(|value| value.map_err(Arc::new));
        Ok(keys.iter().cloned().zip(values).collect())
    }
}

/// Puts lists behind shared pointers.
pub(super) fn share_lists<K: Eq + Hash, R>(lists: HashMap<K, Vec<R>>) -> HashMap<K, Rows<R>> {
    lists.into_iter().map(|(key, rows)| (key, rows.into_iter().map(Arc::new).collect())).collect()
}

/// Puts rows behind shared pointers, by id.
pub(super) fn share_rows<R>(rows: Vec<R>, id: impl Fn(&R) -> i64) -> HashMap<i64, Arc<R>> {
    rows.into_iter().map(|row| (id(&row), Arc::new(row))).collect()
}

/// Puts a page behind shared pointers.
pub(super) fn share_page<R>(page: Page<R>) -> SharedPage<R> {
    let rows = page.rows.into_iter().map(Arc::new).collect();
    Arc::new(Page { rows, has_previous: page.has_previous, has_next: page.has_next })
}

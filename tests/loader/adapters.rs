//! Runs the same batch functions under the loaders people know: async-graphql's and the `dataloader`
//! crate's. For tests (same answers) and benches (figures).

use std::{collections::HashMap, fmt::Debug, sync::Arc, time::Duration};

use async_graphql::dataloader::{DataLoader, Loader};
use dataloader::{BatchFn, non_cached};
use farol::loader::{Batch, Key};

/// What a load answers, under any of the loaders.
pub(crate) type Answer<K, B> = Result<Option<<B as Batch<K>>::Value>, <B as Batch<K>>::Error>;

/// A batch function as async-graphql's `Loader`.
pub(crate) struct AsyncGraphql<B>(Arc<B>);

impl<K: Key, B: Batch<K>> Loader<K> for AsyncGraphql<B> {
    type Value = B::Value;
    type Error = B::Error;

    async fn load(&self, keys: &[K]) -> Result<HashMap<K, B::Value>, B::Error> {
        self.0.load(keys).await
    }
}

/// A batch function as the crate's `BatchFn`, which knows neither errors nor absence.
pub(crate) struct Crate<B>(Arc<B>);

impl<K: Key, B: Batch<K>> BatchFn<K, Answer<K, B>> for Crate<B> {
    async fn load(&mut self, keys: &[K]) -> HashMap<K, Answer<K, B>> {
        let answers = self.0.load(keys).await;
        let answer = |key: &K| match &answers {
            Ok(values) => Ok(values.get(key).cloned()),
            Err(error) => Err(error.clone()),
        };
        keys.iter().map(|key| (key.clone(), answer(key))).collect()
    }
}

/// async-graphql's loader over a batch function, in its usual set-up.
pub(crate) fn async_graphql<B: Send + Sync + 'static>(
    batch: Arc<B>,
    delay: Duration,
) -> DataLoader<AsyncGraphql<B>> {
    DataLoader::new(AsyncGraphql(batch), tokio::spawn).delay(delay)
}

/// The `dataloader` crate's loader over a batch function, with as large batches as the others.
pub(crate) fn dataloader_crate<K: Key + Debug, B: Batch<K>>(
    batch: Arc<B>,
) -> non_cached::Loader<K, Answer<K, B>, Crate<B>> {
    non_cached::Loader::new(Crate(batch)).with_max_batch_size(1_000)
}

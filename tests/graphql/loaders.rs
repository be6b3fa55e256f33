//! Every case file under the loaders people know, in place of ours: the answers are the same, errors too.
//!
//! The schema, its resolvers and its batch functions are Farol's; only what gathers the keys is another.
//! Statements are not compared: those loaders gather by time and by polls, so the number of batches is
//! theirs to choose.

use std::{
    collections::HashMap,
    fmt, fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use farol::{
    graphql::{Engine, Limits, Load, Loaders},
    loader::{Batch, Key, Relation},
};
use futures_util::FutureExt;

use super::{
    ask,
    cases::{self, Case},
    fixture,
};
use crate::{loader::adapters, support::TestDatabase};

/// How many batches another loader has sent.
type Sent = Arc<AtomicUsize>;

/// async-graphql's `DataLoader`, which gathers for a time; for none, here.
#[derive(Default)]
struct AsyncGraphql(Sent);

/// The `dataloader` crate, which gathers for some polls.
#[derive(Default)]
struct Crate(Sent);

/// The batch function of one of the engine's relations.
struct BatchOf<K: Key, B: Batch<K>>(Relation<K, B>, Sent);

impl<K: Key, B: Batch<K>> Batch<K> for BatchOf<K, B> {
    type Value = B::Value;
    type Error = B::Error;

    async fn load(&self, keys: &[K]) -> Result<HashMap<K, B::Value>, B::Error> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.batch().load(keys).await
    }
}

impl Loaders for AsyncGraphql {
    fn in_place_of<K: Key + fmt::Debug, B: Batch<K>>(&self, relation: &Relation<K, B>) -> Option<Load<K, B>> {
        let batch = Arc::new(BatchOf(relation.clone(), self.0.clone()));
        let loader = Arc::new(adapters::async_graphql(batch, Duration::ZERO));
        Some(Box::new(move |key| {
            let loader = loader.clone();
            async move { loader.load_one(key).await }.boxed()
        }))
    }
}

impl Loaders for Crate {
    fn in_place_of<K: Key + fmt::Debug, B: Batch<K>>(&self, relation: &Relation<K, B>) -> Option<Load<K, B>> {
        let loader = adapters::dataloader_crate(Arc::new(BatchOf(relation.clone(), self.0.clone())));
        Some(Box::new(move |key| {
            let loader = loader.clone();
            async move { loader.load(key).await }.boxed()
        }))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_answered_alike_by_async_graphqls_loader() {
    let loaders = AsyncGraphql::default();
    every_case_is_answered_alike(&loaders).await;
    assert!(loaders.0.load(Ordering::Relaxed) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_answered_alike_by_the_dataloader_crate() {
    let loaders = Crate::default();
    every_case_is_answered_alike(&loaders).await;
    assert!(loaders.0.load(Ordering::Relaxed) > 0);
}

async fn every_case_is_answered_alike(loaders: &impl Loaders) {
    let file = TestDatabase::sqlite().await;
    let database = file.open().await;
    fixture::load(&database).await;
    let engine = Engine::with_loaders(&database, Limits::default(), loaders);
    for Case { path, document } in cases::all() {
        let execution = ask(&engine, &document, cases::variables(&document)).await;
        let expected = fs::read_to_string(path.with_extension("json")).unwrap();
        assert_eq!(cases::written(&execution), expected, "{}", path.display());
    }
}

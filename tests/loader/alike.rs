//! The same batch function answers alike under our engine and under the loaders people know.

use std::{collections::HashMap, sync::Arc, time::Duration};

use farol::loader::{Batch, Limits, LoadError, Relation};
use futures_util::future::join_all;
use proptest::prelude::*;

use super::{
    adapters,
    script::{metered, value},
};

/// Knows the scripted values; a batch with an unlucky key fails.
struct Fragile {
    unlucky: u32,
}

impl Batch<u32> for Fragile {
    type Value = u64;
    type Error = String;

    async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u64>, String> {
        if keys.contains(&self.unlucky) {
            return Err(format!("{} is unlucky", self.unlucky));
        }
        Ok(keys.iter().filter_map(|key| Some((*key, value(*key)?))).collect())
    }
}

/// The answers to keys that are asked for together.
type Answers = Vec<Result<Option<u64>, String>>;

async fn ours(batch: Arc<Fragile>, keys: &[u32]) -> Answers {
    let relation = Relation::new(batch, Limits::default());
    let (scope, _) = metered();
    let loads = keys.iter().map(async |key| match scope.load(&relation, *key).await {
        Err(LoadError::Batch(error)) => Err(error),
        answer => Ok(answer.unwrap()),
    });
    scope.drive(join_all(loads)).await
}

async fn async_graphqls(batch: Arc<Fragile>, keys: &[u32]) -> Answers {
    let loader = adapters::async_graphql(batch, Duration::ZERO);
    join_all(keys.iter().map(|key| loader.load_one(*key))).await
}

async fn the_crates(batch: Arc<Fragile>, keys: &[u32]) -> Answers {
    let loader = adapters::dataloader_crate(batch);
    join_all(keys.iter().map(|key| loader.load(*key))).await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn three_loaders_answer_alike(
        keys in prop::collection::vec(prop_oneof![1..60_u32, Just(100)], 1..50),
        unlucky in 1..200_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let batch = Arc::new(Fragile { unlucky });
        runtime.block_on(async {
            let ours = ours(batch.clone(), &keys).await;
            assert_eq!(async_graphqls(batch.clone(), &keys).await, ours);
            assert_eq!(the_crates(batch, &keys).await, ours);
        });
    }
}

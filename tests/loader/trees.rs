//! Random trees of loads over relations that feed each other: every level is one batch per relation.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex},
};

use farol::loader::{Batch, Limits, Relation, RequestScope};
use farol::telemetry::meter::Meter;
use futures_util::{FutureExt, future::BoxFuture, future::join_all};
use proptest::prelude::*;

use super::script::value;

/// A load, and the loads that its answer leads to.
#[derive(Clone, Debug)]
struct Tree {
    relation: usize,
    key: u32,
    children: Vec<Tree>,
}

const RELATIONS: usize = 3;

/// Answers after some turns of the runtime, and remembers its calls.
struct Delayed {
    turns: usize,
    calls: Mutex<Vec<BTreeSet<u32>>>,
}

impl Batch<u32> for Delayed {
    type Value = u64;
    type Error = String;

    async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u64>, String> {
        let distinct: BTreeSet<u32> = keys.iter().copied().collect();
        assert_eq!(distinct.len(), keys.len(), "a key twice in one batch");
        self.calls.lock().unwrap().push(distinct);
        for _ in 0..self.turns {
            tokio::task::yield_now().await;
        }
        Ok(keys.iter().filter_map(|key| Some((*key, value(*key)?))).collect())
    }
}

fn forest() -> impl Strategy<Value = Vec<Tree>> {
    let node = || (0..RELATIONS, prop_oneof![0..12_u32, Just(100)]);
    let leaf = node().prop_map(|(relation, key)| Tree { relation, key, children: vec![] });
    let tree = leaf.prop_recursive(6, 200, 40, move |inner| {
        (node(), prop::collection::vec(inner, 0..40)).prop_map(|((relation, key), children)| Tree {
            relation,
            key,
            children,
        })
    });
    prop::collection::vec(tree, 1..50)
}

fn walk<'a>(
    scope: &'a RequestScope,
    relations: &'a [Relation<u32, Arc<Delayed>>],
    tree: &'a Tree,
) -> BoxFuture<'a, ()> {
    async move {
        let answer = scope.load(&relations[tree.relation], tree.key).await;
        assert_eq!(answer, Ok(value(tree.key)));
        join_all(tree.children.iter().map(|child| walk(scope, relations, child))).await;
    }
    .boxed()
}

/// The fewest batches that can be: per level and relation, the keys not seen before. What leads on
/// from a known key belongs to the level at which it is asked.
fn ideal(forest: &[Tree]) -> Vec<Vec<BTreeSet<u32>>> {
    let mut calls = vec![Vec::new(); RELATIONS];
    let mut known = HashSet::new();
    let mut level: Vec<&Tree> = forest.iter().collect();
    while !level.is_empty() {
        let mut asked: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        let mut next = Vec::new();
        while let Some(tree) = level.pop() {
            if known.contains(&(tree.relation, tree.key)) {
                level.extend(&tree.children);
            } else {
                asked.entry(tree.relation).or_default().insert(tree.key);
                next.extend(&tree.children);
            }
        }
        for (relation, keys) in asked {
            known.extend(keys.iter().map(|key| (relation, *key)));
            calls[relation].push(keys);
        }
        level = next;
    }
    calls
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn batches_are_ideal_and_values_right(forest in forest(), turns in prop::array::uniform3(0..6_usize)) {
        let batches = turns.map(|turns| Arc::new(Delayed { turns, calls: Mutex::default() }));
        let relations = batches.clone().map(|batch| Relation::new(batch, Limits::default()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let scope = RequestScope::new(Meter::default());
        runtime.block_on(scope.drive(join_all(forest.iter().map(|tree| walk(&scope, &relations, tree)))));

        let calls: Vec<_> = batches.iter().map(|batch| batch.calls.lock().unwrap().clone()).collect();
        prop_assert_eq!(calls, ideal(&forest));
    }
}

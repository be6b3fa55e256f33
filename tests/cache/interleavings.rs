//! No order of reads, loads, writes and marks gives a request a value older than allowed: what was marked
//! before the request began is in what it gets.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proptest::prelude::*;
use tokio::task::JoinHandle;

use super::world::{POLICY, World, ask, mark, polls, source, tiers};

#[derive(Clone, Debug)]
enum Step {
    /// A request for a key begins; its load, if it needs one, takes so many polls before and after it reads.
    Read(i64, usize, usize),
    /// A request begins and is given up after some polls.
    GiveUp(i64, usize),
    /// A key is written; the ledger does not know yet.
    Write(i64),
    /// The ledger learns of the oldest write that it does not know.
    Mark,
    /// Whatever is under way goes on.
    Go(usize),
    /// Time passes: values get old.
    Wait,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = 0..3_i64;
    let step = prop_oneof![
        6 => (key.clone(), 0..6_usize, 0..6_usize).prop_map(|(key, before, behind)| Step::Read(key, before, behind)),
        1 => (key.clone(), 0..6_usize).prop_map(|(key, polls)| Step::GiveUp(key, polls)),
        3 => key.prop_map(Step::Write),
        3 => Just(Step::Mark),
        4 => (0..6_usize).prop_map(Step::Go),
        1 => Just(Step::Wait),
    ];
    prop::collection::vec(step, 1..60)
}

/// A request under way: the least version it may get.
type Pending = (Option<i64>, JoinHandle<Option<i64>>);

async fn play(steps: Vec<Step>) {
    let lifetime = Duration::from_mins(1);
    let (world, (ledger, tiers)) = (Arc::new(World::default()), tiers(lifetime));
    let relation = source(&world, &tiers, POLICY);
    let mut unmarked = std::collections::VecDeque::new();
    let mut marked: BTreeMap<i64, i64> = BTreeMap::new();
    let mut requests: Vec<Pending> = Vec::new();
    for step in steps {
        match step {
            Step::Read(key, before, behind) => {
                *world.pace.lock().unwrap() = (before, behind);
                let relation = relation.clone();
                let request = tokio::spawn(async move { ask(&relation, key).await.unwrap().entry.value });
                requests.push((marked.get(&key).copied(), request));
            }
            Step::GiveUp(key, number) => {
                let relation = relation.clone();
                let request = tokio::spawn(async move { ask(&relation, key).await.map(drop) });
                polls(number).await;
                request.abort();
            }
            Step::Write(key) => unmarked.push_back((world.write(key), key)),
            Step::Mark => {
                if let Some((sequence, key)) = unmarked.pop_front() {
                    mark(&ledger, sequence, key);
                    marked.insert(key, sequence);
                }
            }
            Step::Go(number) => polls(number).await,
            Step::Wait => tokio::time::advance(lifetime / 3).await,
        }
    }
    for (least, request) in requests {
        // None is less than any version.
        let got = request.await.unwrap();
        assert!(got >= least, "a request that began after version {least:?} was marked got {got:?}");
    }
    // All is marked: from here on everybody gets the newest.
    for (sequence, key) in unmarked {
        mark(&ledger, sequence, key);
    }
    for key in 0..3 {
        assert_eq!(ask(&relation, key).await.unwrap().entry.value, world.version(key));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_request_gets_what_was_overtaken_before_it_began(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play(steps));
    }
}

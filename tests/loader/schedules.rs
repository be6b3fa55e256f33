//! Random schedules of requests that come, go away and wait, while batches return, fail and panic:
//! nobody waits for ever, nobody gets another's answer, no slot is lost.

use farol::loader::LoadError;
use futures_util::future::join_all;
use proptest::prelude::*;
use tokio::task::JoinHandle;

use super::script::{Call, Calls, Loaded, Scripted, request, scripted, settle, values};

#[derive(Clone, Debug)]
enum Step {
    Come(Vec<u32>),
    GoAway(usize),
    Return(usize),
    Fail(usize),
    Panic(usize),
}

/// What the test has set going: requests with their keys, and calls not yet played.
struct World {
    relation: Scripted,
    calls: Calls,
    flying: Vec<Call>,
    requests: Vec<(Vec<u32>, JoinHandle<Vec<Loaded>>)>,
    in_flight: usize,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => prop::collection::vec(1..30_u32, 1..8).prop_map(Step::Come),
        2 => any::<usize>().prop_map(Step::GoAway),
        2 => any::<usize>().prop_map(Step::Return),
        1 => any::<usize>().prop_map(Step::Fail),
        1 => any::<usize>().prop_map(Step::Panic),
    ];
    prop::collection::vec(step, 1..40)
}

impl World {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Come(keys) => {
                let request = request(&self.relation, &keys);
                self.requests.push((keys, request));
            }
            Step::GoAway(which) if !self.requests.is_empty() => {
                let which = which % self.requests.len();
                self.requests.swap_remove(which).1.abort();
            }
            Step::Return(which) => drop(self.pick(which).map(Call::answer)),
            Step::Fail(which) => drop(self.pick(which).map(|call| call.fail("no"))),
            Step::Panic(which) => drop(self.pick(which).map(|call| call.panic("oh"))),
            Step::GoAway(_) => {}
        }
        settle().await;
        self.flying.extend(std::iter::from_fn(|| self.calls.made()));
        self.flying.retain(|call| !call.is_cancelled());
        assert!(self.flying.len() <= self.in_flight, "more batches than slots");
    }

    fn pick(&mut self, which: usize) -> Option<Call> {
        let last = self.flying.len().checked_sub(1)?;
        Some(self.flying.swap_remove(which % (last + 1)))
    }

    /// Answers everything that is still to be answered: every request must then be served.
    async fn finish(mut self) {
        while !self.flying.is_empty() {
            self.take(Step::Return(0)).await;
        }
        for (keys, request) in self.requests {
            assert!(request.is_finished(), "a request waits though nothing is in flight");
            let answers = request.await.unwrap();
            if answers.iter().all(Result::is_ok) {
                assert_eq!(answers, values(&keys));
            } else {
                let expected =
                    |answer: &Loaded| matches!(answer, Err(LoadError::Batch(_) | LoadError::Panicked { .. }));
                assert!(answers.iter().all(expected), "{answers:?}");
            }
        }
        let last = request(&self.relation, &[1]);
        self.calls.answer_next().await;
        assert_eq!(last.await.unwrap(), values(&[1]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_request_that_stays_is_served(steps in steps(), in_flight in 1..4_usize, largest in 1..20_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (relation, calls) = scripted(in_flight, largest);
            let mut world = World { relation, calls, flying: vec![], requests: vec![], in_flight };
            for step in steps {
                world.take(step).await;
            }
            world.finish().await;
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads_every_request_that_stays_is_served() {
    let (relation, mut calls) = scripted(2, 50);
    let play = tokio::spawn(async move {
        loop {
            calls.answer_next().await;
        }
    });
    let clients = (0..16_u32).map(|client| {
        let relation = relation.clone();
        tokio::spawn(async move {
            for turn in 0..200 {
                let keys: Vec<u32> = (0..10).map(|key| client * turn + key).collect();
                let (leaves, stays) = (request(&relation, &keys), request(&relation, &keys));
                if turn % 3 == 0 {
                    tokio::task::yield_now().await;
                }
                leaves.abort();
                assert_eq!(stays.await.unwrap(), values(&keys));
            }
        })
    });
    for client in join_all(clients).await {
        client.unwrap();
    }
    play.abort();
}

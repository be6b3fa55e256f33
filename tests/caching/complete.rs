//! Every write drops all that it changed: after each of any order of writes, engines that keep whatever they
//! may answer a broad set of questions as one does that keeps nothing. It checks what answers are taken to
//! depend on (`tags.rs`) against what the change log says that writes touch.

use std::fmt::Write as _;

use farol::graphql::{Engine, Limits, steps::Judge};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::Value;

use super::{
    node::{Keeping, Node, ask, text},
    questions,
    releases::{self, Step},
};
use crate::support::{RedisServer, TestDatabase};

#[tokio::test(flavor = "multi_thread")]
async fn no_write_leaves_an_answer_that_it_changed_on_sqlite() {
    for seed in 0..3 {
        Box::pin(follow(TestDatabase::sqlite().await, steps(seed))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_leaves_an_answer_that_it_changed_on_postgres() {
    for seed in 3..5 {
        Box::pin(follow(TestDatabase::postgres().await, steps(seed))).await;
    }
}

/// Another order of writes for every seed.
fn steps(seed: u8) -> Vec<Step> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    releases::writes().new_tree(&mut runner).unwrap().current()
}

async fn follow(data: TestDatabase, steps: Vec<Step>) {
    let redis = RedisServer::start().await;
    let responses = Node::start(&data, Keeping { responses: true, ..Keeping::default() }).await;
    let fields = Node::start(&data, Keeping { redis: Some(&redis), ..Keeping::default() }).await;
    let plain = Engine::new(data.open().await, Limits::default());
    let writer = data.open().await;
    let kept = Judge::new(&data.open().await, Some(fields.tiers.clone()));
    let anew = Judge::new(&data.open().await, None);
    let mut told = String::new();
    for step in steps {
        writeln!(told, "{step:?}").unwrap();
        step.run(&writer).await;
        for node in [&responses, &fields] {
            node.tail.catch_up().await.unwrap();
        }
        for question in questions::all() {
            let expected = text(&ask(&plain, &question, Value::Null).await);
            let answered = !expected.contains("\"errors\"") || expected.contains("AMBIGUOUS_OCID");
            assert!(answered, "{question} is no question: {expected}");
            for (node, keeps) in [(&responses, "responses"), (&fields, "fields")] {
                let answer = node.ask(&question, Value::Null).await;
                assert_eq!(text(&answer), expected, "{keeps} of {question}\nafter\n{told}");
                let again = node.ask(&question, Value::Null).await;
                assert_eq!(text(&again), expected, "{keeps} of {question}\nagain after\n{told}");
                assert_eq!(again.stats.database.statements, 0, "{keeps} of {question} are kept");
            }
        }
        for question in questions::judged() {
            let filter = Judge::filter(question.clone()).unwrap();
            let expected = anew.judge(&filter, &questions::processes()).await.unwrap().matching;
            for again in [false, true] {
                let verdicts = kept.judge(&filter, &questions::processes()).await.unwrap();
                assert_eq!(verdicts.matching, expected, "{question}, again: {again}, after\n{told}");
                assert!(!again || verdicts.database.statements == 0, "{question} is kept");
            }
        }
    }
}

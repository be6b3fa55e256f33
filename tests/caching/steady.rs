//! What is asked for all the time is loaded anew before it is too old: nobody waits for it after the first.

use std::time::Duration;

use farol::graphql::{Counts, Source};
use futures_util::FutureExt;
use serde_json::Value;

use super::node::{Keeping, Node, text};
use crate::{graphql::fixture, support::TestDatabase};

const QUESTION: &str = "{ spending(groupBy: YEAR) { year currency count sum } }";

#[tokio::test]
async fn no_request_waits_when_a_value_expires_on_sqlite() {
    ask_steadily(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn no_request_waits_when_a_value_expires_on_postgres() {
    ask_steadily(TestDatabase::postgres().await).await;
}

async fn ask_steadily(data: TestDatabase) {
    fixture::load(&data.open().await).await;
    let keeping = Keeping::default();
    let node = Node::start(&data, keeping).await;
    let first = text(&node.ask(QUESTION, Value::Null).await);
    tokio::time::pause();
    // Time that is paused moves by itself when nothing else does: while the database works, this does.
    let busy = tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..2_000 {
        tokio::time::advance(keeping.lifetimes.memory / 400).await;
        let answer = node.ask(QUESTION, Value::Null).now_or_never().expect("it does not wait");
        assert_eq!(answer.source, Source::Fields(Counts { memory: 1, ..Counts::default() }));
        assert_eq!(text(&answer), first);
        // Each load but the first is a refresh; it takes no time here.
        while node.figures().loads > 1 + node.figures().refreshes {
            std::thread::sleep(Duration::from_millis(1));
            tokio::task::yield_now().await;
        }
    }
    assert!((5..100).contains(&node.figures().refreshes), "{:?}", node.figures());
    busy.abort();
}

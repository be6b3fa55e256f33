//! Redis is there to save work: whatever becomes of it, every request is answered, and rightly.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::sync::watch;

use super::{
    node::{Keeping, Node},
    releases,
};
use crate::{
    graphql::fixture,
    support::{RedisServer, TestDatabase, on_both_databases},
};

on_both_databases!(
    killed_and_started_again_under_a_steady_run_it_costs_no_request,
    what_was_written_while_it_was_away_is_seen_by_all,
    slow_it_is_a_miss,
);

const QUESTIONS: [&str; 3] = [
    "{ processes(first: 5) { totalCount nodes { ocid buyer { name processes { totalCount } } } } }",
    "{ spending(groupBy: SUPPLIER) { organization { name } currency count sum } }",
    "{ organizations(first: 5) { nodes { name totals { currency awarded { sum } } } } }",
];

/// So short that values are asked of Redis all the time.
fn restless(redis: &RedisServer) -> Keeping<'_> {
    let mut keeping =
        Keeping { redis: Some(redis), timeout: Some(Duration::from_millis(50)), ..Keeping::default() };
    keeping.lifetimes.memory = Duration::from_millis(5);
    keeping
}

async fn killed_and_started_again_under_a_steady_run_it_costs_no_request(data: TestDatabase) {
    fixture::load(&data.open().await).await;
    let mut redis = RedisServer::start().await;
    let node = Arc::new(Node::start(&data, restless(&redis)).await);
    let expected = join_all(QUESTIONS.map(|question| node.text(question))).await;
    let (stop, stopped) = watch::channel(false);
    let run = |worker: usize| {
        let (node, expected, stopped) = (node.clone(), expected.clone(), stopped.clone());
        tokio::spawn(async move {
            let mut asked = 0;
            while !*stopped.borrow() {
                let which = (asked + worker) % QUESTIONS.len();
                assert_eq!(node.text(QUESTIONS[which]).await, expected[which]);
                asked += 1;
            }
            asked
        })
    };
    let workers: Vec<_> = (0..4).map(run).collect();
    let used = async |what: &str| {
        let hits = node.figures().shared.unwrap().hits;
        node.until(what, async |node| node.figures().shared.unwrap().hits > hits + 20).await;
    };
    used("Redis is used").await;
    for _ in 0..2 {
        redis.kill();
        node.until("it is missed", async |node| !node.shared.as_ref().unwrap().is_up()).await;
        let skipped = node.figures().shared.unwrap().skipped;
        node.until("it is gone without", async |node| node.figures().shared.unwrap().skipped > skipped + 20)
            .await;
        redis.restart().await;
        used("it is used again").await;
    }
    stop.send_replace(true);
    for worker in workers {
        assert!(worker.await.expect("no request failed") > 0);
    }
}

async fn what_was_written_while_it_was_away_is_seen_by_all(data: TestDatabase) {
    let mut redis = RedisServer::start().await;
    let (one, other) =
        (Node::start(&data, restless(&redis)).await, Node::start(&data, restless(&redis)).await);
    let writer = data.open().await;
    let count = "{ processes { totalCount } }";
    let told = |number: usize| format!("{{\"data\":{{\"processes\":{{\"totalCount\":{number}}}}}}}");
    for number in 1..4 {
        redis.kill();
        let release = serde_json::json!({ "ocid": format!("ocds-{number}"), "id": "1", "date": "2024-01-01T00:00:00Z" });
        releases::import(&writer, "left", &[release]).await;
        for node in [&one, &other] {
            node.tail.catch_up().await.unwrap();
            assert_eq!(node.text(count).await, told(number));
        }
        redis.restart().await;
        for node in [&one, &other] {
            node.until("Redis is back", async |node| node.shared.as_ref().unwrap().is_up()).await;
            assert_eq!(node.text(count).await, told(number));
        }
    }
}

async fn slow_it_is_a_miss(data: TestDatabase) {
    fixture::load(&data.open().await).await;
    let redis = RedisServer::start().await;
    let node = Node::start(&data, restless(&redis)).await;
    let expected = join_all(QUESTIONS.map(|question| node.text(question))).await;
    let _: String = redis.ask(&["CLIENT", "PAUSE", "600000"]).await;
    for _ in 0..5 {
        assert_eq!(join_all(QUESTIONS.map(|question| node.text(question))).await, expected);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let counts = node.figures().shared.unwrap();
    assert!(counts.slow > 0 && !node.shared.as_ref().unwrap().is_up(), "{counts:?}");
}

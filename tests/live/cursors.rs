//! Cursors that cannot be resumed from, and arguments that cannot be used.

use farol::store::write::retention;
use serde_json::json;

use super::world::{PLAIN, World};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    a_cursor_that_says_nothing_here_is_refused,
    a_cursor_older_than_the_log_is_refused,
    wrong_arguments_are_refused,
);

async fn a_cursor_that_says_nothing_here_is_refused(database: TestDatabase) {
    let (world, other) =
        (World::begin(database, 8).await, World::begin(TestDatabase::sqlite().await, 8).await);
    for world in [&world, &other] {
        world.write(1..=3).await;
    }
    let mut listener = other.subscribe(json!({})).await;
    other.write(4..=9).await;
    let foreign = listener.next().await["cursor"].clone();
    let refused = world.refused(PLAIN, json!({ "after": foreign })).await;
    let error = &refused["errors"][0];
    assert_eq!(error["extensions"]["code"], "CURSOR_EXPIRED", "{refused}");
    assert!(error["message"].as_str().unwrap().contains("belongs to another database"), "{error}");
    assert_eq!(refused.get("data"), None);
    // The oldest that is told works.
    let oldest = error["extensions"]["oldest"].clone();
    assert_eq!(world.subscribe(json!({ "after": oldest })).await.changes(3).await.len(), 3);
    let refused = world.refused(PLAIN, json!({ "after": "nonsense" })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

async fn a_cursor_older_than_the_log_is_refused(database: TestDatabase) {
    let world = World::begin(database, 8).await;
    let mut listener = world.subscribe(json!({ "size": 1 })).await;
    for process in 1..=5 {
        world.write([process]).await;
    }
    let mut cursors = Vec::new();
    for _ in 1..=5 {
        cursors.push(listener.next().await["cursor"].clone());
    }
    let later = chrono::Utc::now() + chrono::TimeDelta::hours(2);
    retention::remove_old(&world.store, later, chrono::TimeDelta::hours(1)).await.unwrap();
    let refused = world.refused(PLAIN, json!({ "after": cursors[2] })).await;
    let error = &refused["errors"][0];
    assert_eq!(error["extensions"]["code"], "CURSOR_EXPIRED");
    assert!(error["message"].as_str().unwrap().contains("is older than what is kept"), "{error}");
    // Only the newest entry is left: behind the one before it nothing is missing.
    assert_eq!(error["extensions"]["oldest"], cursors[3]);
    assert_eq!(world.subscribe(json!({ "after": cursors[3] })).await.changes(1).await, ["ocds-5"]);
    let poll = "query($after: String) { changes(after: $after) { nodes { ocid } } }";
    let answer = world.refused(poll, json!({ "after": cursors[0] })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "CURSOR_EXPIRED");
    assert_eq!(
        world.refused(poll, json!({})).await["data"]["changes"]["nodes"],
        json!([{ "ocid": "ocds-5" }])
    );
}

async fn wrong_arguments_are_refused(database: TestDatabase) {
    let world = World::begin(database, 8).await;
    for (variables, says) in [
        (json!({ "size": 0 }), "batch.maxSize must be 1 to 100"),
        (json!({ "size": 101 }), "batch.maxSize must be 1 to 100"),
        (json!({ "delay": -1 }), "batch.maxDelayMs is -1"),
        (json!({ "delay": 60_001 }), "batch.maxDelayMs is 60001"),
    ] {
        let refused = world.refused(PLAIN, variables.clone()).await;
        let message = refused["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(says), "{variables}: {message}");
        assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{refused}");
    }
    // Its price is that of the largest message.
    let rich = "subscription($size: Int!) { processChanges(batch: { maxSize: $size, maxDelayMs: 0 }) {
        changes { process { awards(first: 5) { nodes { suppliers { name } } } } } } }";
    let refused = world.refused(rich, json!({ "size": 100 })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX");
    assert_eq!(refused["errors"][0]["extensions"]["actual"], 1 + 100 * (1 + 1 + 1 + 5 * 2));
    let request = async_graphql::Request::new(PLAIN);
    let answer = world.engine.execute(request, farol::graphql::Call::default()).await.response;
    assert!(answer.errors[0].message.contains("open it over a WebSocket"), "{answer:?}");
    assert_eq!(world.engine.live_figures().unwrap().subscribers, 0);
}

//! Who does not take its messages in time: its queue is bounded, it is told, and nobody else is held up.

use serde_json::{Value, json};

use super::world::{Listener, World, behind, named, ocids};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    it_is_disconnected_and_can_go_on,
    the_oldest_are_dropped_and_told,
    only_the_latest_of_each_process_stays,
);

/// Messages that wait at most.
const QUEUE: usize = 4;

/// A world, a subscriber that takes nothing yet, and one that has taken all that was written: changes of 1 to 10,
/// one message each.
async fn held_up(database: TestDatabase, policy: &str) -> (World, Listener) {
    let world = World::begin(database, QUEUE).await;
    let slow = world.subscribe(json!({ "size": 1, "policy": policy })).await;
    let mut quick = world.subscribe(json!({ "size": 1, "policy": policy })).await;
    for process in 1..=10 {
        world.write([process]).await;
        assert_eq!(quick.changes(1).await, named([process]), "nobody is held up");
    }
    (world, slow)
}

async fn it_is_disconnected_and_can_go_on(database: TestDatabase) {
    let (world, mut slow) = held_up(database, "DISCONNECT").await;
    let mut last = Value::Null;
    for process in 1..=4 {
        last = slow.next().await;
        assert_eq!(ocids(&last), named([process]), "what waited is told");
    }
    let failure = slow.failure().await;
    assert_eq!(failure["errors"][0]["extensions"]["code"], "SLOW_CONSUMER");
    assert_eq!(world.subscribe(behind(&last)).await.changes(6).await, named(5..=10));
    assert_eq!(world.engine.live_figures().unwrap().disconnected, 1);
}

async fn the_oldest_are_dropped_and_told(database: TestDatabase) {
    let (world, mut slow) = held_up(database, "DROP_OLDEST").await;
    let first = slow.next().await;
    assert_eq!(ocids(&first), named([7]));
    assert_eq!(first["missed"]["count"], 6);
    assert_eq!(missed(&world, &first["missed"]).await, named(1..=6));
    for process in 8..=10 {
        let batch = slow.next().await;
        assert_eq!((ocids(&batch), &batch["missed"]), (named([process]), &Value::Null));
    }
    world.write([11]).await;
    assert_eq!(slow.changes(1).await, named([11]));
    assert_eq!(world.engine.live_figures().unwrap().missed, 6);
}

async fn only_the_latest_of_each_process_stays(database: TestDatabase) {
    let world = World::begin(database, QUEUE).await;
    let mut slow = world.subscribe(json!({ "size": 2, "policy": "COALESCE" })).await;
    let mut quick = world.subscribe(json!({ "size": 2, "policy": "COALESCE" })).await;
    for _ in 0..5 {
        world.write([1, 2]).await;
        quick.changes(2).await;
    }
    world.write([3]).await;
    quick.changes(1).await;
    let (first, second) = (slow.next().await, slow.next().await);
    assert_eq!((ocids(&first), ocids(&second)), (named([1, 2]), named([3])));
    assert_eq!(first["missed"]["count"], 8);
    assert_eq!(second["missed"], Value::Null);
    world.write([4]).await;
    assert_eq!(slow.changes(1).await, named([4]));
}

/// The changes that a subscriber was told to have missed, read as it would.
async fn missed(world: &World, missed: &Value) -> Vec<String> {
    let document = "query($after: String) { changes(after: $after, first: 100) { nodes { ocid cursor } } }";
    let answer = world.refused(document, json!({ "after": missed["from"] })).await;
    let nodes = answer["data"]["changes"]["nodes"].as_array().unwrap();
    let last = nodes.iter().position(|node| node["cursor"] == missed["to"]).unwrap();
    nodes[..=last].iter().map(|node| node["ocid"].as_str().unwrap().to_owned()).collect()
}

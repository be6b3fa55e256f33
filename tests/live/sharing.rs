//! What is asked alike is made once.

use serde_json::json;

use super::world::{World, named};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    those_who_ask_the_same_share_every_message,
    another_question_has_messages_of_its_own,
    those_who_come_back_with_old_cursors_share_what_is_made_for_them,
);

async fn those_who_ask_the_same_share_every_message(database: TestDatabase) {
    let world = World::begin(database, 16).await;
    let mut listeners = Vec::new();
    for _ in 0..50 {
        listeners.push(world.subscribe(json!({ "size": 1 })).await);
    }
    let figures = world.engine.live_figures().unwrap();
    assert_eq!((figures.channels, figures.subscribers), (1, 50));
    world.write(1..=10).await;
    for listener in &mut listeners {
        assert_eq!(listener.changes(10).await, named(1..=10));
    }
    let figures = world.engine.live_figures().unwrap();
    assert_eq!((figures.encodings, figures.deliveries), (10, 500));
    drop(listeners);
    let figures = world.engine.live_figures().unwrap();
    assert_eq!((figures.channels, figures.subscribers), (0, 0), "nothing stays behind");
}

async fn another_question_has_messages_of_its_own(database: TestDatabase) {
    let world = World::begin(database, 16).await;
    let mut one = world.subscribe(json!({ "size": 1 })).await;
    let mut other = world.subscribe(json!({ "size": 2 })).await;
    let mut third =
        world.listen("subscription { processChanges { changes { ocid } cursor } }", json!({})).await;
    assert_eq!(world.engine.live_figures().unwrap().channels, 3);
    world.write(1..=4).await;
    assert_eq!(one.changes(4).await, named(1..=4));
    assert_eq!(other.changes(4).await, named(1..=4));
    assert_eq!(third.changes(4).await, named(1..=4));
    assert_eq!(world.engine.live_figures().unwrap().encodings, 4 + 2 + 1);
}

async fn those_who_come_back_with_old_cursors_share_what_is_made_for_them(database: TestDatabase) {
    let world = World::begin(database, 64).await;
    let mut first = world.subscribe(json!({ "size": 5 })).await;
    world.write([1]).await;
    let cursor = first.next().await["cursor"].clone();
    drop(first);
    world.write(2..=101).await;
    let before = world.engine.live_figures().unwrap().encodings;
    let mut listeners = Vec::new();
    for _ in 0..30 {
        listeners.push(world.subscribe(json!({ "size": 5, "after": cursor })).await);
    }
    for listener in &mut listeners {
        assert_eq!(listener.changes(100).await, named(2..=101));
    }
    let figures = world.engine.live_figures().unwrap();
    assert_eq!(figures.encodings - before, 20, "for all of them together");
    world.write([102]).await;
    for listener in &mut listeners {
        assert_eq!(listener.changes(1).await, named([102]));
    }
    assert_eq!(world.engine.live_figures().unwrap().channels, 1);
}

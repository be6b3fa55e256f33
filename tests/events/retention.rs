//! Old entries go, and whoever follows the log does not notice.

use chrono::{TimeDelta, Utc};
use farol::{cache::Tag, store::write::retention::remove_old};

use super::world::{World, append, change, without_timer};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(the_tail_follows_on_while_old_entries_are_removed);

/// What was read goes on to count: it would not if the log had to be followed anew.
async fn the_tail_follows_on_while_old_entries_are_removed(database: TestDatabase) {
    let world = World::follow(database, without_timer()).await;
    let store = world.writer().await;
    let (now, week) = (Utc::now(), TimeDelta::days(7));
    let long_ago = now - TimeDelta::days(8);
    append(&store, long_ago, &[change(1), change(2), change(3)]).await;
    world.tail.catch_up().await.unwrap();
    let read_at = world.position();
    assert_eq!(remove_old(&store, now, week).await.unwrap(), 2);
    world.tail.catch_up().await.unwrap();
    assert!(world.counts(read_at, Tag::Process(4)), "nothing was written");
    // Where it stands is not the newest entry any more, and it has not looked since.
    append(&store, now, &[change(5)]).await;
    assert_eq!(remove_old(&store, Utc::now(), week).await.unwrap(), 0);
    world.tail.catch_up().await.unwrap();
    assert!(world.counts(read_at, Tag::Process(4)), "nothing was written of it");
    assert!(!world.counts(read_at, Tag::Process(5)), "what was written is marked");
    // Once it has gone on, what it stood at may go.
    assert_eq!(remove_old(&store, now + TimeDelta::hours(1), week).await.unwrap(), 1);
    append(&store, now, &[change(6)]).await;
    world.tail.catch_up().await.unwrap();
    assert!(world.counts(read_at, Tag::Process(4)));
    assert!(!world.counts(read_at, Tag::Process(6)));
    world.end().await;
}

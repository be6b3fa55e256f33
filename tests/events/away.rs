//! The database goes away and comes back, as itself or as another.

use std::sync::Arc;

use chrono::Utc;
use farol::{cache::Tag, events::Options, store::write::Transaction};
use sqlx::{Connection, PgConnection};

use super::world::{World, append, append_silently, change, silently, without_timer};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    what_was_written_while_the_log_was_out_of_reach_is_marked,
    a_log_that_does_not_reach_back_is_followed_anew,
    a_log_that_is_shorter_than_it_was_is_another,
    a_log_with_another_entry_in_its_place_is_another,
    a_log_that_was_emptied_is_another,
);

async fn what_was_written_while_the_log_was_out_of_reach_is_marked(database: TestDatabase) {
    let world = World::follow(database, Options::default()).await;
    let writer = world.writer().await;
    append(&writer, Utc::now(), &[change(1)]).await;
    world.tail.catch_up().await.unwrap();
    let (before, last) = (world.position(), world.tail.last_success());
    world.database.execute("ALTER TABLE changes RENAME TO away".to_owned()).await;
    world.tail.catch_up().await.unwrap_err();
    assert!(world.counts(before, Tag::Process(2)), "what is known goes on to count");
    let more = "INSERT INTO away (at, kind, dataset_id, process_id, ocid, paths, tags) \
                SELECT at, kind, dataset_id, 2, 'ocds-2', paths, tags FROM away";
    world.database.execute(more.to_owned()).await;
    world.tail.catch_up().await.unwrap_err();
    assert!(world.counts(before, Tag::Process(2)));
    world.database.execute("ALTER TABLE away RENAME TO changes".to_owned()).await;
    world.until("what came meanwhile is marked", |world| !world.counts(before, Tag::Process(2))).await;
    assert!(world.counts(before, Tag::Process(3)), "nothing else is dropped");
    assert!(world.tail.last_success() > last);
}

/// Nobody can connect, and every connection is cut but that of a writer under way.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_the_server_let_nobody_in_is_marked() {
    let world = World::follow(TestDatabase::postgres().await, Options::default()).await;
    let before = world.position();
    let (server, name) = world.database.url.rsplit_once('/').unwrap();
    let mut server = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let mut run = async |sql: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut server).await.unwrap();
    };
    let under_way = Transaction::begin(&world.writer().await).await.unwrap();
    run(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    run(format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = '{name}' AND state <> 'idle in transaction'"
    ))
    .await;
    world.tail.catch_up().await.unwrap_err();
    under_way.commit(Utc::now(), &[change(7)]).await.unwrap();
    world.tail.catch_up().await.unwrap_err();
    assert!(world.counts(before, Tag::Process(7)));
    run(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    world.until("what came meanwhile is marked", |world| !world.counts(before, Tag::Process(7))).await;
}

/// Entries behind the place that was left are gone: what they said is not known.
async fn a_log_that_does_not_reach_back_is_followed_anew(database: TestDatabase) {
    let world = followed(database).await;
    // At once, for the tail may look at any time.
    let [fourth, fifth] = [4, 5].map(|process| silently(&world.database, process));
    let cut = format!("BEGIN; {fourth}; {fifth}; DELETE FROM changes WHERE sequence < 5; COMMIT");
    world.database.execute(cut).await;
    world.tail.catch_up().await.unwrap();
    assert_eq!(world.position(), 5);
    assert!(!world.counts(3, Tag::Process(99)), "what was read before does not count");
    assert!(world.counts(5, Tag::Process(99)) && !world.counts(4, Tag::Process(5)));
}

async fn a_log_that_is_shorter_than_it_was_is_another(database: TestDatabase) {
    let world = followed(database).await;
    world.database.execute("DELETE FROM changes WHERE sequence > 1".to_owned()).await;
    world.tail.catch_up().await.unwrap();
    for read_at in 0..4 {
        assert!(!world.counts(read_at, Tag::Process(99)), "what was read at {read_at} may be of either");
    }
    append_silently(&world.database, 4).await;
    world.tail.catch_up().await.unwrap();
    assert_eq!(world.position(), 4);
    assert!(world.counts(4, Tag::Process(99)), "no read of the other was so far on");
}

/// As of a copy that went its own way.
async fn a_log_with_another_entry_in_its_place_is_another(database: TestDatabase) {
    let world = followed(database).await;
    world.database.execute("UPDATE changes SET process_id = 30 WHERE sequence = 3".to_owned()).await;
    append_silently(&world.database, 4).await;
    world.tail.catch_up().await.unwrap();
    assert_eq!(world.position(), 4);
    assert!(!world.counts(3, Tag::Process(99)) && world.counts(4, Tag::Process(99)));
}

async fn a_log_that_was_emptied_is_another(database: TestDatabase) {
    let world = followed(database).await;
    world.database.execute("DELETE FROM changes".to_owned()).await;
    world.tail.catch_up().await.unwrap();
    assert!((0..4).all(|read_at| !world.counts(read_at, Tag::Process(99))));
    append_silently(&world.database, 4).await;
    world.tail.catch_up().await.unwrap();
    assert!(!world.counts(3, Tag::Process(99)) && world.counts(4, Tag::Process(99)));
}

/// Three entries, followed to their end; values count from there on.
async fn followed(database: TestDatabase) -> World {
    let database = Arc::new(database);
    let changes = [change(1), change(2), change(3)];
    append(&database.open().await, Utc::now(), &changes).await;
    let world = World::follow(database, without_timer()).await;
    assert_eq!(world.position(), 3);
    assert!(world.counts(3, Tag::Process(99)));
    world
}

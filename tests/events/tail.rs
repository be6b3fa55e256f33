//! Whatever is written, by whom ever, is marked.

use std::{sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use farol::{
    cache::Tag,
    config::Backend,
    events::{Options, mark},
    store::{
        id,
        query::changes,
        write::{ChangeKind, NewChange},
    },
    telemetry::meter::{Meter, Reading},
};
use serde_json::json;
use tempfile::tempdir;
use tokio::{task::JoinSet, time::Instant};

use super::world::{World, append, append_silently, change, without_timer};
use crate::support::{TestDatabase, farol, on_both_databases, real_data};

on_both_databases!(
    what_another_handle_writes_is_marked,
    what_was_not_told_is_marked_on_the_timer,
    every_tag_of_an_entry_is_marked_and_no_other,
    the_program_is_followed_from_the_first_import_to_the_removal,
    whoever_catches_up_has_what_he_wrote,
    a_read_on_behalf_of_a_request_is_not_counted_as_its,
    writes_within_reach_are_known_from_the_start,
    no_more_entries_are_read_at_the_start_than_allowed,
    an_empty_log_is_followed,
    it_ends_when_it_is_told_to,
);

/// What it takes to follow a large import, and to look where nothing came:
/// `FAROL_TEST_DATA=DIRECTORY ./scripts/test --run-ignored only following_assam --no-capture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures"]
async fn following_assam() {
    let Some(data) = real_data("following an import of Assam") else { return };
    for database in [TestDatabase::sqlite().await, TestDatabase::postgres().await] {
        let world = World::follow(database, without_timer()).await;
        let assam = data.join("assam.jsonl.gz");
        let variables = [("FAROL_DATABASE_URL", world.database.url.as_str())];
        let run = farol(&data, &variables, &["import", "--dataset", "assam", assam.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let follower = World::follow(world.database.clone(), without_timer()).await;
        let store = world.writer().await;
        let (began, mut entries, mut from) = (Instant::now(), Vec::new(), 0);
        while from < follower.position() {
            entries.extend(changes::from(&store, from + 1, 10_000).await.unwrap());
            from = entries.last().map_or(0, |entry| entry.sequence);
        }
        let read = began.elapsed();
        let ledger = farol::cache::Ledger::default();
        let began = Instant::now();
        for entry in &entries {
            mark(&ledger, entry);
        }
        let marked = began.elapsed();
        let began = Instant::now();
        for _ in 0..1000 {
            follower.tail.catch_up().await.unwrap();
        }
        let (idle, backend) = (began.elapsed() / 1000, world.database.backend);
        let count = entries.len();
        println!(
            "{backend:?}: {count} entries read in {read:?}, marked in {marked:?}; an idle look {idle:?}"
        );
    }
}

async fn what_another_handle_writes_is_marked(database: TestDatabase) {
    // PostgreSQL tells at once: the timer would not come.
    let options = match database.backend {
        Backend::Postgres => without_timer(),
        Backend::Sqlite => Options::default(),
    };
    let world = World::follow(database, options).await;
    let (before, writer) = (world.position(), world.writer().await);
    for process in 1..20 {
        append(&writer, Utc::now(), &[change(process)]).await;
        world.until("a write is marked", |world| !world.counts(before, Tag::Process(process))).await;
    }
    world.until("it is followed to its end", |world| world.position() == before + 19).await;
    assert!(world.counts(before + 19, Tag::Process(19)));
}

async fn what_was_not_told_is_marked_on_the_timer(database: TestDatabase) {
    let world = World::follow(database, Options::default()).await;
    let before = world.position();
    append_silently(&world.database, 7).await;
    world.until("a write is marked", |world| !world.counts(before, Tag::Ocid("ocds-7"))).await;
}

async fn every_tag_of_an_entry_is_marked_and_no_other(database: TestDatabase) {
    let world = World::follow(database, without_timer()).await;
    let writer = world.writer().await;
    let two = vec!["process:7".to_owned(), "organization:8".to_owned(), "organization:9".to_owned()];
    let dataset = NewChange { kind: ChangeKind::Dataset, process: 0, ocid: String::new(), ..change(0) };
    let marked = async |change: NewChange| {
        world.tail.catch_up().await.unwrap();
        let before = world.position();
        append(&writer, Utc::now(), &[change]).await;
        world.tail.catch_up().await.unwrap();
        let tags = [
            Tag::Anything,
            Tag::Dataset(1),
            Tag::Dataset(2),
            Tag::Process(0),
            Tag::Process(7),
            Tag::Ocid("ocds-7"),
            Tag::Ocid(""),
            Tag::Organization(8),
            Tag::Organization(9),
            Tag::Organization(10),
        ];
        tags.map(|tag| u8::from(!world.counts(before, tag)))
    };
    assert_eq!(marked(NewChange { tags: two, ..change(7) }).await, [1, 1, 0, 0, 1, 1, 0, 1, 1, 0]);
    assert_eq!(marked(NewChange { tags: vec![], ..dataset }).await, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let whole = vec!["process:7".to_owned(), "dataset:1".to_owned()];
    assert_eq!(marked(NewChange { tags: whole, ..change(7) }).await, [1; 10]);
}

async fn the_program_is_followed_from_the_first_import_to_the_removal(database: TestDatabase) {
    let directory = tempdir().unwrap();
    let world = World::follow(database, Options::default()).await;
    let run = async |args: &[&str]| {
        let before = world.position();
        let run = farol(directory.path(), &[("FAROL_DATABASE_URL", world.database.url.as_str())], args);
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        before
    };
    let release = |day: u32, buyer: &str| {
        let id = format!("r{day}");
        let date = format!("2024-01-0{day}T00:00:00Z");
        json!({ "ocid": "a", "id": id, "date": date, "tag": ["tender"], "buyer": { "name": buyer } })
    };
    for (day, buyer) in [(1, "Town"), (2, "Port")] {
        let file = directory.path().join(format!("{day}.jsonl"));
        std::fs::write(file, release(day, buyer).to_string()).unwrap();
    }
    let dataset = id::dataset("d");
    let [town, port] =
        ["name:town", "name:port"].map(|key| Tag::Organization(id::organization(dataset, key)));
    let process = Tag::Process(id::process(dataset, "a"));

    let before = run(&["import", "--dataset", "d", "1.jsonl"]).await;
    world
        .until("the import is marked", |world| {
            [process, Tag::Ocid("a"), town, Tag::Dataset(dataset), Tag::Anything]
                .into_iter()
                .all(|tag| !world.counts(before, tag))
        })
        .await;
    assert!(world.counts(before, port) && world.counts(before, Tag::Process(1)));

    world.tail.catch_up().await.unwrap();
    let before = run(&["import", "--dataset", "d", "2.jsonl"]).await;
    world
        .until("both buyers are marked", |world| !world.counts(before, town) && !world.counts(before, port))
        .await;

    world.tail.catch_up().await.unwrap();
    world.database.execute("UPDATE processes SET title = 'Rails'".to_owned()).await;
    let before = run(&["rebuild", "--dataset", "d"]).await;
    world.until("the rebuild is marked", |world| !world.counts(before, process)).await;
    assert!(world.counts(before, town) && !world.counts(before, port), "it buys no more");

    world.tail.catch_up().await.unwrap();
    let before = run(&["dataset", "remove", "d"]).await;
    world
        .until("even the organisation that no process names is gone", |world| !world.counts(before, town))
        .await;
    world.end().await;
}

/// Many at once: each must see what it wrote, though one reads at a time.
async fn whoever_catches_up_has_what_he_wrote(database: TestDatabase) {
    let world = Arc::new(World::follow(database, without_timer()).await);
    let before = world.position();
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let (world, writer) = (world.clone(), world.writer().await);
        tasks.spawn(async move {
            for process in (1..=10).map(|step| 100 * number + step) {
                append(&writer, Utc::now(), &[change(process)]).await;
                world.tail.catch_up().await.unwrap();
                assert!(!world.counts(before, Tag::Process(process)), "{process} was written and read");
                assert!(!world.counts(before, Tag::Organization(process)));
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(world.position(), before + 80);
}

async fn a_read_on_behalf_of_a_request_is_not_counted_as_its(database: TestDatabase) {
    let world = World::follow(database, without_timer()).await;
    let (meter, before) = (Meter::default(), Instant::now());
    meter.measure(world.tail.catch_up()).await.unwrap();
    assert_eq!(meter.read(), Reading::default());
    assert!(world.tail.last_success().is_some_and(|at| before <= at && at <= Instant::now()));
}

async fn writes_within_reach_are_known_from_the_start(database: TestDatabase) {
    let writer = database.open().await;
    for (process, minutes) in [(1, 120), (2, 90), (3, 30), (4, 0)] {
        append(&writer, Utc::now() - TimeDelta::minutes(minutes), &[change(process)]).await;
    }
    let database = Arc::new(database);
    for page in [2, 3, 100] {
        let world = World::follow(database.clone(), Options { page, ..without_timer() }).await;
        assert_eq!(world.position(), 4);
        assert!(!world.counts(1, Tag::Process(99)), "the second write is not known");
        let known = [1, 2, 3, 4].map(|process| !world.counts(2, Tag::Process(process)));
        assert_eq!(known, [false, false, true, true], "{page} entries at a time");
        world.end().await;
    }
    let reach = Duration::from_secs(1);
    append(&writer, Utc::now() - TimeDelta::hours(1), &[change(5)]).await;
    let world = World::follow(database, Options { reach, ..without_timer() }).await;
    assert!(!world.counts(4, Tag::Process(99)) && world.counts(5, Tag::Process(5)), "only the newest counts");
}

async fn no_more_entries_are_read_at_the_start_than_allowed(database: TestDatabase) {
    let writer = database.open().await;
    let changes: Vec<NewChange> = (1..=20).map(change).collect();
    append(&writer, Utc::now(), &changes).await;
    let options = Options { most: 5, page: 3, ..without_timer() };
    let world = World::follow(database, options).await;
    assert_eq!(world.position(), 20);
    assert!(!world.counts(14, Tag::Process(99)) && world.counts(15, Tag::Process(15)));
    assert!(!world.counts(15, Tag::Process(16)), "it was written since");
    append(&writer, Utc::now(), &changes).await;
    world.tail.catch_up().await.unwrap();
    assert_eq!(world.position(), 40, "page by page, to the end");
    assert!((1..=20).all(|process| !world.counts(20, Tag::Process(process))));
}

async fn an_empty_log_is_followed(database: TestDatabase) {
    let world = World::follow(database, without_timer()).await;
    assert_eq!(world.position(), 0);
    assert!(world.counts(0, Tag::Anything));
    append_silently(&world.database, 7).await;
    world.tail.catch_up().await.unwrap();
    assert_eq!(world.position(), 1);
    assert!(!world.counts(0, Tag::Anything) && world.counts(1, Tag::Anything));
}

async fn it_ends_when_it_is_told_to(database: TestDatabase) {
    let world = World::follow(database, Options::default()).await;
    world.end().await;
    assert_eq!(world.ledger.position(), None, "nothing counts that nobody follows");
    world.tail.catch_up().await.unwrap_err();
    assert_eq!(world.ledger.position(), None);
}

//! Importing again changes nothing, and how the releases are spread over files does not matter.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    desk::{Desk, package, release},
    dump::{Dump, assert_same},
};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    importing_twice_changes_nothing,
    the_releases_of_a_process_are_compiled_from_one_file_or_many,
    a_release_that_was_published_twice_is_stored_once,
    releases_that_share_an_id_are_all_kept,
    an_import_of_nothing_new_keeps_the_time_of_the_last,
);

fn buyer(name: &str) -> Value {
    json!({ "buyer": { "name": name } })
}

/// One process, told of in three releases.
fn bridge() -> [Value; 3] {
    let award = json!({ "id": "a", "status": "active", "suppliers": [{ "name": "Mason" }] });
    [
        release(
            "bridge",
            1,
            &json!({ "buyer": { "name": "Town" }, "tender": { "id": "t", "title": "Bridge" } }),
        ),
        release("bridge", 2, &json!({ "tender": { "id": "t", "title": "A bridge", "status": "active" } })),
        release("bridge", 3, &json!({ "tender": { "id": "t", "status": "complete" }, "awards": [award] })),
    ]
}

async fn importing_twice_changes_nothing(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let lines =
        desk.write_lines("lines.jsonl", &[release("a", 1, &buyer("Town")), release("b", 1, &buyer("Port"))]);
    let packaged = desk.write("package.json", package(&bridge()));
    let (first, _) = desk.import_in_batches("d", &[lines.clone(), packaged.clone()], 100).await;
    assert_eq!((first.processes, first.changed(), first.unchanged), (3, 3, 0));
    let (before, head) = (desk.dump().await, desk.head().await);
    let (second, _) = desk.import_in_batches("d", &[lines, packaged], 100).await;
    assert_eq!((second.processes, second.changed(), second.unchanged), (3, 0, 3));
    assert_same(&before, &desk.dump().await);
    assert_eq!(desk.head().await, head);
}

async fn the_releases_of_a_process_are_compiled_from_one_file_or_many(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let [planned, tendered, awarded] = bridge();
    let whole = desk.write("whole.json", package(&[planned.clone(), tendered.clone(), awarded.clone()]));
    desk.import("d", &[whole]).await;
    let expected = without_changes(desk.dump().await);
    assert_eq!(desk.text("SELECT title FROM processes").await.as_deref(), Some("A bridge"));
    assert_eq!(desk.text("SELECT status FROM processes").await.as_deref(), Some("complete"));
    assert_eq!(desk.number("SELECT count(*) FROM releases").await, 3);
    let parts = [planned, tendered, awarded].map(|part| package(&[part]));
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        farol::import::remove(&desk.store, "d").await.unwrap();
        for part in order {
            let file = desk.write(&format!("{part}.json"), &parts[part]);
            desk.import("d", &[file]).await;
        }
        assert_same(&expected, &without_changes(desk.dump().await));
    }
}

async fn a_release_that_was_published_twice_is_stored_once(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let release = release("a", 1, &buyer("Town"));
    let file = desk.write_lines("twice.jsonl", &[release.clone(), release.clone()]);
    let other = desk.write("again.json", package(&[release]));
    let summary = desk.import("d", &[file]).await;
    assert_eq!((summary.releases, summary.processes), (2, 1));
    assert_eq!(desk.number("SELECT count(*) FROM releases").await, 1);
    // The same content, but other bytes: a release of its own, which changes nothing else.
    desk.import("d", &[other]).await;
    assert_eq!(desk.number("SELECT count(*) FROM releases").await, 2);
    assert_eq!(desk.number("SELECT count(*) FROM processes").await, 1);
}

async fn releases_that_share_an_id_are_all_kept(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let mut earlier = release("a", 1, &json!({ "tender": { "title": "Road", "description": "Long" } }));
    let mut later = release("a", 2, &json!({ "tender": { "title": "Wide road" } }));
    earlier["id"] = json!("1");
    later["id"] = json!("1");
    desk.import_values("d", &[later, earlier]).await;
    assert_eq!(desk.number("SELECT count(*) FROM releases WHERE local_id = '1'").await, 2);
    assert_eq!(desk.text("SELECT title FROM processes").await.as_deref(), Some("Wide road"));
    assert_eq!(desk.text("SELECT description FROM process_details").await.as_deref(), Some("Long"));
}

async fn an_import_of_nothing_new_keeps_the_time_of_the_last(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let last = "SELECT CAST(last_import AS TEXT) FROM datasets";
    desk.import_values("d", &[release("a", 1, &buyer("Town"))]).await;
    let first = desk.text(last).await;
    assert!(first.is_some());
    desk.import_values("d", &[release("a", 1, &buyer("Town"))]).await;
    assert_eq!(desk.text(last).await, first);
    // An import that was killed between its last process and this time leaves it empty.
    desk.tamper("UPDATE datasets SET last_import = NULL").await;
    desk.import_values("d", &[release("a", 1, &buyer("Town"))]).await;
    assert!(desk.text(last).await.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Releases of a few processes, in any order, cut into files and transactions anywhere, and read by
    /// two threads: the rows are those of one file in the order of dates.
    #[test]
    fn no_order_of_releases_makes_a_difference(
        order in Just((0..12_u32).collect::<Vec<_>>()).prop_shuffle(),
        cut in 0..12_usize,
        chunk in 1..5_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let all: Vec<Value> = (0..12).map(numbered).collect();
            let expected = Desk::new(TestDatabase::sqlite().await).await;
            expected.import_values("d", &all).await;
            let desk = Desk::new(TestDatabase::sqlite().await).await;
            let shuffled: Vec<Value> = order.iter().map(|at| all[*at as usize].clone()).collect();
            let (left, right) = shuffled.split_at(cut);
            let files = [desk.write_lines("1.jsonl", left), desk.write_lines("2.jsonl", right)];
            desk.import_in_batches("d", &files, chunk).await;
            assert_same(&without_changes(expected.dump().await), &without_changes(desk.dump().await));
        });
    }
}

/// One of twelve releases of three processes; they share a buyer of whom some tell more.
fn numbered(at: u32) -> Value {
    let ocid = ["x", "y", "z"][at as usize % 3];
    let buyer = if at.is_multiple_of(4) {
        json!({ "name": "Town", "address": { "locality": format!("Place {at}") } })
    } else {
        json!({ "name": "Town" })
    };
    let awards: Vec<Value> = (0..at % 5).map(|id| json!({ "id": id, "title": format!("of {at}") })).collect();
    release(ocid, at + 1, &json!({ "buyer": buyer, "tender": { "title": at.to_string() }, "awards": awards }))
}

/// How a process came about shows in the change log only.
fn without_changes(mut dump: Dump) -> Dump {
    dump.remove("changes");
    dump
}

//! Datasets: listed, kept apart, removed.

use farol::config::Backend;
use serde_json::{Value, json};

use super::{
    desk::{Desk, package, release, text},
    dump::assert_same,
};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    datasets_are_listed_with_what_their_publisher_says,
    an_older_package_says_only_what_a_newer_one_left_out,
    an_import_of_which_everything_was_refused_leaves_no_dataset,
    two_datasets_hold_the_same_ocid,
    a_dataset_is_removed_with_everything_in_it,
    a_dataset_that_is_not_there_is_named,
);

async fn datasets_are_listed_with_what_their_publisher_says(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let empty = desk.farol(&["dataset", "list"]);
    assert_eq!((empty.code, empty.stdout.as_str()), (0, "no datasets; begin with: farol import FILE\n"));
    let file = desk.write("city.json", package(&[release("a", 1, &json!({})), release("b", 9, &json!({}))]));
    let run = desk.farol(&["import", text(&file)]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let list = desk.farol(&["dataset", "list"]).stdout;
    for part in [
        "city\n",
        "City of Test https://publisher.example",
        "CC0",
        "2024-01-01 to 2024-01-09",
        "processes      2",
    ] {
        assert!(list.contains(part), "{part} is not in: {list}");
    }
}

async fn an_older_package_says_only_what_a_newer_one_left_out(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let package = |day: u32, publisher: &Value, ocid: &str| {
        let published = format!("2024-02-{day:02}T00:00:00Z");
        let releases = [release(ocid, day, &json!({}))];
        json!({ "publishedDate": published, "publisher": publisher, "releases": releases }).to_string()
    };
    let old =
        desk.write("old.json", package(1, &json!({ "name": "Town", "uri": "https://town.example" }), "a"));
    let new = desk.write("new.json", package(9, &json!({ "name": "City" }), "b"));
    let said = "SELECT publisher_name || ' ' || publisher_uri FROM datasets";
    let day = match desk.database.backend {
        Backend::Sqlite => "SELECT strftime('%d', published / 1000, 'unixepoch') FROM datasets",
        Backend::Postgres => "SELECT to_char(published AT TIME ZONE 'UTC', 'DD') FROM datasets",
    };
    // In one import, whichever comes first; and in two.
    for files in [vec![vec![&old, &new]], vec![vec![&new, &old]], vec![vec![&new], vec![&old]]] {
        for files in files {
            let files: Vec<_> = files.into_iter().cloned().collect();
            desk.import("d", &files).await;
        }
        assert_eq!(desk.text(said).await.as_deref(), Some("City https://town.example"));
        assert_eq!(desk.text(day).await.as_deref(), Some("09"));
        farol::import::remove(&desk.store, "d").await.unwrap();
    }
}

async fn an_import_of_which_everything_was_refused_leaves_no_dataset(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let file = desk.write("broken.jsonl", "{\"ocid\": \"x\", \"tag\": [}\n");
    let summary = desk.import("d", &[file]).await;
    assert_eq!((summary.refused, summary.changed()), (1, 0));
    assert_eq!(desk.number("SELECT count(*) FROM datasets").await, 0);
}

async fn two_datasets_hold_the_same_ocid(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let road =
        |title: &str| release("a", 1, &json!({ "tender": { "title": title }, "buyer": { "name": "Town" } }));
    desk.import_values("one", &[road("Road")]).await;
    desk.import_values("other", &[road("Street")]).await;
    assert_eq!(desk.story().await, ["created a", "created a"]);
    assert_eq!(desk.number("SELECT count(*) FROM processes WHERE ocid = 'a'").await, 2);
    assert_eq!(desk.number("SELECT count(*) FROM organizations").await, 2, "each dataset has its own");
}

async fn a_dataset_is_removed_with_everything_in_it(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let full = json!({
        "buyer": { "name": "Town" },
        "tender": { "title": "Road", "items": [{ "id": 1, "description": "Gravel" }], "tenderers": [{ "name": "Mason" }], "documents": [{ "id": 1 }] },
        "bids": { "details": [{ "id": 1, "tenderers": [{ "name": "Mason" }], "documents": [{ "id": 1 }] }] },
        "awards": [{ "id": 1, "suppliers": [{ "name": "Mason" }], "items": [{ "id": 1 }], "documents": [{ "id": 1 }] }],
        "contracts": [{ "id": 1, "awardID": 1, "items": [{ "id": 1 }], "documents": [{ "id": 1 }],
            "implementation": { "transactions": [{ "id": 1, "payee": { "name": "Mason" } }] } }],
    });
    desk.import_values("kept", &[release("k", 1, &full)]).await;
    let before = desk.dump().await;
    assert!(before.values().all(|rows| !rows.is_empty()), "every table has rows: {before:#?}");
    let all: Vec<_> =
        (0..1500).map(|at| release(&format!("r{at}"), 1, &json!({ "buyer": { "name": "Town" } }))).collect();
    desk.write_lines("gone.jsonl", &all);
    let file = desk.write_lines("full.jsonl", &[release("full", 1, &full)]);
    desk.import("gone", &[desk.path("gone.jsonl"), file]).await;
    let run = desk.farol(&["dataset", "remove", "gone"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "gone: 1501 processes removed\n"), "{}", run.stderr);
    let mut after = desk.dump().await;
    let changes = after.insert("changes", before["changes"].clone()).unwrap();
    assert_same(&before, &after);
    assert_eq!(changes.iter().filter(|change| change.contains("kind=removed")).count(), 1501);
    let last = desk.changes().await.pop().unwrap();
    assert_eq!(last.kind(), "removed");
    assert!(last.tags().contains(&format!("process:{}", last.process_id())), "{}", last.tags());
}

async fn a_dataset_that_is_not_there_is_named(database: TestDatabase) {
    let desk = Desk::new(database).await;
    desk.import_values("city", &[release("a", 1, &json!({}))]).await;
    for args in [&["dataset", "remove", "town"][..], &["rebuild", "--dataset", "town"]] {
        let run = desk.farol(args);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("no dataset \"town\"; there are: city"), "{}", run.stderr);
    }
}

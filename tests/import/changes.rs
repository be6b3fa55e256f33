//! The change log tells what happened to a process.

use farol::store::{query::changes, write::deferred::Deferred};
use serde_json::{Value, json};

use super::desk::{Desk, release};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    each_release_is_told_by_the_weightiest_thing_in_it,
    a_change_names_the_paths_that_changed,
    a_change_is_tagged_with_all_it_touches,
    a_process_with_very_many_parties_is_tagged_by_its_dataset,
    a_change_of_a_datasets_row_is_told,
    a_release_that_says_nothing_new_is_an_update,
);

async fn each_release_is_told_by_the_weightiest_thing_in_it(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let award = |status: &str| json!({ "awards": [{ "id": "w", "status": status }] });
    let contract = |signed: Option<&str>| json!({ "contracts": [{ "id": "c", "dateSigned": signed }] });
    let story = [
        ("created", json!({ "tender": { "status": "active", "title": "Road" } })),
        ("updated", json!({ "tender": { "title": "Wide road" } })),
        ("updated", award("pending")),
        ("awarded", award("active")),
        ("updated", contract(None)),
        ("contract_signed", contract(Some("2024-01-06T00:00:00Z"))),
        ("updated", json!({ "tender": { "title": "A wide road" } })),
        (
            "cancelled",
            json!({ "tender": { "status": "cancelled" }, "awards": [{ "id": "v", "status": "active" }] }),
        ),
        ("updated", json!({ "tender": { "description": "Nobody wants it" } })),
    ];
    for (day, (_, parts)) in (1..).zip(&story) {
        desk.import_values("d", &[release("a", day, parts)]).await;
    }
    let expected: Vec<String> = story.iter().map(|(kind, _)| format!("{kind} a")).collect();
    assert_eq!(desk.story().await, expected);
}

async fn a_change_names_the_paths_that_changed(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let award = |status: &str| json!({ "awards": [{ "id": "w", "status": status, "title": "North" }] });
    let parts = [
        json!({ "tender": { "title": "Road", "status": "active" } }),
        json!({ "tender": { "title": "Wide road", "status": "active" } }),
        award("pending"),
        award("active"),
    ];
    for (day, parts) in (1..).zip(&parts) {
        desk.import_values("d", &[release("a", day, parts)]).await;
    }
    let paths: Vec<Vec<String>> = desk
        .changes()
        .await
        .iter()
        .map(|change| serde_json::from_str::<Vec<String>>(change.paths()).unwrap())
        .collect();
    assert_eq!(
        paths,
        [vec![], vec!["date", "tender/title"], vec!["awards", "date"], vec!["awards/w/status", "date"]]
    );
}

async fn a_change_is_tagged_with_all_it_touches(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let buyer = |name: &str| json!({ "buyer": { "name": name, "id": name } });
    desk.import_values("d", &[release("a", 1, &buyer("Town"))]).await;
    desk.import_values("d", &[release("a", 2, &buyer("Port"))]).await;
    let changes = desk.changes().await;
    let tags = |at: usize| serde_json::from_str::<Vec<String>>(changes[at].tags()).unwrap();
    let town = desk.number("SELECT id FROM organizations WHERE name = 'Town'").await;
    let port = desk.number("SELECT id FROM organizations WHERE name = 'Port'").await;
    let process = format!("process:{}", changes[0].process_id());
    assert_eq!(tags(0), [process.clone(), format!("organization:{town}")]);
    let mut both = [town, port];
    both.sort_unstable();
    let [one, other] = both.map(|id| format!("organization:{id}"));
    assert_eq!(tags(1), [process, one, other], "the buyer it had, too");
}

async fn a_process_with_very_many_parties_is_tagged_by_its_dataset(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let tendered = |ocid, firms: u32| {
        let firms: Vec<Value> = (0..firms).map(|at| json!({ "name": format!("Firm {at}") })).collect();
        release(ocid, 1, &json!({ "tender": { "tenderers": firms } }))
    };
    desk.import_values("d", &[tendered("many", 1000), tendered("more", 1001)]).await;
    let changes = desk.changes().await;
    let tags = |at: usize| serde_json::from_str::<Vec<String>>(changes[at].tags()).unwrap();
    assert_eq!(tags(0).len(), 1001, "the process and each organisation");
    assert!(tags(0)[1..].iter().all(|tag| tag.starts_with("organization:")));
    let more = &changes[1];
    assert_eq!(tags(1), [format!("process:{}", more.process_id()), format!("dataset:{}", more.dataset_id())]);
}

/// What the log says of datasets: how often, and whether everything in one changed.
async fn told(desk: &Desk) -> (usize, bool) {
    let entries = changes::after(&desk.store, 0, 1_000_000).await.unwrap();
    let of_dataset: Vec<_> = entries.into_iter().filter(|entry| entry.kind() == "dataset").collect();
    assert!(of_dataset.iter().all(|entry| entry.process_id() == 0 && entry.ocid().is_empty()));
    let is_whole = of_dataset.last().is_some_and(|last| last.tags().contains("dataset:"));
    (of_dataset.len(), is_whole)
}

async fn a_change_of_a_datasets_row_is_told(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let import = async |publisher: &str| {
        let releases = json!([release("a", 1, &json!({}))]);
        let package = json!({ "publisher": { "name": publisher }, "releases": releases });
        desk.import("d", &[desk.write("package.json", package.to_string())]).await
    };
    import("Town").await;
    assert_eq!(told(&desk).await, (2, false), "there is a dataset, and then its counts");
    import("Town").await;
    assert_eq!(told(&desk).await, (2, false), "nothing changed");
    assert_eq!(import("City").await.changed(), 0);
    assert_eq!(told(&desk).await, (3, false), "no process changed, but its publisher is called otherwise");
    desk.tamper("UPDATE processes SET title = 'Rails'").await;
    farol::import::rebuild(&desk.store, "d").await.unwrap();
    assert_eq!(told(&desk).await, (3, false), "its counts are what they were");
    desk.tamper("UPDATE processes SET award_count = 5").await;
    desk.tamper("UPDATE datasets SET awards = 5").await;
    farol::import::rebuild(&desk.store, "d").await.unwrap();
    assert_eq!(told(&desk).await, (4, false), "it has no award");
    farol::import::remove(&desk.store, "d").await.unwrap();
    assert_eq!(told(&desk).await, (5, true), "all of it is gone");
}

/// On SQLite a large first import is found by search only when it has ended, or the next farol has built
/// what it left.
#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_found_later_are_told_of() {
    let desk = Desk::new(TestDatabase::sqlite().await).await;
    let deferred = Deferred::put_off(&desk.store).await.unwrap().expect("nothing is in the way");
    desk.import_values("d", &[release("a", 1, &json!({ "tender": { "title": "Road" } }))]).await;
    let (before, _) = told(&desk).await;
    deferred.build().await.unwrap();
    assert_eq!(told(&desk).await, (before + 3, false), "words of processes, items and organisations");
}

/// The release itself is new: the process has one more.
async fn a_release_that_says_nothing_new_is_an_update(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let road = json!({ "tender": { "title": "Road" } });
    desk.import_values("d", &[release("a", 1, &road)]).await;
    desk.import_values("d", &[release("a", 2, &road)]).await;
    assert_eq!(desk.story().await, ["created a", "updated a"]);
    assert_eq!(desk.number("SELECT release_count FROM processes").await, 2);
}

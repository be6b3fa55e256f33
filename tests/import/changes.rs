//! The change log tells what happened to a process.

use serde_json::{Value, json};

use super::desk::{Desk, release};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    each_release_is_told_by_the_weightiest_thing_in_it,
    a_change_names_the_paths_that_changed,
    a_change_is_tagged_with_all_it_touches,
    a_process_with_very_many_parties_is_tagged_by_its_dataset,
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
        .map(|change| serde_json::from_str::<Vec<String>>(&change.paths).unwrap())
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
    let tags = |at: usize| serde_json::from_str::<Vec<String>>(&changes[at].tags).unwrap();
    let town = desk.number("SELECT id FROM organizations WHERE name = 'Town'").await;
    let port = desk.number("SELECT id FROM organizations WHERE name = 'Port'").await;
    let process = format!("process:{}", changes[0].process_id);
    assert_eq!(tags(0), [process.clone(), format!("organization:{town}")]);
    let mut both = [town, port];
    both.sort_unstable();
    let [one, other] = both.map(|id| format!("organization:{id}"));
    assert_eq!(tags(1), [process, one, other], "the buyer it had, too");
}

async fn a_process_with_very_many_parties_is_tagged_by_its_dataset(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let tenderers: Vec<Value> = (0..150).map(|at| json!({ "name": format!("Firm {at}") })).collect();
    desk.import_values("d", &[release("a", 1, &json!({ "tender": { "tenderers": tenderers } }))]).await;
    let change = desk.changes().await.remove(0);
    let tags: Vec<String> = serde_json::from_str(&change.tags).unwrap();
    assert_eq!(tags, [format!("process:{}", change.process_id), format!("dataset:{}", change.dataset_id)]);
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

//! What a change tells of its process: as new as the change, whatever was kept before; and of which processes.

use serde_json::{Value, json};

use super::world::{World, ocids};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(a_change_shows_its_process_as_it_is_then, only_what_matches_is_told);

/// A release of a process.
fn release(ocid: &str, number: u32, status: &str, title: &str) -> Value {
    json!({
        "ocid": ocid, "id": format!("{ocid}-{number}"), "date": format!("2026-01-{:02}T00:00:00Z", number), "tag": ["tender"],
        "initiationType": "tender", "parties": [{ "id": "b", "name": "Town Hall", "roles": ["buyer"] }],
        "buyer": { "id": "b", "name": "Town Hall" },
        "tender": { "id": "t", "title": title, "status": status },
    })
}

async fn a_change_shows_its_process_as_it_is_then(database: TestDatabase) {
    let world = World::begin(database, 8).await;
    let document = "subscription { processChanges(batch: { maxDelayMs: 0 }) { cursor
        changes { kind paths ocid dataset { name } process { tender { title } buyer { name } releases { nodes { localId } } } } } }";
    let mut listener = world.listen(document, json!({})).await;
    let known = "{ processes { nodes { tender { title } buyer { name } } } changes { nodes { ocid } } }";
    for (number, title) in [(1, "Gravel"), (2, "Sand"), (3, "Clay")] {
        world.import(&[release("ocds-1", number, "active", title)]).await;
        let told = listener.next().await["changes"][0].take();
        assert_eq!(told["process"]["tender"]["title"], title);
        assert_eq!(told["process"]["buyer"]["name"], "Town Hall");
        assert_eq!(told["process"]["releases"]["nodes"].as_array().unwrap().len(), number as usize);
        assert_eq!(told["dataset"]["name"], "test");
        let expected =
            if number == 1 { json!(["CREATED", []]) } else { json!(["UPDATED", ["date", "tender/title"]]) };
        let mut paths = told["paths"].clone();
        paths.as_array_mut().unwrap().sort_by_key(Value::to_string);
        assert_eq!(json!([told["kind"], paths]), expected);
        // What is asked again and again is kept, and shows it too.
        for _ in 0..2 {
            let answer = world.refused(known, json!({})).await;
            assert_eq!(answer["data"]["processes"]["nodes"][0]["tender"]["title"], title);
            assert_eq!(answer["data"]["changes"]["nodes"].as_array().unwrap().len(), number as usize);
        }
    }
}

async fn only_what_matches_is_told(database: TestDatabase) {
    let world = World::begin(database, 8).await;
    let document = "subscription($filter: ProcessFilter) {
        processChanges(filter: $filter, batch: { maxDelayMs: 0 }) { changes { ocid } cursor } }";
    let mut active = world.listen(document, json!({ "filter": { "status": ["ACTIVE"] } })).await;
    let mut gravel = world
        .listen(document, json!({ "filter": { "search": "grav", "not": { "status": ["CANCELLED"] } } }))
        .await;
    let mut elsewhere = world.listen(document, json!({ "filter": { "dataset": ["other"] } })).await;
    world
        .import(&[
            release("ocds-1", 1, "active", "Gravel"),
            release("ocds-2", 1, "planned", "Gravel pit"),
            release("ocds-3", 1, "active", "Sand"),
            release("ocds-4", 1, "cancelled", "Gravel"),
        ])
        .await;
    assert_eq!(ocids(&active.next().await), ["ocds-1", "ocds-3"]);
    let last = gravel.next().await;
    assert_eq!(ocids(&last), ["ocds-1", "ocds-2"]);
    // What stops to match is not told, what begins to match is.
    world
        .import(&[release("ocds-1", 2, "complete", "Gravel"), release("ocds-2", 2, "active", "Gravel pit")])
        .await;
    assert_eq!(ocids(&active.next().await), ["ocds-2"]);
    assert_eq!(ocids(&gravel.next().await), ["ocds-1", "ocds-2"]);
    world.import(&[release("ocds-3", 2, "active", "Gravel at last")]).await;
    assert_eq!(ocids(&gravel.next().await), ["ocds-3"]);
    // The filter holds for what lies behind a cursor, too, and for those who poll.
    let behind = "subscription($filter: ProcessFilter, $after: String) {
        processChanges(filter: $filter, after: $after, batch: { maxDelayMs: 0 }) { changes { ocid } cursor } }";
    let variables = json!({ "filter": { "search": "grav" }, "after": last["cursor"] });
    assert_eq!(ocids(&world.listen(behind, variables).await.next().await), ["ocds-1", "ocds-2", "ocds-3"]);
    let page = "query($filter: ProcessFilter) { changes(filter: $filter, first: 2) { nodes { ocid } pageInfo { hasNextPage } } }";
    let answer = world.refused(page, json!({ "filter": { "status": ["ACTIVE"] } })).await;
    let page = &answer["data"]["changes"];
    assert_eq!(
        (page["nodes"][0]["ocid"].as_str(), page["nodes"][1]["ocid"].as_str()),
        (Some("ocds-2"), Some("ocds-3"))
    );
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    world.engine.close_subscriptions();
    assert!(elsewhere.ends().await, "nothing was told of another dataset");
}

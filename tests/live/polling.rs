//! The same log for those who poll.

use serde_json::{Value, json};

use super::world::World;
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(pages_go_through_the_log_and_on_as_it_grows);

const PAGE: &str = "query($after: String, $first: Int = 3) { changes(after: $after, first: $first) {
    edges { cursor node { ocid } } nodes { cursor at kind paths } headCursor pageInfo { hasNextPage hasPreviousPage endCursor }
} }";

async fn pages_go_through_the_log_and_on_as_it_grows(database: TestDatabase) {
    let world = World::begin(database, 8).await;
    world.write(1..=7).await;
    let mut variables = json!({});
    let mut seen = Vec::new();
    loop {
        let page = page(&world, &variables).await;
        for edge in page["edges"].as_array().unwrap() {
            seen.push(edge["node"]["ocid"].as_str().unwrap().to_owned());
        }
        assert_eq!(page["pageInfo"]["hasPreviousPage"], variables.get("after").is_some());
        variables = json!({ "after": page["pageInfo"]["endCursor"] });
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["pageInfo"]["endCursor"], page["headCursor"]);
            break;
        }
    }
    assert_eq!(seen, super::world::named(1..=7));
    let empty = page(&world, &variables).await;
    assert_eq!((&empty["edges"], &empty["pageInfo"]["endCursor"]), (&json!([]), &variables["after"]));
    world.write([8]).await;
    let grown = page(&world, &variables).await;
    assert_eq!(grown["edges"][0]["node"]["ocid"], "ocds-8");
    assert_eq!(grown["nodes"][0]["paths"], json!(["tender/title"]));
    // A cursor of the log is one of subscriptions, too.
    world.write([9]).await;
    let behind = json!({ "after": grown["pageInfo"]["endCursor"] });
    assert_eq!(world.subscribe(behind).await.changes(1).await, super::world::named([9]));
}

async fn page(world: &World, variables: &Value) -> Value {
    let mut answer = world.refused(PAGE, variables.clone()).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["changes"].take()
}

//! Pages put together are the whole list, in either direction, for every list.

use async_graphql::Value as GraphqlValue;
use farol::graphql::Engine;
use serde_json::{Value, json};

use super::{ask, data, engine};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(pages_put_together_are_the_list, nodes_are_found_by_their_ids);

/// A way to a connection: what stands before and behind its arguments, and how the answer leads there.
const LISTS: [(&str, &str, &str, &str); 13] = [
    ("{ processes(orderBy: DATE_DESC,", "", "ocid", "/processes"),
    ("{ processes(orderBy: DATE_ASC,", "", "ocid", "/processes"),
    ("{ processes(orderBy: OCID_DESC,", "", "ocid", "/processes"),
    ("{ processes(filter: { dataset: \"north\", category: GOODS },", "", "ocid", "/processes"),
    ("{ organizations(orderBy: NAME_ASC,", "", "name", "/organizations"),
    ("{ organizations(orderBy: NAME_DESC,", "", "name", "/organizations"),
    ("{ datasets(", "", "name", "/datasets"),
    ("{ process(ocid: \"ocds-x-002\") { awards(", "}", "title", "/process/awards"),
    ("{ process(ocid: \"ocds-x-009\") { buyer { processes(", "} }", "ocid", "/process/buyer/processes"),
    (
        "{ process(ocid: \"ocds-x-002\") { awards(first: 1) { nodes { suppliers { awards(",
        "} } } }",
        "title",
        "/process/awards/nodes/0/suppliers/0/awards",
    ),
    (
        "{ process(ocid: \"ocds-z-006\") { first: bids(first: 1) { nodes { tenderers { bids(",
        "} } } }",
        "date",
        "/process/first/nodes/0/tenderers/0/bids",
    ),
    (
        "{ process(ocid: \"ocds-z-001\") { tender { procuringEntity { processesAsProcuringEntity(",
        "} } }",
        "ocid",
        "/process/tender/procuringEntity/processesAsProcuringEntity",
    ),
    ("{ process(ocid: \"ocds-x-001\", dataset: \"north\") { parties(", "}", "name", "/process/parties"),
];

async fn pages_put_together_are_the_list(database: TestDatabase) {
    let engine = engine(&database).await;
    for list in LISTS {
        let whole = walk(&engine, list, 100, false).await;
        assert!(whole.len() > 1, "{list:?}");
        for size in [1, 2, 3, 5] {
            assert_eq!(walk(&engine, list, size, false).await, whole, "{list:?} by {size}");
            assert_eq!(walk(&engine, list, size, true).await, whole, "{list:?} by {size} backward");
        }
    }
}

/// All rows of a list, read in pages.
async fn walk(
    engine: &Engine,
    (before, behind, field, pointer): (&str, &str, &str, &str),
    size: usize,
    backward: bool,
) -> Vec<Value> {
    let (count, bound, edge, more) = if backward {
        ("last", "before", "startCursor", "hasPreviousPage")
    } else {
        ("first", "after", "endCursor", "hasNextPage")
    };
    let mut rows = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let document = format!(
            "query ($cursor: String) {before} {count}: {size}, {bound}: $cursor) \
             {{ totalCount edges {{ cursor node {{ {field} }} }} pageInfo {{ {edge} {more} }} }} {behind} }}"
        );
        let execution = ask(engine, &document, json!({ "cursor": cursor })).await;
        assert!(execution.response.errors.is_empty(), "{document}: {:?}", execution.response.errors);
        assert_ne!(execution.response.data, GraphqlValue::Null);
        let answer = serde_json::to_value(&execution.response.data).unwrap();
        let page = answer.pointer(pointer).unwrap();
        let edges = page["edges"].as_array().unwrap();
        let nodes: Vec<Value> = edges.iter().map(|edge| edge["node"][field].clone()).collect();
        rows = if backward { [nodes, rows].concat() } else { [rows, nodes].concat() };
        assert_eq!(page["pageInfo"][edge], edges[if backward { 0 } else { edges.len() - 1 }]["cursor"]);
        assert!(rows.len() <= 100, "the pages never end");
        if page["pageInfo"][more] == false {
            assert_eq!(page["totalCount"], rows.len());
            return rows;
        }
        cursor = page["pageInfo"][edge].clone();
    }
}

async fn nodes_are_found_by_their_ids(database: TestDatabase) {
    let engine = engine(&database).await;
    let all = data(
        &engine,
        "{ process(ocid: \"ocds-x-001\", dataset: \"north\") { id dataset { id } buyer { id } tender { items { nodes { id } } } \
         bids(first: 1) { nodes { id } } awards(first: 1) { nodes { id } } contracts(first: 1) { nodes { id \
         transactions(first: 1) { nodes { id } } } } documents(first: 1) { nodes { id } } releases(first: 1) { nodes { id } } } }",
    )
    .await;
    let mut ids = Vec::new();
    collect_ids(&all, &mut ids);
    assert_eq!(ids.len(), 11, "two items, and one of each other kind");
    let document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let execution = ask(&engine, document, json!({ "ids": ids })).await;
    let found = serde_json::to_value(&execution.response.data).unwrap();
    let found: Vec<Value> =
        found["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
    assert_eq!(found, ids);
    assert_eq!(execution.stats.database.statements, 10, "one statement per kind");
    let document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let unknown = json!({ "ids": ["QXdhcmQ6Nw", "nonsense"] });
    let execution = ask(&engine, document, unknown).await;
    let found = serde_json::to_value(&execution.response.data).unwrap();
    assert_eq!(found, json!({ "nodes": [null, null] }));
    assert_eq!(
        execution.response.errors.len(),
        1,
        "an id that leads nowhere is null, one that is none is refused"
    );
}

fn collect_ids(value: &Value, ids: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            ids.extend(fields.get("id").cloned());
            fields.values().for_each(|value| collect_ids(value, ids));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_ids(value, ids)),
        _ => {}
    }
}

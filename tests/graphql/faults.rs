//! When a part of the database fails, the rest of the answer stays. Nothing of a fault gets out.

use std::fmt::Debug;

use farol::{
    graphql::{Engine, Limits, Load, Loaders, MASKED},
    loader::{Batch, Key, Relation},
};
use serde_json::{Value, json};

use super::{ask, engine};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(a_field_that_fails_is_null_and_its_siblings_stay, data_is_exact_to_the_last_digit);

async fn a_field_that_fails_is_null_and_its_siblings_stay(database: TestDatabase) {
    let engine = engine(&database).await;
    for table in ["award_suppliers", "contracts", "process_details"] {
        database.drop_table(table).await;
    }
    let document = "{ process(ocid: \"ocds-x-001\", dataset: \"north\") { ocid planning buyer { name } \
        awards { nodes { title suppliers { name } } } contracts { totalCount nodes { title } } bids { totalCount } } }";
    let execution = ask(&engine, document, Value::Null).await;
    assert!(execution.executed);
    assert_eq!(
        serde_json::to_value(&execution.response.data).unwrap(),
        json!({ "process": {
            "ocid": "ocds-x-001",
            "planning": null,
            "buyer": { "name": "City of Aldea" },
            "awards": { "nodes": [
                { "title": "The bridge", "suppliers": null },
                { "title": "Survey", "suppliers": null },
            ] },
            "contracts": null,
            "bids": { "totalCount": 3 },
        } })
    );
    let errors = serde_json::to_value(&execution.response.errors).unwrap();
    let mut paths: Vec<String> = Vec::new();
    for error in errors.as_array().unwrap() {
        assert_eq!(error["extensions"], json!({ "code": "INTERNAL_SERVER_ERROR" }));
        assert_eq!(error["message"], MASKED, "nothing of the database shows");
        let parts = error["path"].as_array().unwrap().iter();
        paths.push(parts.map(|part| part.to_string().replace('"', "")).collect::<Vec<_>>().join("."));
    }
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "process.awards.nodes.0.suppliers",
            "process.awards.nodes.1.suppliers",
            "process.contracts",
            "process.planning",
        ]
    );
}

/// JSON as published and amounts both keep what floating point would lose.
async fn data_is_exact_to_the_last_digit(database: TestDatabase) {
    let engine = engine(&database).await;
    let document = "{ process(ocid: \"ocds-x-001\", dataset: \"north\") { planning tender { value { amount } } \
        releases { nodes { body } } } }";
    let execution = ask(&engine, document, Value::Null).await;
    let text = serde_json::to_string(&execution.response).unwrap();
    assert!(text.contains("\"tender\":{\"value\":{\"amount\":\"9007199254740993.01\"}}"), "{text}");
    assert_eq!(text.matches("{\"amount\":9007199254740993.01,\"currency\":\"XTS\"}").count(), 2, "{text}");
}

/// A loader with a defect.
struct Panicking;

impl Loaders for Panicking {
    fn in_place_of<K: Key + Debug, B: Batch<K>>(&self, _relation: &Relation<K, B>) -> Option<Load<K, B>> {
        Some(Box::new(|key| panic!("no such thing as {key:?}: password=hunter2")))
    }
}

#[tokio::test]
async fn a_panic_costs_its_request_only() {
    let file = TestDatabase::sqlite().await;
    let engine = Engine::with_loaders(&file.open().await, Limits::default(), &Panicking);
    let execution = ask(&engine, "query P { datasets { totalCount } }", Value::Null).await;
    assert!(!execution.executed);
    assert_eq!(execution.stats.operation_name.as_deref(), Some("P"));
    assert_eq!(
        serde_json::to_value(&execution.response.errors).unwrap(),
        json!([{ "message": MASKED, "extensions": { "code": "INTERNAL_SERVER_ERROR" } }])
    );
    assert!(ask(&engine, "{ serverInfo { version } }", Value::Null).await.executed);
}

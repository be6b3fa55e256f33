//! Releases inside records.

use serde_json::json;

use super::desk::{Desk, release};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(
    a_record_lends_its_ocid_to_its_releases,
    a_records_compiled_release_stands_for_all_before_it,
);

async fn a_record_lends_its_ocid_to_its_releases(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let mut nameless = release("a", 1, &json!({ "tender": { "title": "Road", "description": "Long" } }));
    nameless.as_object_mut().unwrap().remove("ocid");
    let record = json!({ "records": [{ "ocid": "a", "releases": [nameless] }] });
    let file = desk.write("record.json", record.to_string());
    desk.import("d", &[file]).await;
    desk.import_values("d", &[release("a", 2, &json!({ "tender": { "title": "Wide road" } }))]).await;
    assert_eq!(desk.story().await, ["created a", "updated a"]);
    assert_eq!(desk.text("SELECT description FROM process_details").await.as_deref(), Some("Long"));
}

async fn a_records_compiled_release_stands_for_all_before_it(database: TestDatabase) {
    let desk = Desk::new(database).await;
    let planned = release("a", 1, &json!({ "tender": { "title": "Road", "description": "Withdrawn" } }));
    let compiled = release("a", 2, &json!({ "tender": { "title": "Wide road" } }));
    let record = json!({ "records": [{ "ocid": "a", "compiledRelease": compiled }] });
    let file = desk.write("record.json", record.to_string());
    desk.import("d", &[file]).await;
    desk.import_values("d", &[planned]).await;
    // What it left out on purpose does not come back with an older release.
    assert_eq!(desk.text("SELECT description FROM process_details").await, None);
    assert_eq!(
        desk.text("SELECT tags FROM releases WHERE position = 1").await.as_deref(),
        Some("tender,compiled")
    );
    let rebuilt = farol::import::rebuild(&desk.store, "d").await.unwrap();
    assert_eq!(rebuilt.changed, 0);
}

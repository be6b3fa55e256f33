//! What those who run the server do to its caches: pass them by, and have them forget.

use std::sync::Arc;

use async_graphql::Request;
use farol::{
    auth::{Caller, Identity, Scope},
    graphql::{CacheUse, Call, Engine},
    store::id,
};
use serde_json::{Value, json};

use super::{
    node::{Keeping, Node, text},
    releases,
};
use crate::support::{RedisServer, TestDatabase, on_both_databases};

on_both_databases!(
    what_is_invalidated_is_read_anew_everywhere,
    a_process_that_is_not_there_stands_for_everything,
    only_those_who_run_the_server_may,
    caches_are_passed_by,
);

const TITLES: &str = "{ processes(orderBy: OCID_ASC) { nodes { ocid tender { title } } } }";
const INVALIDATE: &str = "mutation($tags: [String!]!) { invalidateCache(tags: $tags) { tags } }";

async fn import(data: &TestDatabase, ocid: &str) {
    let release = json!({
        "ocid": ocid, "id": "1", "date": "2024-01-01T00:00:00Z", "tag": ["tender"],
        "tender": { "id": "t", "title": "Before" }, "buyer": { "name": "Town Hall" },
    });
    releases::import(&data.open().await, "left", &[release]).await;
}

/// Writes what Farol does not hear of.
async fn retitle(data: &TestDatabase) {
    data.execute("UPDATE processes SET title = 'After'".to_owned()).await;
}

/// Who has a key with this scope.
fn key(scope: Scope) -> Caller {
    Caller { identity: Identity::Key(Arc::from("test")), scope, plan: None, expires: None, kid: None }
}

async fn invalidate(engine: &Engine, caller: &Caller, tags: &[&str]) -> Value {
    let variables = async_graphql::Variables::from_json(json!({ "tags": tags }));
    let call = Call { caller, ..Call::default() };
    let answer = engine.execute(Request::new(INVALIDATE).variables(variables), call).await;
    serde_json::from_str(&text(&answer)).unwrap()
}

/// The titles that a node answers, by ocid.
async fn titles(node: &Node) -> Vec<(String, String)> {
    titles_of(&node.text(TITLES).await)
}

fn titles_of(answer: &str) -> Vec<(String, String)> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let nodes = answer["data"]["processes"]["nodes"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    nodes.iter().map(|node| (text(&node["ocid"]), text(&node["tender"]["title"]))).collect()
}

fn told(titles: &[(&str, &str)]) -> Vec<(String, String)> {
    titles.iter().map(|(ocid, title)| ((*ocid).to_owned(), (*title).to_owned())).collect()
}

/// A process by its global id, then everything: on the server that is told and on another, over one Redis.
async fn what_is_invalidated_is_read_anew_everywhere(data: TestDatabase) {
    let redis = RedisServer::start().await;
    import(&data, "ocds-1").await;
    import(&data, "ocds-2").await;
    let keeping = Keeping { redis: Some(&redis), responses: true, ..Keeping::default() };
    let nodes = [Node::start(&data, keeping).await, Node::start(&data, keeping).await];
    let engine = nodes[0].engine.clone().with_live(&nodes[0].tail, 64);
    let before = told(&[("ocds-1", "Before"), ("ocds-2", "Before")]);
    for node in &nodes {
        assert_eq!(titles(node).await, before);
    }
    retitle(&data).await;
    for node in &nodes {
        assert_eq!(titles(node).await, before, "nobody has heard of it");
    }

    let first = id_of(&nodes[0], "ocds-1").await;
    let answer = invalidate(&engine, &key(Scope::Admin), &[&first]).await;
    assert_eq!(answer, json!({ "data": { "invalidateCache": { "tags": [first] } } }));
    nodes[1].tail.catch_up().await.unwrap();
    for node in &nodes {
        // A page is kept with its rows; a row by its id is kept for itself.
        assert_eq!(titles(node).await, told(&[("ocds-1", "After"), ("ocds-2", "After")]));
    }
    let changes = nodes[0].text("{ changes { nodes { ocid } } }").await;
    assert_eq!(changes.matches("ocds-1").count(), 1, "it is no change of the process: {changes}");

    data.execute("UPDATE processes SET title = 'Later'".to_owned()).await;
    invalidate(&engine, &key(Scope::Admin), &["*"]).await;
    nodes[1].tail.catch_up().await.unwrap();
    for node in &nodes {
        assert_eq!(titles(node).await, told(&[("ocds-1", "Later"), ("ocds-2", "Later")]));
    }
}

/// What is kept may say wrongly that there is no such process, and lists may hold one that is gone.
async fn a_process_that_is_not_there_stands_for_everything(data: TestDatabase) {
    import(&data, "ocds-1").await;
    import(&data, "ocds-2").await;
    let node = Node::start(&data, Keeping::default()).await;
    let engine = node.engine.clone().with_live(&node.tail, 64);
    let id = id_of(&node, "ocds-2").await;
    assert_eq!(titles(&node).await.len(), 2);
    data.execute("DELETE FROM process_details".to_owned()).await;
    data.execute("DELETE FROM processes WHERE ocid = 'ocds-2'".to_owned()).await;
    assert_eq!(titles(&node).await.len(), 2, "nobody has heard of it");
    invalidate(&engine, &key(Scope::Admin), &["*"]).await;
    assert_eq!(node.text(&format!("{{ node(id: \"{id}\") {{ id }} }}")).await, "{\"data\":{\"node\":null}}");

    retitle(&data).await;
    let answer = invalidate(&engine, &key(Scope::Admin), &[&id]).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    assert_eq!(titles(&node).await, told(&[("ocds-1", "After")]));
}

async fn id_of(node: &Node, ocid: &str) -> String {
    let answer = node.text(&format!("{{ process(ocid: \"{ocid}\") {{ id }} }}")).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["data"]["process"]["id"].as_str().unwrap().to_owned()
}

async fn only_those_who_run_the_server_may(data: TestDatabase) {
    import(&data, "ocds-1").await;
    let node = Node::start(&data, Keeping::default()).await;
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned();
    for caller in [Caller::default(), key(Scope::Read), key(Scope::Publish)] {
        let answer = invalidate(&node.engine, &caller, &["*"]).await;
        assert_eq!((code(&answer).as_str(), &answer["data"]["invalidateCache"]), ("FORBIDDEN", &Value::Null));
        assert_eq!(answer["errors"][0]["path"], json!(["invalidateCache"]));
    }
    let admin = key(Scope::Admin);
    let unknown = async_graphql::ID::from("nonsense");
    let many = vec!["*"; 101];
    for tags in [&["nonsense"][..], &[], &many, &[&unknown]] {
        assert_eq!(code(&invalidate(&node.engine, &admin, tags).await), "BAD_USER_INPUT", "{tags:?}");
    }
    assert_ne!(id::dataset("left"), 0, "0 is no dataset: entries for all of them have it");
}

async fn caches_are_passed_by(data: TestDatabase) {
    import(&data, "ocds-1").await;
    let node = Node::start(&data, Keeping { responses: true, ..Keeping::default() }).await;
    titles(&node).await;
    retitle(&data).await;
    let call = Call { cache: CacheUse::Bypass, ..Call::default() };
    let read = node.engine.execute(Request::new(TITLES), call).await;
    assert_eq!(titles_of(&text(&read)), told(&[("ocds-1", "After")]));
    assert!(read.stats.database.statements > 0);
    assert_eq!(titles(&node).await, told(&[("ocds-1", "Before")]), "what is kept stays");
}

//! What lies in Redis is pinned: for every relation, a digest of all keys and values that a fixed set of
//! operations leaves there. Another release reads them by the same types, or under another [`FORMAT`].

use std::{collections::BTreeMap, env, fmt::Write as _, fs};

use farol::{cache::shared::FORMAT, graphql::steps::Judge, store::id};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::node::{Keeping, Node};
use crate::{
    graphql::{
        cases::{self, Case},
        fixture,
    },
    support::{RedisServer, TestDatabase, on_both_databases},
};

on_both_databases!(what_lies_in_redis_is_as_it_was);

const PINNED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/caching/format.txt");
/// Bytes of a value before what its type writes: how long it took to load.
const TOOK: usize = 4;

/// The case files that are asked. A new one need not be among them.
const CASES: [&str; 18] = [
    "datasets",
    "filter_combined",
    "filter_organizations",
    "filter_ranges",
    "filters",
    "missing_values",
    "nested_lists",
    "nested_total_value",
    "one_process",
    "orders_of_other_lists",
    "orders_of_processes",
    "organization_lists",
    "organization_totals",
    "organizations",
    "search",
    "spending",
    "total_value",
    "ways_back",
];

/// No case file asks for their ids.
const RELEASES: &str = "{ process(ocid: \"ocds-x-002\") { releases { nodes { id } } } }";

/// What else the case files do not ask for.
const MORE: [&str; 4] = [
    "{ processes(orderBy: VALUE_ASC, filter: { value: { currency: \"EUR\" } }) { totalValue { amount } } }",
    "{ bids { totalCount totalValue { amount } } contracts { totalCount totalValue { amount } } }",
    "{ awards { totalCount totalValue { amount } } items(orderBy: DATE_ASC) { totalCount } }",
    "{ organizations(last: 2, orderBy: NAME_DESC, filter: { not: { search: \"town\" } }) { nodes { name } } }",
];

/// Every global id in an answer.
fn gather(answer: &Value, ids: &mut Vec<String>) {
    match answer {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match value {
            Value::String(id) if name == "id" && id.len() > 8 => ids.push(id.clone()),
            _ => gather(value, ids),
        }),
        Value::Array(values) => values.iter().for_each(|value| gather(value, ids)),
        _ => {}
    }
}

async fn what_lies_in_redis_is_as_it_was(data: TestDatabase) {
    fixture::load(&data.open().await).await;
    // The one moment that is not of the fixture.
    data.execute("UPDATE datasets SET last_import = NULL".to_owned()).await;
    let redis = RedisServer::start().await;
    let node = Node::start(&data, Keeping { redis: Some(&redis), ..Keeping::default() }).await;
    let mut ids = Vec::new();
    let releases = node.ask(RELEASES, Value::Null).await;
    gather(&serde_json::to_value(&releases.response.data).unwrap(), &mut ids);
    let all = cases::all();
    let named =
        |case: &&Case| CASES.iter().any(|name| case.path.file_stem().is_some_and(|stem| stem == *name));
    for Case { document, .. } in all.iter().filter(named) {
        let answer = node.ask(document, cases::variables(document)).await;
        gather(&serde_json::to_value(&answer.response.data).unwrap(), &mut ids);
    }
    ids.sort_unstable();
    ids.dedup();
    for some in ids.chunks(100) {
        node.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": some })).await;
    }
    for document in MORE {
        node.text(document).await;
    }
    // What only the filters of subscriptions need; here of some processes and one that is not there.
    let judged = json!({ "supplier": [], "tenderer": [], "classification": "4", "search": "a" });
    let north = id::dataset("north");
    let processes =
        ["ocds-x-001", "ocds-x-002", "ocds-x-003", "ocds-x"].map(|ocid| (id::process(north, ocid), north));
    let judge = Judge::new(&data.open().await, Some(node.tiers.clone()));
    judge.judge(&Judge::filter(judged).unwrap(), &processes).await.unwrap();
    node.until_filled(&redis).await;

    let mut relations: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    let keys: Vec<String> = redis.ask(&["KEYS", "*"]).await;
    for key in keys {
        let name = key.split_once(":value:").unwrap().1;
        let held = node.shared.as_ref().unwrap().get(&[name.to_owned()]).await.remove(0).unwrap();
        let (relation, _) = name.rsplit_once(':').unwrap();
        let values = relations.entry(relation.to_owned()).or_default();
        values.insert(name.to_owned(), held.bytes[TOOK..].to_vec());
    }
    let mut told = format!("FORMAT {FORMAT}\n");
    for (relation, values) in relations {
        let mut digest = Sha256::new();
        for (name, value) in &values {
            digest.update(name);
            digest.update(value.len().to_be_bytes());
            digest.update(value);
        }
        let hex =
            digest.finalize().iter().take(16).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        writeln!(told, "{relation} {} {hex}", values.len()).unwrap();
    }
    if env::var_os("UPDATE_FORMAT").is_some() {
        fs::write(PINNED, &told).unwrap();
    }
    let pinned = fs::read_to_string(PINNED).unwrap_or_default();
    let changed: Vec<&str> =
        told.lines().filter(|line| !pinned.lines().any(|known| known == *line)).collect();
    assert!(
        told == pinned,
        "what lies in Redis is not what it was: {changed:#?}\nIf the type of a key or of a value changed, or what \
         a relation's name stands for, raise cache::shared::FORMAT, so that two releases can share one Redis. If \
         only the fixture, a case or an operation here changed, or a relation is new, nothing is to be raised. \
         Then write tests/caching/format.txt anew: UPDATE_FORMAT=1 ./scripts/test what_lies_in_redis"
    );
}

//! Every case file is answered the same from every tier, byte for byte: by the database, from memory, and from
//! what another node has put into Redis. So whatever is kept comes back as it was.

use std::fs;

use farol::graphql::{Counts, Source};

use super::node::{Keeping, Node};
use crate::{
    graphql::{
        cases::{self, Case},
        fixture,
    },
    support::{RedisServer, TestDatabase, on_both_databases},
};

on_both_databases!(every_case_is_the_same_from_every_tier);

/// Asks every case file of a node, and tells what is wrong. `sends` says whether a case may send so many
/// statements, having got its values from there.
async fn wrong(node: &Node, round: &str, sends: impl Fn(u64, Counts, &str) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for Case { path, document } in cases::all() {
        let execution = node.ask(&document, cases::variables(&document)).await;
        let name = path.file_stem().unwrap().to_string_lossy();
        if cases::written(&execution) != fs::read_to_string(path.with_extension("json")).unwrap() {
            wrong.push(format!("{name}, {round}: another answer"));
        }
        let sent = execution.stats.database.statements;
        let counts = if let Source::Fields(counts) = execution.source { counts } else { Counts::default() };
        if !sends(sent, counts, &document) {
            wrong.push(format!("{name}, {round}: {sent} statements, {counts:?}"));
        }
    }
    wrong
}

async fn every_case_is_the_same_from_every_tier(data: TestDatabase) {
    fixture::load(&data.open().await).await;
    let redis = RedisServer::start().await;
    let keeping = Keeping { redis: Some(&redis), ..Keeping::default() };
    let one = Node::start(&data, keeping).await;
    // A case may get from memory what one before it has loaded.
    let mut wrong_ones = wrong(&one, "cold", |_, _, _| true).await;
    assert!(one.figures().loads > 100);
    let loads = one.figures().loads;
    let from_memory = |sent, counts: Counts, _: &str| sent == 0 && counts.shared + counts.database == 0;
    wrong_ones.extend(wrong(&one, "hot", from_memory).await);
    assert_eq!(one.figures().loads, loads, "all is in memory");
    one.until_filled(&redis).await;

    let other = Node::start(&data, keeping).await;
    // The JSON of releases is not shared: as large as what it was read from, and seldom asked for.
    let from_redis = |sent, counts: Counts, document: &str| {
        (sent == 0 && counts.database == 0) || (sent == 1 && document.contains("body"))
    };
    wrong_ones.extend(wrong(&other, "from Redis", from_redis).await);
    wrong_ones.extend(wrong(&other, "hot again", from_memory).await);
    assert!(wrong_ones.is_empty(), "{}", wrong_ones.join("\n"));
    assert!(other.figures().shared.unwrap().hits > 100);
}

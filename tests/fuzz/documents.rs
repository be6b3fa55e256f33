//! Documents: what the guard, the parser, validation and the cost make of anything at all.

use std::time::Duration;

use async_graphql::{Request, Variables};
use farol::graphql::{Call, Engine, Limits};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;
use tokio::time::timeout;

use super::{damaged, faultless, fuzz};
use crate::{
    graphql::{cases, fixture},
    support::{TestDatabase, on_both_databases},
};

on_both_databases!(no_document_shows_a_fault);

/// What documents are made of, and what breaks them.
const PIECES: &[&str] = &[
    "{",
    "}",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "...",
    "...on Award",
    "...f0",
    "query",
    "mutation",
    "subscription",
    "fragment f0 on Query",
    "fragment f1 on ContractingProcess",
    "query Q($n: Int = 1, $s: String)",
    "$n",
    "$s",
    ":",
    "=",
    "!",
    "|",
    "&",
    "@",
    "@include(if: true)",
    "@skip(if: $n)",
    "@deprecated",
    "processes",
    "nodes",
    "edges",
    "node",
    "cursor",
    "pageInfo",
    "awards",
    "suppliers",
    "bids",
    "id",
    "ocid",
    "title",
    "__typename",
    "__schema",
    "types",
    "__type(name: \"Query\")",
    "search",
    "totals",
    "first: 1",
    "first: 101",
    "last: -1",
    "first: 1e999",
    "first: 99999999999999999999",
    "after: \"\"",
    "filter: {}",
    "filter: {search: \"a\"}",
    "orderBy: DATE_DESC",
    "null",
    "true",
    "\"",
    "\"\"\"",
    "\"\\u0000\"",
    "\"\\uD800\"",
    "\u{0}",
    "\u{feff}",
    "é",
    "𝄞",
    "#",
    "\n",
    "\r",
    ",",
    "\\",
    "a: id",
    "processChanged",
    "node(id: \"x\")",
    "nodes(ids: [\"x\"])",
];

fn any_document() -> impl Strategy<Value = String> {
    let pieces = || vec(select(PIECES), 0..60).prop_map(|pieces| pieces.join(" "));
    let known = || select(cases::all().into_iter().map(|case| case.document).collect::<Vec<_>>());
    let deep = (select(PIECES), 1..3_000_usize).prop_map(|(piece, times)| piece.repeat(times));
    prop_oneof![
        4 => damaged(known(), pieces()),
        3 => pieces(),
        1 => damaged(known(), deep),
        1 => any::<String>(),
    ]
}

async fn no_document_shows_a_fault(database: TestDatabase) {
    let database = database.open().await;
    fixture::load(&database).await;
    let engine = Engine::new(database, Limits::default());
    let document = (any_document(), prop::option::of(any::<i64>()), any::<String>());
    fuzz("documents", &document, async |(document, n, s)| {
        let variables = Variables::from_json(json!({ "n": n, "s": s }));
        let asked = Request::new(document).variables(variables);
        let execution = timeout(Duration::from_secs(20), engine.execute(asked, Call::default())).await;
        let execution = execution.map_err(|_| TestCaseError::fail("no answer within its time"))?;
        faultless(&serde_json::to_value(&execution.response.errors).unwrap())
    });
}

//! Texts of arguments are bounded, wherever they come from: what is refused is neither looked up nor cached.

use serde_json::json;

use super::{ask, engine};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(long_texts_are_refused_before_execution);

const REFUSED: &str = "the value has 1025 bytes, 1024 at most";

/// Arguments that take a text or an id, with `T` where it stands.
const ARGUMENTS: [(&str, &str); 10] = [
    ("String!", "{ process(ocid: T) { id } }"),
    ("String", "{ process(ocid: \"a\", dataset: T) { id } }"),
    ("ID!", "{ node(id: T) { id } }"),
    ("ID!", "{ nodes(ids: [T]) { id } }"),
    ("String", "{ processes(after: T) { nodes { id } } }"),
    ("String", "{ processes(filter: { search: T }) { nodes { id } } }"),
    ("String!", "{ processes(filter: { or: [{ classification: [T] }] }) { totalCount } }"),
    ("ID!", "{ awards(filter: { buyer: [T] }) { totalCount } }"),
    ("String!", "{ awards(filter: { value: { currency: T } }) { totalCount } }"),
    ("String", "{ spending(groupBy: BUYER, currency: T) { count } }"),
];

async fn long_texts_are_refused_before_execution(database: TestDatabase) {
    let engine = engine(&database).await;
    let errors = async |document: &str, text: Option<&str>| {
        let answer = ask(&engine, document, json!({ "t": text })).await.response;
        answer.errors.into_iter().map(|error| error.message).collect::<Vec<_>>()
    };
    let (long, longest) = ("a".repeat(1_025), "a".repeat(1_024));
    for (ty, document) in ARGUMENTS {
        let literal = document.replace('T', &format!("\"{long}\""));
        let block = document.replace('T', &format!("\"\"\"{long}\"\"\""));
        let variable = format!("query ($t: {ty}) {}", document.replace('T', "$t"));
        for refused in
            [errors(&literal, None).await, errors(&block, None).await, errors(&variable, Some(&long)).await]
        {
            assert!(refused[0].contains(REFUSED), "{document}: {refused:?}");
        }
        let taken = errors(&variable, Some(&longest)).await;
        assert!(!taken.iter().any(|error| error.contains("bytes")), "{document}: {taken:?}");
    }
    // A megabyte that would be eighteen once it is decomposed.
    let search = "query ($t: String) { processes(filter: { search: $t }) { totalCount } }";
    let refused = errors(search, Some(&"\u{FDFA}".repeat(340_000))).await;
    assert!(refused[0].contains("the value has 1020000 bytes"), "{refused:?}");
}

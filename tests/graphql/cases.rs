//! Every file `tests/cases/NAME.graphql`: its answer is `NAME.json` beside it, on both databases, and it
//! takes as many SQL statements as its header says. Answers are compared as text: the order of the fields
//! and every digit count. A new case is a new file.
//!
//! The header is comments: `# statements: N`, and `# variables: {…}` where there are some.
//! `UPDATE_CASES=1` writes the answers anew.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use farol::graphql::Execution;
use serde_json::Value;

use super::{ask, engine};
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(every_case_is_answered_as_written);

/// A case, read.
pub(crate) struct Case {
    pub(crate) path: PathBuf,
    pub(crate) document: String,
}

/// Every case there is.
pub(crate) fn all() -> Vec<Case> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let documents = paths.filter(|path| path.extension().is_some_and(|extension| extension == "graphql"));
    let cases = documents.map(|path| Case { document: fs::read_to_string(&path).unwrap(), path });
    let cases: Vec<Case> = cases.collect();
    assert!(!cases.is_empty());
    cases
}

async fn every_case_is_answered_as_written(database: TestDatabase) {
    let engine = engine(&database).await;
    let mut wrong = Vec::new();
    for Case { path, document } in all() {
        let execution = ask(&engine, &document, variables(&document)).await;
        wrong.extend(compare(&path, &written(&execution)));
        let (expected, sent) = (statements(&document), execution.stats.database.statements);
        if expected != Some(sent) {
            wrong.push(format!("{}: {sent} statements, not {expected:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An answer as it stands in a case's file.
pub(crate) fn written(execution: &Execution) -> String {
    format!("{}\n", serde_json::to_string_pretty(&execution.response).unwrap())
}

/// What is wrong with an answer, if anything.
fn compare(case: &Path, answer: &str) -> Option<String> {
    let snapshot = case.with_extension("json");
    if env::var_os("UPDATE_CASES").is_some() {
        fs::write(&snapshot, answer).unwrap();
    }
    let expected = fs::read_to_string(&snapshot).unwrap_or_default();
    let line = expected.lines().zip(answer.lines()).position(|(expected, answer)| expected != answer);
    let line = line.unwrap_or_else(|| expected.lines().count().min(answer.lines().count()));
    let part = |text: &str| text.lines().skip(line.saturating_sub(3)).take(8).collect::<Vec<_>>().join("\n");
    (expected != answer).then(|| {
        format!(
            "{}, line {}:\n--- expected\n{}\n--- answered\n{}",
            snapshot.display(),
            line + 1,
            part(&expected),
            part(answer)
        )
    })
}

pub(crate) fn variables(document: &str) -> Value {
    header(document, "variables").map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

fn statements(document: &str) -> Option<u64> {
    header(document, "statements")?.parse().ok()
}

fn header<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = document.lines().map_while(|line| line.strip_prefix("# "));
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

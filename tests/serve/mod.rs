//! `farol serve` as a person runs it: the program, a signal, a second start.

mod files;

use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::support::{Running, farol};

/// Longer than an answer takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_demo_is_filled_once_and_a_second_start_reuses_it() {
    let directory = TempDir::new().unwrap();
    let counts =
        "{ processes { totalCount } organizations { totalCount } datasets { nodes { name lastImport } } }";
    let first = Running::start(directory.path(), &["serve", "--demo"]);
    let filled = first.ask(counts).await;
    assert_eq!(filled["data"]["processes"]["totalCount"], 5000, "{filled}");
    let nested = "{ processes(first: 20) { nodes { ocid buyer { name } awards(first: 3) { nodes { suppliers { name } } } \
                  bids(first: 5) { nodes { tenderers { name } } } contracts(first: 3) { nodes { id } } } } }";
    let answer = first.ask(nested).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    assert_eq!(answer["data"]["processes"]["nodes"].as_array().unwrap().len(), 20);
    assert_eq!(first.stop(), Some(0));

    let second = Running::start(directory.path(), &["serve", "--demo"]);
    assert_eq!(second.ask(counts).await, filled, "nothing was imported again");
    assert_eq!(second.stop(), Some(0));
}

#[tokio::test]
async fn a_demo_that_was_stopped_while_it_was_filled_is_filled_up() {
    let directory = TempDir::new().unwrap();
    let run = |args: &[&str]| assert_eq!(farol(directory.path(), &[], args).code, 0);
    run(&["generate", "--processes", "40", "--seed", "1", "--out", "demo.jsonl"]);
    run(&["import", "demo.jsonl"]);
    let server = Running::start(directory.path(), &["serve", "--demo"]);
    let filled = server.ask("{ processes { totalCount } }").await;
    assert_eq!(filled["data"]["processes"]["totalCount"], 5000, "{filled}");
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test]
async fn an_empty_database_is_served_and_tells_how_to_import() {
    let directory = TempDir::new().unwrap();
    let mut server = Running::start(directory.path(), &["serve"]);
    assert!(server.line().contains("farol import FILE"));
    let answer = server.ask("{ datasets { totalCount } processes { totalCount nodes { id } } }").await;
    let empty =
        json!({ "data": { "datasets": { "totalCount": 0 }, "processes": { "totalCount": 0, "nodes": [] } } });
    assert_eq!(answer, empty);
    assert_eq!(server.stop(), Some(0));
}

/// A pipe holds a few hundred lines.
#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing() {
    let directory = TempDir::new().unwrap();
    let server = Running::start_logging(directory.path(), &["serve", "--rate-limit-enabled", "false"]);
    let query = format!("query {} {{ __typename }}", "a".repeat(60));
    for number in 0..600 {
        let asked = tokio::time::timeout(PATIENCE, server.ask(&query)).await;
        let answer = asked.unwrap_or_else(|_| panic!("{number} is answered"));
        assert_eq!(answer["data"]["__typename"], "Query");
    }
    let log = server.last_words();
    assert_eq!(log.matches("farol::access").count(), 600, "nothing is lost as long as there is room");
    assert!(log.contains("shutting down"), "nor is what comes last: {log}");
}

//! `farol serve` as a person runs it: the program, a signal, a second start.

mod files;

use serde_json::json;
use tempfile::TempDir;

use crate::support::{Running, farol};

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

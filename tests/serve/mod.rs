//! `farol serve` as a person runs it: the program, a signal, a second start.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{command, farol};

/// A server in a process of its own.
struct Running {
    process: Child,
    lines: BufReader<ChildStdout>,
    endpoint: String,
}

impl Running {
    /// Starts the program and waits for the line that says where the endpoint is.
    fn start(directory: &Path, args: &[&str]) -> Self {
        let mut command = command(directory, &[], args);
        command.args(["--listen", "127.0.0.1:0", "--log-level", "warn"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let endpoint = loop {
            let line = next_line(&mut lines);
            if let Some(endpoint) = line.strip_prefix("endpoint  ") {
                break endpoint.to_owned();
            }
        };
        Self { process, lines, endpoint }
    }

    async fn ask(&self, query: &str) -> Value {
        let client = reqwest::Client::new();
        let answer = client.post(&self.endpoint).json(&json!({ "query": query })).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Asks it to stop; returns its exit code.
    fn stop(mut self) -> Option<i32> {
        let kill = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(kill.success());
        self.process.wait().unwrap().code()
    }
}

fn next_line(lines: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    assert!(lines.read_line(&mut line).unwrap() > 0, "the program ended before it said this");
    line.trim_end().to_owned()
}

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
    assert!(next_line(&mut server.lines).contains("farol import FILE"));
    let answer = server.ask("{ datasets { totalCount } processes { totalCount nodes { id } } }").await;
    let empty =
        json!({ "data": { "datasets": { "totalCount": 0 }, "processes": { "totalCount": 0, "nodes": [] } } });
    assert_eq!(answer, empty);
    assert_eq!(server.stop(), Some(0));
}

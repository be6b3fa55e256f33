//! A server that may open no more files.

use std::{fs, process::Command, time::Duration};

use serde_json::json;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::Running;

const PATIENCE: Duration = Duration::from_secs(20);

/// Sets how many files a process may have open.
fn allow(server: &Running, files: usize) {
    let (pid, limit) = (server.pid().to_string(), format!("--nofile={files}:1024"));
    let set = Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap();
    assert!(set.success());
}

#[tokio::test]
async fn without_files_it_says_so_now_and_then_and_goes_on_afterwards() {
    let directory = TempDir::new().unwrap();
    let server = Running::start(directory.path(), &["serve"]);
    let typename = json!({ "data": { "__typename": "Query" } });
    assert_eq!(server.ask("{ __typename }").await, typename);
    let open = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count();
    allow(&server, open);
    let address = server.endpoint.trim_start_matches("http://").trim_end_matches("/graphql").to_owned();
    let mut waiting = Vec::new();
    for _ in 0..10 {
        waiting.push(TcpStream::connect(&address).await.unwrap());
    }
    let log = || fs::read_to_string(directory.path().join(Running::LOG)).unwrap();
    let told = async {
        while !log().contains("connections could not be accepted failed=") {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, told).await.expect("it is told");
    assert_eq!(log().lines().count(), 1, "one line for all: {}", log());
    allow(&server, 1024);
    let answered = timeout(PATIENCE, server.ask("{ __typename }"));
    assert_eq!(answered.await.expect("it accepts again"), typename);
    assert_eq!(server.stop(), Some(0));
}

//! A server that is killed again and again: who goes on behind its last cursor hears every change once.

use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::world::{append, named};
use crate::support::{Running, TestDatabase, node, on_both_databases};

on_both_databases!(whoever_comes_back_has_lost_nothing);

/// Changes that the client hears before it is content.
const CHANGES: usize = 400;
/// How often the server dies.
const DEATHS: usize = 4;

async fn whoever_comes_back_has_lost_nothing(data: TestDatabase) {
    let directory = TempDir::new().unwrap();
    let args = ["serve", "--database-url", &data.url];
    let mut server = Running::start(directory.path(), &args);
    let address = server.endpoint["http://".len()..].trim_end_matches("/graphql").to_owned();
    let url = server.endpoint.replacen("http", "ws", 1);
    let listening = tokio::spawn(async move {
        node::run("node", "conformance/resume.mjs", &[&url, &CHANGES.to_string()]).await
    });
    let store = data.open().await;
    let (mut written, mut deaths) = (0, 0);
    while !listening.is_finished() {
        written += 1;
        append(&store, [written]).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        // It dies while it is heard, and the log grows while it is dead.
        let heard = server.ask("{ serverInfo { version } }").await["data"].is_object();
        if heard && written % 60 == 0 && deaths < DEATHS {
            server.kill();
            append(&store, [written + 1, written + 2]).await;
            written += 2;
            server = Running::start_at(&address, directory.path(), &args);
            deaths += 1;
        }
        assert!(written < 100_000, "the client never hears so many");
    }
    let printed = listening.await.unwrap();
    let told: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    let heard: Vec<&str> =
        told["heard"].as_array().unwrap().iter().map(|ocid| ocid.as_str().unwrap()).collect();
    let first: i64 = heard[0].strip_prefix("ocds-").unwrap().parse().unwrap();
    assert_eq!(heard, named(first..first + i64::try_from(heard.len()).unwrap()));
    assert!(told["rounds"].as_u64().unwrap() > 1, "it lost its connection: {}", told["rounds"]);
}

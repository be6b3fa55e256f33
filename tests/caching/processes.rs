//! Programs of their own, without Redis: what `farol import` writes, every `farol serve` answers within a second.

use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::support::{Running, TestDatabase, farol, on_both_databases};

on_both_databases!(an_import_is_answered_by_every_server_within_a_second);

const COUNT: &str = "{ processes { totalCount } }";

/// What a server answers, and where it says that this comes from.
async fn ask(server: &Running) -> (u64, String) {
    let asked = reqwest::Client::new().post(&server.endpoint).json(&json!({ "query": COUNT }));
    let answer = asked.send().await.unwrap();
    let source = answer.headers()["x-farol-cache"].to_str().unwrap().to_owned();
    let body: serde_json::Value = answer.json().await.unwrap();
    (body["data"]["processes"]["totalCount"].as_u64().unwrap(), source)
}

async fn an_import_is_answered_by_every_server_within_a_second(data: TestDatabase) {
    let directory = TempDir::new().unwrap();
    let servers: Vec<Running> =
        (0..2).map(|_| Running::start(directory.path(), &["serve", "--database-url", &data.url])).collect();
    let run = |args: &[&str]| {
        let run = farol(directory.path(), &[("FAROL_DATABASE_URL", &data.url)], args);
        assert_eq!(run.code, 0, "{}", run.stderr);
    };
    let mut known = 0;
    for seed in ["1", "2", "3"] {
        for server in &servers {
            // It may have asked while the import before was ending.
            ask(server).await;
            let (count, source) = ask(server).await;
            assert!(count == known && source.starts_with("response; age="), "{count} {source}");
        }
        run(&["generate", "--processes", "20", "--seed", seed, "--out", "new.jsonl"]);
        run(&["import", "--dataset", seed, "new.jsonl"]);
        let imported = Instant::now();
        for server in &servers {
            let mut answer = ask(server).await;
            while answer.0 != known + 20 {
                assert!(imported.elapsed() < Duration::from_secs(1), "{answer:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
                answer = ask(server).await;
            }
        }
        known += 20;
    }
    for server in servers {
        assert_eq!(server.stop(), Some(0));
    }
}

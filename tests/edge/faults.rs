//! A server whose database goes away and comes back.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{PostgresServer, Running};

/// How long anything may take while the database is away: it is clear at once that it is.
const AT_ONCE: Duration = Duration::from_secs(10);
/// How soon all is well again by itself.
const SOON: Duration = Duration::from_secs(5);

/// The codes of the errors in an answer to a question that no cache can answer.
async fn codes(server: &Running, number: u32) -> Vec<Value> {
    let question = format!("{{ process(ocid: \"{number}\") {{ id }} }}");
    let asked = server.ask(&question);
    let answer = timeout(AT_ONCE, asked).await.expect("nothing hangs");
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].clone()).collect()
}

async fn get(server: &Running, path: &str) -> (u16, String) {
    let url = server.endpoint.replace("/graphql", path);
    let answer = reqwest::get(url).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Waits until the server says whether it is ready: it looks once a second.
async fn until_ready(server: &Running, status: u16) {
    let told = async {
        while get(server, "/health/ready").await.0 != status {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, told).await.unwrap_or_else(|_| panic!("{status} in time"));
}

#[tokio::test]
async fn a_server_outlives_its_database() {
    let mut postgres = PostgresServer::start().await;
    let directory = TempDir::new().unwrap();
    let server = Running::start(directory.path(), &["--database-url", &postgres.url(), "serve"]);
    let kept = "{ datasets { totalCount } }";
    assert_eq!(server.ask(kept).await, json!({ "data": { "datasets": { "totalCount": 0 } } }));
    assert_eq!(codes(&server, 0).await, Vec::<Value>::new());
    assert_eq!(get(&server, "/health/ready").await.0, 200);

    postgres.kill();
    let open = "farol_breaker_state{dependency=\"database\"} 2\n";
    let mut asked = 0;
    while !get(&server, "/metrics").await.1.contains(open) {
        asked += 1;
        assert_eq!(codes(&server, asked).await, [json!("DATABASE_UNAVAILABLE")]);
        assert!(asked < 1_000, "so many failures open the breaker");
    }
    assert_eq!(server.ask(kept).await["data"]["datasets"]["totalCount"], 0, "what is kept is answered");
    until_ready(&server, 503).await;
    assert_eq!(get(&server, "/health/live").await.0, 200);

    postgres.restart().await;
    let back = Instant::now();
    // Never asked before, so that no cache has it.
    while codes(&server, asked + 1).await != Vec::<Value>::new() {
        assert!(back.elapsed() < SOON, "it comes back by itself");
        sleep(Duration::from_millis(50)).await;
    }
    until_ready(&server, 200).await;
    assert_eq!(server.stop(), Some(0));
}

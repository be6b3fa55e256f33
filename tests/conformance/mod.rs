//! Farol against what others wrote: the peers' audit, a linter, code generators, a client, the reference
//! implementation of GraphQL. Each test prints the line with its figures.

#[path = "../../examples/client.rs"]
#[expect(dead_code, reason = "its main runs as an example only")]
mod client;

use std::env;

use farol::graphql::{DocumentMode, DocumentOptions, Manifest};
use tempfile::TempDir;

use crate::{
    http::app::App,
    support::{Running, farol, node, python},
};

#[tokio::test]
async fn the_peers_audit_is_content() {
    let app = App::start().await;
    node::run("node", "conformance/http-audit.mjs", &[&app.url("/graphql")]).await;
}

#[tokio::test]
async fn the_probes_of_the_websocket_protocol_hold() {
    let (_directory, server) = fixture(&["--live-init-timeout-ms", "1000"]);
    let url = server.endpoint.replacen("http", "ws", 1);
    // It fits the fixture, and nothing there changes.
    let subscription = "subscription { processChanges { cursor } }";
    node::run("node", "conformance/ws-probe.mjs", &[&url, subscription, "1000"]).await;
}

/// Of `graphql-ws` and `graphql-sse`, and by hand as a browser's `EventSource` does it.
#[tokio::test]
async fn clients_follow_changes_and_resume_behind_their_last_cursor() {
    let (directory, server) = fixture(&["--live-heartbeat-s", "1"]);
    let (root, pid) = (env!("CARGO_MANIFEST_DIR"), server.pid().to_string());
    let place = directory.path().to_str().unwrap();
    let arguments = [&server.endpoint, &pid, env!("CARGO_BIN_EXE_farol"), place, root];
    node::run("node", "conformance/live.mjs", &arguments).await;
}

/// Python's `websockets`, to which large messages come compressed.
#[tokio::test]
async fn pythons_client_follows_changes() {
    let directory = TempDir::new().unwrap();
    let token = "a-token-for-one-test";
    std::fs::write(directory.path().join("farol.toml"), format!("[publish]\ntoken = \"{token}\"\n")).unwrap();
    let server = Running::start(directory.path(), &["serve"]);
    python::run("conformance/python_client.py", &[&server.endpoint, token]).await;
}

#[tokio::test]
async fn apollos_client_names_its_documents() {
    let open = App::start().await;
    let off = DocumentOptions { registered: None, ..DocumentOptions::default() };
    let off = App::start_with_documents(off).await;
    // As the client prints it.
    let text = "query Awarded($n: String!) {\n  __type(name: $n) {\n    name\n  }\n}";
    let manifest = Manifest::parse(serde_json::json!({ "awarded": text }).to_string().as_bytes()).unwrap();
    let only = DocumentOptions { mode: DocumentMode::Only, manifest, ..DocumentOptions::default() };
    let only = App::start_with_documents(only).await;
    let urls = [&open, &off, &only].map(|app| app.url("/graphql"));
    node::run("node", "conformance/persisted.mjs", &urls.each_ref().map(String::as_str)).await;
}

#[tokio::test]
async fn the_schema_passes_the_linter() {
    node::run("node", "conformance/lint.mjs", &[]).await;
}

#[tokio::test]
async fn relays_compiler_takes_the_schema() {
    node::run("node", "conformance/relay.mjs", &[]).await;
}

#[tokio::test]
async fn graphql_codegen_makes_types_that_compile() {
    node::run("node", "conformance/codegen.mjs", &[]).await;
}

#[tokio::test]
async fn apollos_generator_makes_types_that_compile() {
    node::run("node/apollo", "conformance/apollo.cjs", &[]).await;
}

/// `FAROL_TEST_SEED` and `FAROL_TEST_COUNT` choose other random operations.
#[tokio::test]
async fn graphql_js_answers_the_same() {
    let (_directory, server) = fixture(&[]);
    let chosen = |variable, usual: &str| env::var(variable).unwrap_or_else(|_| usual.to_owned());
    let (seed, count) = (chosen("FAROL_TEST_SEED", "1"), chosen("FAROL_TEST_COUNT", "300"));
    node::run("node", "conformance/differential.mjs", &[&server.endpoint, &seed, &count]).await;
}

#[tokio::test]
async fn the_client_in_rust_lists_the_newest_processes() {
    let (_directory, server) = fixture(&[]);
    let all = client::newest(&server.endpoint, 100).await.unwrap();
    assert_eq!(all.len(), 13, "all, on two pages");
    let some = client::newest(&server.endpoint, 5).await.unwrap();
    assert_eq!(some.len(), 5);
    assert!(client::table(&all).starts_with(&client::table(&some)));
    insta::assert_snapshot!(client::table(&some), @r"
    2024-03-10  ocds-x-001        City of Aldea             A bridge over the river
                award                          1000000 XTS  Acme Roads, Brick & Sons
                award                                    -  -
    2024-03-01  ocds-x-001        Southern Hospital         Beds
    2024-02-10  ocds-x-008        City of Aldea             Cleaning
                award                                    -  Delta Supplies
    2024-02-01  ocds-x-003        Port Authority            Crane
    2024-02-01  ocds-x-002        City of Aldea             Paper
                award                              100 EUR  Delta Supplies
                award                              200 EUR  Delta Supplies
                award                              300 EUR  Delta Supplies
    ");
}

/// The program over the fixture, on SQLite, with limits that let all of it be read at once.
fn fixture(more: &[&str]) -> (TempDir, Running) {
    let directory = TempDir::new().unwrap();
    for dataset in ["north", "south"] {
        let file = format!("{}/tests/fixtures/{dataset}.jsonl", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(farol(directory.path(), &[], &["import", "--dataset", dataset, &file]).code, 0);
    }
    let limits =
        ["cost", "depth", "aliases", "directives"].map(|limit| format!("--graphql-max-{limit}=10000"));
    let limits = limits.iter().map(String::as_str);
    let args: Vec<&str> = std::iter::once("serve").chain(limits).chain(more.iter().copied()).collect();
    let server = Running::start(directory.path(), &args);
    (directory, server)
}

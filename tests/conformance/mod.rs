//! Farol against what others wrote: the peers' audit, a linter, code generators, the reference
//! implementation of GraphQL. Each test prints the line with its figures.

use tempfile::TempDir;

use crate::{
    http::app::App,
    support::{Running, farol, node},
};

#[tokio::test]
async fn the_peers_audit_is_content() {
    let app = App::start().await;
    node::run("node", "conformance/http-audit.mjs", &[&app.url("/graphql")]).await;
}

#[tokio::test]
async fn the_schema_passes_the_linter() {
    node::run("node", "conformance/lint.mjs", &[]).await;
}

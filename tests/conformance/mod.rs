//! Farol against what others wrote: the peers' audit, a linter, code generators, the reference
//! implementation of GraphQL. Each test prints the line with its figures.

use crate::{http::app::App, support::node};

#[tokio::test]
async fn the_peers_audit_is_content() {
    let app = App::start().await;
    node::run("node", "conformance/http-audit.mjs", &[&app.url("/graphql")]).await;
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

//! Farol's schema in a server of your own: its limits, batching and masked errors come along.
//!
//!     cargo run --example embed -- sqlite://farol.db
//!
//! serves GraphQL by POST on <http://127.0.0.1:8001/>. Farol's own HTTP layer has more: media types,
//! status codes, refusal of cross-site requests.

use std::{env, error::Error, time::Duration};

use async_graphql_axum::GraphQL;
use axum::{Router, routing::post_service};
use farol::{
    graphql::{Engine, Limits},
    limit::Breaker,
    store::{Database, Options, migrate},
};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| "sqlite://farol.db".to_owned());
    let database = Database::connect(&Options {
        url: url.into(),
        max_connections: 8,
        acquire_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(30),
        breaker: Breaker::never(),
    })
    .await?;
    migrate::run(&database).await?;
    let engine = Engine::new(database, Limits::default());
    let app = Router::new().route("/", post_service(GraphQL::new(engine)));
    let listener = TcpListener::bind(("127.0.0.1", 8001)).await?;
    println!("GraphQL by POST on http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

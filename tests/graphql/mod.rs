//! The schema over real tables, on both databases.

pub(crate) mod cases;
mod embed;
mod faults;
pub(crate) mod fixture;
mod large_filters;
mod limits;
mod loaders;
mod long_texts;
mod manifest;
mod matching;
mod pages;
mod reading;
mod responses;
mod schema;
mod search;
mod walks;
pub(crate) mod world;

use async_graphql::{Request, Variables};
use farol::graphql::{Call, Engine, Execution, Limits};
use serde_json::Value;

use crate::support::TestDatabase;

/// An engine over a database that holds the fixture.
async fn engine(database: &TestDatabase) -> Engine {
    let database = database.open().await;
    fixture::load(&database).await;
    Engine::new(database, Limits::default())
}

/// Executes a document with variables.
async fn ask(engine: &Engine, document: &str, variables: Value) -> Execution {
    engine.execute(Request::new(document).variables(Variables::from_json(variables)), Call::default()).await
}

/// The data of an answer without errors.
async fn data(engine: &Engine, document: &str) -> Value {
    let execution = ask(engine, document, Value::Null).await;
    assert!(execution.response.errors.is_empty(), "{document}: {:?}", execution.response.errors);
    serde_json::to_value(&execution.response.data).unwrap()
}

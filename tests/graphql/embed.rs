//! The engine in somebody else's server.

use async_graphql_axum::GraphQL;
use axum::{
    Router,
    body::Body,
    http::{Request, header},
    routing::post_service,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::engine;
use crate::support::{TestDatabase, on_both_databases};

on_both_databases!(the_engine_is_mounted_by_async_graphql_axum);

async fn the_engine_is_mounted_by_async_graphql_axum(database: TestDatabase) {
    let app = Router::new().route("/", post_service(GraphQL::new(engine(&database).await)));
    let query = json!({ "query": "{ process(ocid: \"ocds-x-003\") { tender { title } buyer { name } } nothing: node(id: 7) { id } }" });
    let request = Request::post("/").header(header::CONTENT_TYPE, "application/json");
    let response = app.oneshot(request.body(Body::from(query.to_string())).unwrap()).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        answer["data"],
        json!({ "process": { "tender": { "title": "Crane" }, "buyer": { "name": "Port Authority" } }, "nothing": null })
    );
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

//! Registered documents that several servers share by Redis.

use farol::{
    cache::shared::{Options, Shared},
    graphql::DocumentOptions,
};
use serde_json::{Value, json};

use super::{
    app::{App, PATIENCE, answer},
    persisted::{by_hash, hash, register},
};
use crate::support::RedisServer;

const HELLO: &str = "{ hello: __typename }";

async fn connect(redis: &RedisServer) -> Shared {
    // However busy the machine, Redis answers in time.
    let (url, namespace) = (redis.url().as_str().into(), "test".to_owned());
    Shared::connect(&Options { url, ca_file: None, timeout: PATIENCE, namespace }).await.unwrap()
}

async fn server(redis: &RedisServer) -> App {
    let shared = Some(connect(redis).await);
    App::start_with_documents(DocumentOptions { shared, ..DocumentOptions::default() }).await
}

/// What a server answers to a hash alone.
async fn told(server: &App, text: &str) -> Value {
    let told = answer(by_hash(server, &hash(text))).await.json();
    told.get("data").unwrap_or(&told["errors"][0]["extensions"]["code"]).clone()
}

#[tokio::test]
async fn what_one_server_registers_another_finds() {
    let mut redis = RedisServer::start().await;
    let (one, other) = (server(&redis).await, server(&redis).await);
    let (late, expected) = (server(&redis).await, json!({ "hello": "Query" }));
    assert_eq!(told(&other, HELLO).await, "PERSISTED_QUERY_NOT_FOUND");
    register(&one, HELLO).await;
    assert_eq!(told(&other, HELLO).await, expected);
    redis.kill();
    assert_eq!(told(&one, HELLO).await, expected);
    assert_eq!(told(&other, HELLO).await, expected, "it keeps what it found");
    assert_eq!(told(&late, HELLO).await, "PERSISTED_QUERY_NOT_FOUND", "without Redis it is only not found");
    assert_eq!(register(&late, HELLO).await.json()["data"], expected);
    assert_eq!(told(&late, HELLO).await, expected);
}

#[tokio::test]
async fn what_redis_has_is_used_only_if_it_is_the_document_and_may_run() {
    let redis = RedisServer::start().await;
    let (app, shared) = (server(&redis).await, connect(&redis).await);
    let put = async |text: &str, bytes: &str| {
        let lifetime = farol::graphql::RegisteredLimits::default().lifetime;
        shared.put_plain(&format!("document:{}", hash(text)), bytes.as_bytes(), lifetime).await;
    };
    put(HELLO, "{ other: __typename }").await;
    assert_eq!(told(&app, HELLO).await, "PERSISTED_QUERY_NOT_FOUND");
    put("{ nothing }", "{ nothing }").await;
    assert_eq!(told(&app, "{ nothing }").await, "GRAPHQL_VALIDATION_FAILED");

    register(&app, "{ nobody }").await;
    let key = format!("document:{}", hash("{ nobody }"));
    assert_eq!(shared.get_plain(&key).await, None, "what may not run is not shared");
    register(&app, HELLO).await;
    let key = format!("document:{}", hash(HELLO));
    assert_eq!(shared.get_plain(&key).await.as_deref(), Some(HELLO.as_bytes()));
}

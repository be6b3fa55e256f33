//! Which cache answered, told on request.

use serde_json::json;

use super::app::{App, answer, assert_refused};
use crate::graphql::fixture;

const BUYERS: &str = "{ processes(first: 3) { nodes { ocid buyer { name } } totalCount } }";

#[tokio::test]
async fn each_relation_tells_who_gave_its_values() {
    let app = App::start().await;
    fixture::load(&app.data.open().await).await;
    let explain = |value: &'static str| answer(app.query(BUYERS).header("graphql-cache", value));
    let cold = explain("explain").await.json();
    let buyers = cold["extensions"]["cache"]["organization"]["database"].as_u64().unwrap();
    assert!((1..=3).contains(&buyers));
    let told = |memory: bool| {
        let counts = |number: u64| json!({ "memory": if memory { number } else { 0 }, "redis": 0, "database": if memory { 0 } else { number } });
        json!({ "cache": { "processes": counts(1), "processes.total_count": counts(1), "organization": counts(buyers) } })
    };
    assert_eq!(cold["extensions"], told(false));
    assert_eq!(explain(" Explain ").await.json()["extensions"], told(true));

    // Whatever response is kept, it is executed; and what is told is kept for nobody.
    for _ in 0..2 {
        let plain = answer(app.query(BUYERS)).await;
        assert_eq!(plain.json(), json!({ "data": cold["data"] }));
    }
    assert_eq!(answer(app.query(BUYERS)).await.header("x-farol-cache"), "response; age=0");
    let again = explain("explain").await;
    assert_eq!(again.header("x-farol-cache"), format!("fields; hits={}, misses=0", 2 + buyers));
    assert_eq!(again.json()["extensions"], told(true));
    let got =
        answer(app.get("/graphql").query(&[("query", BUYERS)]).header("graphql-cache", "explain")).await;
    assert_eq!((got.header("cache-control"), got.header("etag")), ("no-store", ""));
}

#[tokio::test]
async fn every_operation_of_a_batch_tells_for_itself() {
    let app = App::start().await;
    fixture::load(&app.data.open().await).await;
    let batch = json!([{ "query": BUYERS }, { "query": "{ serverInfo { version } }" }]).to_string();
    let post = app.post(batch).header("content-type", "application/json").header("graphql-cache", "explain");
    let told = answer(post).await.json();
    assert_eq!(told[0]["extensions"]["cache"]["processes"]["database"], 1, "{told}");
    assert_eq!(told[1]["extensions"], json!({ "cache": {} }), "{told}");
}

#[tokio::test]
async fn anything_else_is_refused() {
    let app = App::start().await;
    for (value, shown) in
        [("no-cache", "\"no-cache\""), ("", "\"\""), ("explain, explain", "\"explain, explain\"")]
    {
        let refused = answer(app.query(BUYERS).header("graphql-cache", value)).await;
        assert_refused(&refused, 400, "BAD_REQUEST");
        let message = refused.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("GraphQL-Cache is {shown};")), "{message}");
    }
}

#[tokio::test]
async fn what_is_long_is_quoted_in_part() {
    let app = App::start().await;
    let long = "é".repeat(10_000);
    let body = json!({ "query": "query A { __typename }", "operationName": long }).to_string();
    let named = app.post(body).header("content-type", "application/json");
    let json = "application/json";
    for (request, most) in [
        (named, 80),
        (app.query(BUYERS).header("graphql-cache", "x".repeat(1000)), 40),
        (app.query(BUYERS).header("graphql-cost", "x".repeat(1000)), 40),
        (app.post("").header("content-type", json).header("content-encoding", "x".repeat(1000)), 40),
    ] {
        let message = answer(request).await.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        let quoted = message.split('"').nth(1).unwrap();
        assert_eq!(quoted.chars().count(), most, "{message}");
        assert!(message.contains("\"…"), "{message}");
    }
}

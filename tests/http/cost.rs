//! What an operation costs, told on request.

use serde_json::json;

use super::app::{App, answer, assert_refused};
use crate::graphql::fixture;

const AWARDS: &str = "query ($n: Int = 3) { processes(first: $n) { nodes { buyer { name } } totalCount } }";

#[tokio::test]
async fn a_report_tells_the_estimate_and_what_was_returned() {
    let app = App::start().await;
    fixture::load(&app.data.open().await).await;
    let told = answer(app.query(AWARDS).header("graphql-cost", "report")).await.json();
    let rows = told["data"]["processes"]["nodes"].as_array().unwrap();
    let buyers = rows.iter().filter(|row| !row["buyer"].is_null()).count();
    assert_eq!(rows.len(), 3);
    let expected = json!({ "estimated": 17, "actual": 1 + 3 + buyers + 10, "maximum": 1000, "depth": 3 });
    assert_eq!(told["extensions"], json!({ "cost": expected }));

    let get = app.get("/graphql").query(&[("query", AWARDS), ("variables", "{\"n\":100}")]);
    let told = answer(get.header("graphql-cost", "Report")).await.json();
    assert_eq!(told["extensions"]["cost"]["estimated"], 211);
    assert!(told["extensions"]["cost"]["actual"].as_u64().unwrap() < 50, "the fixture has few rows: {told}");
    assert_eq!(answer(app.query(AWARDS)).await.json().get("extensions"), None);
}

#[tokio::test]
async fn a_validation_tells_the_estimate_and_executes_nothing() {
    let app = App::start().await;
    app.data.drop_table("processes").await;
    let ask = |query: &str| answer(app.query(query).header("graphql-cost", "validate"));
    let told = ask(AWARDS).await;
    let expected = json!({ "extensions": { "cost": { "estimated": 17, "maximum": 1000, "depth": 3 } } });
    assert_eq!((told.status.as_u16(), told.json()), (200, expected));

    // What is wrong is told all the same.
    let wrong = ask("{ processes { nodes { nothing } } }").await.json();
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(wrong["extensions"]["cost"]["estimated"], 21);
    let argument = ask("{ processes(first: true) { nodes { id } } }").await.json();
    assert_eq!(argument["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    let dear = ask("{ processes(first: 100) { nodes { bids(first: 100) { nodes { id } } } } }").await.json();
    assert_eq!(dear["errors"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX");
    assert_eq!(dear["extensions"]["cost"]["estimated"], 10_201);
    assert!(dear.get("data").is_none() && wrong.get("data").is_none());

    // As deep as a document may be.
    let deep = format!("{} __typename {}", "{ ... ".repeat(62) + "{", "}".repeat(63));
    assert_eq!(
        ask(&deep).await.json(),
        json!({ "extensions": { "cost": { "estimated": 0, "maximum": 1000, "depth": 0 } } })
    );
}

#[tokio::test]
async fn each_request_of_a_batch_has_its_own_report() {
    let app = App::start().await;
    let body = json!([{ "query": AWARDS }, { "query": "{ __typename }" }, { "query": "{" }]);
    let post = app.post(body.to_string()).header("content-type", "application/json");
    let told = answer(post.header("graphql-cost", "validate")).await.json();
    assert_eq!(told[0]["extensions"]["cost"]["estimated"], 17);
    assert_eq!(told[1]["extensions"]["cost"]["estimated"], 0);
    assert_eq!(told[2].get("extensions"), None);
}

#[tokio::test]
async fn an_unknown_wish_is_refused() {
    let app = App::start().await;
    let refused = answer(app.query(AWARDS).header("graphql-cost", "guess")).await;
    assert_refused(&refused, 400, "BAD_REQUEST");
    assert!(refused.text.contains("GraphQL-Cost is \\\"guess\\\"; it may be"), "{}", refused.text);
    let get = app.get("/graphql").query(&[("query", AWARDS)]).header("graphql-cost", "");
    assert_refused(&answer(get).await, 400, "BAD_REQUEST");
}

//! Several requests in one list.

use serde_json::{Value, json};

use super::app::{Answer, App, answer, assert_refused};

async fn send(app: &App, body: &str) -> Answer {
    answer(app.post(body.to_owned()).header("content-type", "application/json")).await
}

fn queries(queries: &[&str]) -> String {
    let entries: Vec<Value> = queries.iter().map(|query| json!({ "query": query })).collect();
    Value::from(entries).to_string()
}

#[tokio::test]
async fn a_batch_is_answered_in_its_order() {
    let app = App::start().await;
    let body = json!([
        { "query": "{ a: __typename }" },
        { "query": "{ nothing }" },
        { "query": "query A { x: __typename } query B($n: String!) { __type(name: $n) { name } }",
          "operationName": "B", "variables": { "n": "Bid" } },
    ]);
    let told = send(&app, &format!("  {body}")).await;
    assert_eq!((told.status.as_u16(), told.header("content-type")), (200, "application/json; charset=utf-8"));
    let list = told.json();
    assert_eq!(list.as_array().unwrap().len(), 3, "{list}");
    assert_eq!(list[0], json!({ "data": { "a": "Query" } }));
    assert_eq!(list[1]["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(list[1].get("data"), None);
    assert_eq!(list[2], json!({ "data": { "__type": { "name": "Bid" } } }));
    assert_eq!(
        send(&app, &queries(&["{ __typename }"])).await.text,
        "[{\"data\":{\"__typename\":\"Query\"}}]"
    );
}

#[tokio::test]
async fn a_list_that_is_no_batch_is_refused() {
    let app = App::start().await;
    let eleven = queries(&["{ __typename }"; 11]);
    for (body, message) in [
        ("[]", "the batch has 0 requests; send 1 to 10"),
        (eleven.as_str(), "the batch has 11 requests; send 1 to 10"),
        (
            "[{\"query\":\"{ __typename }\"}, \"{ __typename }\"]",
            "request 1 of the batch: it is not a JSON object",
        ),
        ("[[\"{ __typename }\"]]", "request 0 of the batch: it is not a JSON object"),
        ("[null]", "request 0 of the batch: it is not a JSON object"),
        (
            "[{\"query\":\"{ __typename }\"}, {}]",
            "request 1 of the batch: the parameter \"query\" is missing",
        ),
        (
            "[{\"query\": 1}]",
            "request 0 of the batch: the parameter \"query\" must be a string, not a number",
        ),
        ("[{\"query\":\"{ __typename }\"}", "the body is not a JSON list"),
    ] {
        let refused = send(&app, body).await;
        assert_refused(&refused, 400, "BAD_REQUEST");
        let told = refused.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(told.starts_with(message), "{told}");
    }
    let nested = send(&app, &"[".repeat(100_000)).await;
    assert_refused(&nested, 400, "BAD_REQUEST");
}

#[tokio::test]
async fn a_batch_shares_one_limit_of_cost() {
    let app = App::start().await;
    let half = "{ processes(first: 24) { nodes { awards(first: 19) { nodes { id } } } } }";
    let refused = send(&app, &queries(&[half, "{ nothing", half, "{ __typename }"])).await.json();
    for place in [0, 2, 3] {
        assert_eq!(
            refused[place]["errors"][0],
            json!({
                "message": "the operations of the batch cost 1010 together, 1000 at most (graphql.max_cost); \
                            send fewer at a time",
                "extensions": { "code": "QUERY_TOO_COMPLEX", "limit": 1000, "actual": 1010 },
            })
        );
        assert_eq!(refused[place].get("data"), None);
    }
    assert_eq!(refused[1]["errors"][0]["extensions"]["code"], "GRAPHQL_PARSE_FAILED");
    let fits = send(&app, &queries(&[half, "{ __typename }"])).await.json();
    assert!(fits[0]["data"]["processes"].is_object(), "{fits}");

    let strict = app.post(queries(&[half, half])).header("content-type", "application/json");
    let strict = answer(strict.header("accept", "application/graphql-response+json")).await;
    assert_eq!(strict.status, 400, "all of them were refused: {}", strict.text);
}

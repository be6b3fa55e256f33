//! GraphQL over HTTP: methods, media types, bodies, URLs, errors.

use serde_json::json;

use super::app::{App, answer, assert_refused};

const VERSION: &str = "{ serverInfo { version } }";
const GRAPHQL_TYPE: &str = "application/graphql-response+json";

#[tokio::test]
async fn a_query_is_answered_by_post_and_by_get() {
    let app = App::start().await;
    let expected = json!({ "data": { "serverInfo": { "version": env!("CARGO_PKG_VERSION") } } });
    let posted = answer(app.query(VERSION)).await;
    assert_eq!(posted.status, 200);
    assert_eq!(posted.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(posted.json(), expected);

    let url = "/graphql?query=%7B%20serverInfo%20%7B%20version%20%7D%20%7D";
    assert_eq!(answer(app.get(url)).await.json(), expected);
    let head = answer(app.request("HEAD", url)).await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn a_get_takes_variables_and_the_operation_name() {
    let app = App::start().await;
    let document = "query A($n: String!) { __type(name: $n) { name } } query B { __typename }";
    let get = app.get("/graphql").query(&[
        ("query", document),
        ("operationName", "A"),
        ("variables", r#"{"n": "ServerInfo"}"#),
        ("unknown", "ignored"),
    ]);
    assert_eq!(answer(get).await.json(), json!({ "data": { "__type": { "name": "ServerInfo" } } }));

    let get = app.get("/graphql").query(&[("query", document), ("variables", "{n: 1}")]);
    let refused = answer(get).await;
    assert_refused(&refused, 400, "BAD_REQUEST");
    assert!(refused.text.contains("\\\"variables\\\" is not JSON"), "{}", refused.text);
}

#[tokio::test]
async fn fields_come_in_the_order_asked() {
    let app = App::start().await;
    let text = answer(app.query("{ z: __typename a: __typename m: __typename }")).await.text;
    assert_eq!(text, r#"{"data":{"z":"Query","a":"Query","m":"Query"}}"#);
}

#[tokio::test]
async fn a_request_error_has_no_data_and_a_status_by_media_type() {
    let app = App::start().await;
    for query in ["{", "{ nothingSuch }", "query Q($id: ID!) { __typename }"] {
        let told = answer(app.query(query).header("accept", GRAPHQL_TYPE)).await;
        assert_eq!(told.status, 400, "{query}");
        assert_eq!(told.header("content-type"), "application/graphql-response+json; charset=utf-8");
        told.code();

        let old = answer(app.query(query).header("accept", "application/json")).await;
        assert_eq!(old.status, 200, "{query}");
        old.code();
    }
}

#[tokio::test]
async fn a_mutation_is_never_run_by_get() {
    let app = App::start().await;
    let get = app.get("/graphql").query(&[("query", "mutation { __typename }")]);
    let refused = answer(get).await;
    assert_refused(&refused, 405, "METHOD_NOT_ALLOWED");
    assert_eq!(refused.header("allow"), "POST");
}

#[tokio::test]
async fn other_methods_are_refused_with_the_ones_that_work() {
    let app = App::start().await;
    for method in ["PUT", "DELETE", "PATCH"] {
        let refused = answer(app.request(method, "/graphql")).await;
        assert_refused(&refused, 405, "METHOD_NOT_ALLOWED");
        assert_eq!(refused.header("allow"), "GET, HEAD, POST, OPTIONS");
    }
    let options =
        answer(app.request("OPTIONS", "/graphql").header("origin", "https://elsewhere.example")).await;
    assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET, HEAD, POST, OPTIONS"));
    assert_eq!(options.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn what_cannot_be_given_or_read_is_refused() {
    let app = App::start().await;
    let refused = answer(app.query(VERSION).header("accept", "text/html")).await;
    assert_refused(&refused, 406, "NOT_ACCEPTABLE");

    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"]
    {
        let refused =
            answer(app.post(r#"{"query":"{__typename}"}"#).header("content-type", content_type)).await;
        assert_refused(&refused, 415, "UNSUPPORTED_MEDIA_TYPE");
        assert!(refused.json()["errors"][0]["message"].as_str().unwrap().contains(content_type));
    }
    let refused = answer(app.post("{}")).await;
    assert_refused(&refused, 415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn a_body_that_is_no_request_is_explained() {
    let app = App::start().await;
    let deep = format!("{{\"query\": {}", "[".repeat(100_000));
    for (body, message) in [
        ("", "the body is empty"),
        ("{ \"not a JSON", "not a JSON object"),
        (deep.as_str(), "not a JSON object"),
        ("\"{ __typename }\"", "not a JSON object"),
        ("{\"qeury\": \"{ __typename }\"}", "the parameter \"query\" is missing"),
        ("{\"query\": 1}", "the parameter \"query\" must be a string, not a number"),
        ("{\"query\": \"{__typename}\", \"variables\": []}", "\"variables\" must be an object, not a list"),
        (
            "{\"query\": \"{__typename}\", \"extensions\": \"\"}",
            "\"extensions\" must be an object, not a string",
        ),
        ("{\"query\": \"{__typename}\", \"operationName\": false}", "must be a string, not a boolean"),
    ] {
        let post = app.post(body.to_owned()).header("content-type", "application/json");
        let refused = answer(post).await;
        assert_refused(&refused, 400, "BAD_REQUEST");
        let told = refused.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(told.contains(message), "{told}");
    }
}

#[tokio::test]
async fn another_sites_page_gets_nothing_by_a_plain_get() {
    let app = App::start().await;
    let get = || app.get("/graphql?query=%7B__typename%7D");
    assert_refused(&answer(get().header("sec-fetch-site", "cross-site")).await, 403, "CROSS_SITE_REQUEST");
    assert_eq!(answer(get().header("sec-fetch-site", "same-origin")).await.status, 200);
    // This header makes the browser ask first; whoever sends it was allowed to.
    let asked = get().header("sec-fetch-site", "cross-site").header("content-type", "application/json");
    assert_eq!(answer(asked).await.status, 200);
}

#[tokio::test]
async fn the_request_id_comes_back_if_it_is_harmless() {
    let app = App::start().await;
    let given = answer(app.query(VERSION).header("x-request-id", "trace-7")).await;
    assert_eq!(given.header("x-request-id"), "trace-7");
    let made = answer(app.query(VERSION).header("x-request-id", "a b\"c")).await;
    assert!(made.header("x-request-id").len() == 16, "{}", made.header("x-request-id"));
    assert_eq!(made.header("x-content-type-options"), "nosniff");
}

//! The statuses of answers, under the profile of 2025 and under the draft of 2026.

use farol::{config::HttpProfile, http::Options};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::app::{Answer, App, answer, database};

const GRAPHQL_TYPE: &str = "application/graphql-response+json";
const JSON_TYPE: &str = "application/json";

const EXPENSIVE: &str =
    "{ processes(first: 100) { nodes { awards(first: 20) { nodes { suppliers { name } } } } } }";

async fn start(profile: HttpProfile) -> App {
    let app = App::start_with(Options { profile, ..Options::default() }, database(Ok(()))).await;
    // A field that reads the database fails from here on, and leaves those beside it as they are.
    app.data.drop_table("processes").await;
    app
}

/// A request, and its status: in 2025 with JSON, in 2025 with the type of GraphQL, in the draft with either.
type Case = (&'static str, fn(&App) -> RequestBuilder, [u16; 3]);

fn post(app: &App, body: &Value) -> RequestBuilder {
    app.post(body.to_string()).header("content-type", JSON_TYPE)
}

fn text(app: &App, body: &'static str) -> RequestBuilder {
    app.post(body).header("content-type", JSON_TYPE)
}

const CASES: &[Case] = &[
    ("all is well", |app| app.query("{ __typename }"), [200, 200, 200]),
    ("data and errors", |app| app.query("{ process(ocid: \"1\") { id } __typename }"), [200, 200, 294]),
    (
        "a batch that agrees",
        |app| text(app, "[{\"query\":\"{ a }\"},{\"query\":\"{ b }\"}]"),
        [200, 400, 422],
    ),
    ("a batch that does not", |app| text(app, "[{\"query\":\"{ a }\"},{\"query\":\"{\"}]"), [200, 400, 200]),
    ("the document cannot be read", |app| app.query("{"), [200, 400, 400]),
    ("the document does not fit", |app| app.query("{ nothing }"), [200, 400, 422]),
    ("it is above a limit", |app| app.query(EXPENSIVE), [200, 400, 422]),
    (
        "a variable does not fit",
        |app| {
            let document = "query ($n: String!) { __type(name: $n) { name } }";
            post(app, &json!({ "query": document, "variables": { "n": 7 } }))
        },
        [200, 400, 422],
    ),
    (
        "no operation can be chosen",
        |app| post(app, &json!({ "query": "query A { __typename }", "operationName": "B" })),
        [200, 400, 422],
    ),
    ("a parameter is missing", |app| text(app, "{\"qeury\":\"{ __typename }\"}"), [400, 400, 422]),
    (
        "a parameter is mistyped",
        |app| text(app, "{\"query\":\"{ __typename }\",\"variables\":[7]}"),
        [400, 400, 422],
    ),
    ("the body is no object", |app| text(app, "\"{ __typename }\""), [400, 400, 422]),
    ("the body is no JSON", |app| text(app, "{\"query\":"), [400, 400, 400]),
    (
        "a mutation by GET",
        |app| app.get("/graphql").query(&[("query", "mutation { __typename }")]),
        [405, 405, 405],
    ),
    ("another method", |app| app.request("PUT", "/graphql"), [405, 405, 405]),
    ("another type", |app| app.post("{ __typename }").header("content-type", "text/plain"), [415, 415, 415]),
    (
        "a document that nobody registered",
        |app| {
            let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
            post(app, &json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } }))
        },
        [200, 200, 200],
    ),
];

async fn ask(app: &App, case: &Case, accept: &str) -> Answer {
    answer((case.1)(app).header("accept", accept)).await
}

#[tokio::test]
async fn the_profile_of_2025_has_few_statuses() {
    let app = start(HttpProfile::Of2025).await;
    for case in CASES {
        let (name, _, [by_json, by_graphql, _]) = case;
        for (accept, status) in [(JSON_TYPE, by_json), (GRAPHQL_TYPE, by_graphql)] {
            let told = ask(&app, case, accept).await;
            assert_eq!(told.status.as_u16(), *status, "{name}, {accept}: {}", told.text);
            assert!(told.header("content-type").starts_with(accept), "{name}");
        }
    }
}

#[tokio::test]
async fn the_draft_of_2026_tells_more_whatever_the_type() {
    let app = start(HttpProfile::Draft2026).await;
    for case in CASES {
        let (name, _, [_, _, status]) = case;
        for accept in [JSON_TYPE, GRAPHQL_TYPE] {
            let told = ask(&app, case, accept).await;
            assert_eq!(told.status.as_u16(), *status, "{name}, {accept}: {}", told.text);
            // Whoever knows only JSON finds failures under the type that says they are GraphQL's.
            let sent = if told.status.is_success() { accept } else { GRAPHQL_TYPE };
            assert_eq!(told.header("content-type"), format!("{sent}; charset=utf-8"), "{name}");
        }
    }
}

#[tokio::test]
async fn both_say_which_methods_and_types_there_are() {
    for profile in [HttpProfile::Of2025, HttpProfile::Draft2026] {
        let app = start(profile).await;
        let mutation = app.get("/graphql").query(&[("query", "mutation { __typename }")]);
        assert_eq!(answer(mutation).await.header("allow"), "POST");
        let put = answer(app.request("PUT", "/graphql")).await;
        assert_eq!(put.header("allow"), "GET, HEAD, POST, OPTIONS");
        let html = answer(app.query("{ __typename }").header("accept", "text/html")).await;
        assert_eq!((html.status.as_u16(), html.code().as_str()), (406, "NOT_ACCEPTABLE"));
        // What is kept for other requests has the status that it had.
        for _ in 0..2 {
            let url = "/graphql?query=%7B__typename%7D";
            assert_eq!(answer(app.get(url)).await.status, 200, "{profile:?}");
        }
    }
}

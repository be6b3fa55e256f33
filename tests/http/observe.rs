//! What a request leaves behind: its access line and its figures.

use farol::{graphql::MASKED, http::Options};
use serde_json::{Value, json};

use super::app::{App, answer, database};
use crate::support::listen;

#[tokio::test]
async fn every_graphql_request_has_one_access_line() {
    let (lines, _guard) = listen("farol::access=info");
    let app = App::start().await;
    let named = app.query("query Who { serverInfo { version } }").header("x-request-id", "line-1");
    answer(named).await;
    answer(app.request("DELETE", "/graphql")).await;
    answer(app.get("/health/live")).await;

    let written = lines.read();
    assert_eq!(written.len(), 2, "{written:?}");
    let [query, refused] = &written[..] else { unreachable!() };
    assert_eq!(query["target"], "farol::access");
    assert_eq!(query["request_id"], "line-1");
    assert_eq!(query["method"], "POST");
    assert_eq!(query["status"], 200);
    assert_eq!(query["sql"], 0);
    assert!(query["duration_ms"].as_f64().unwrap() > 0.0, "{query}");
    assert!(query["database_ms"].is_number(), "{query}");
    assert_eq!((&query["caller"], &query["queue_ms"]), (&json!("anonymous"), &json!(0.0)));
    assert_eq!((&refused["method"], &refused["status"]), (&Value::from("DELETE"), &Value::from(405)));
}

#[tokio::test]
async fn no_client_fills_the_log_or_an_answer_with_its_own_text() {
    let (lines, _guard) = listen("farol::access=info");
    let app = App::start().await;
    let long = "M".repeat(60_000);
    let told = answer(app.request(&long, "/graphql")).await;
    assert_eq!((told.status.as_u16(), told.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
    assert!(told.text.len() < 300 && told.text.contains(&long[..40]), "{}", told.text);
    let typed = app.post("{}").header("content-type", format!("text/{long}"));
    let told = answer(typed).await;
    assert_eq!((told.status.as_u16(), told.code().as_str()), (415, "UNSUPPORTED_MEDIA_TYPE"));
    assert!(told.text.len() < 400 && told.text.contains(&long[..60]), "{}", told.text);

    let written = lines.read();
    let methods: Vec<_> = written.iter().map(|line| line["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["OTHER", "POST"]);
}

#[tokio::test]
async fn the_access_line_tells_what_caches_had() {
    let (lines, _guard) = listen("farol::access=info");
    let app = App::start().await;
    // Another text is another response, of the same values.
    for query in [
        "{ datasets { nodes { name } } }",
        "{ datasets { nodes { name } } }",
        "{ datasets { nodes { title: name } } }",
    ] {
        answer(app.query(query)).await;
    }
    let both = json!([{ "query": "{ datasets { nodes { name } } }" }, { "query": "{ datasets { nodes { title: name } } }" }]);
    answer(app.post(both.to_string()).header("content-type", "application/json")).await;

    let counts =
        |line: &Value| ["cache_hits", "cache_misses", "sql"].map(|field| line[field].as_u64().unwrap());
    let written = lines.read();
    let read: Vec<_> = written.iter().map(counts).collect();
    assert_eq!(
        read,
        [[0, 1, 1], [1, 0, 0], [1, 0, 0], [2, 0, 0]],
        "loaded, kept whole, kept in part, both kept"
    );
}

#[tokio::test]
async fn a_fault_is_logged_once_under_the_id_that_the_client_is_told() {
    let (lines, _guard) = listen("farol=warn");
    let app = App::start().await;
    app.data.drop_table("processes").await;
    let asked = app.query("{ a: process(ocid: \"1\") { id } b: process(ocid: \"2\") { id } }");
    let told = answer(asked.header("x-request-id", "fault-1")).await;
    assert_eq!(told.status, 200);
    assert!(!told.text.contains("processes"), "nothing of the database shows: {}", told.text);
    let errors = told.json()["errors"].clone();
    for error in errors.as_array().unwrap() {
        assert_eq!(error["message"], format!("{MASKED} under fault-1"));
        assert_eq!(error["extensions"], json!({ "code": "INTERNAL_SERVER_ERROR", "requestId": "fault-1" }));
    }
    assert_eq!(errors.as_array().map(Vec::len), Some(2), "both fields failed");

    let written = lines.read();
    let [fault] = &written[..] else { panic!("one line, not {written:?}") };
    assert_eq!((&fault["level"], &fault["request_id"]), (&json!("ERROR"), &json!("fault-1")));
    assert_eq!(fault["path"], "a");
    assert!(fault["error"].as_str().unwrap().contains("processes"), "the log has the details: {fault}");
}

#[tokio::test]
async fn requests_are_counted_by_status_and_outcome() {
    let app = App::start().await;
    let other = App::start().await;
    answer(app.query("{ __typename }")).await;
    answer(app.query("{ __typename }")).await;
    answer(app.request("PUT", "/graphql")).await;

    let told = answer(app.get("/metrics")).await;
    assert_eq!(told.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        "# HELP farol_requests_total ",
        "# TYPE farol_request_duration_seconds histogram",
        "farol_requests_total{status=\"200\"} 2",
        "farol_requests_total{status=\"405\"} 1",
        "farol_request_duration_seconds_count{outcome=\"ok\"} 2",
        "farol_request_duration_seconds_count{outcome=\"refused\"} 1",
        "farol_request_duration_seconds_bucket{outcome=\"ok\",le=\"+Inf\"} 2",
        "farol_sql_statements_total 0",
        "farol_http_requests_in_flight 0",
        concat!("farol_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "process_resident_memory_bytes ",
    ] {
        assert!(told.text.contains(line), "{line} is not in\n{}", told.text);
    }
    assert!(!other.metrics.render().contains("status=\"200\""), "two servers mix their figures");
}

#[tokio::test]
async fn details_are_told_on_this_machine_only() {
    let app = App::start_with(Options::default(), database(Err("db.internal:5432: refused"))).await;
    answer(app.query("{ __typename }")).await;
    let told = answer(app.get("/health/detailed")).await;
    assert_eq!((told.status.as_u16(), told.header("cache-control")), (200, "no-store"));
    let report = told.json();
    assert_eq!(
        (&report["status"], &report["version"]),
        (&json!("unavailable"), &json!(env!("CARGO_PKG_VERSION")))
    );
    let database = &report["dependencies"]["database"];
    assert_eq!((&database["up"], &database["failure"]), (&json!(false), &json!("db.internal:5432: refused")));
    assert_eq!(report["caches"]["response"]["misses"], 1, "{report}");
    assert_eq!((&report["dependencies"]["redis"], &report["admission"]), (&Value::Null, &Value::Null));

    let passed_on = answer(app.get("/health/detailed").header("x-forwarded-for", "127.0.0.1")).await;
    assert_eq!(passed_on.status, 403);
    let rebound = answer(app.get("/health/detailed").header("host", "evil.example")).await;
    assert_eq!(rebound.status, 403, "the name of a page may lead here");
    assert!(!passed_on.text.contains("db.internal"), "{}", passed_on.text);
    let public = answer(app.get("/health/ready")).await;
    assert!(!public.text.contains("db.internal"), "{}", public.text);
}

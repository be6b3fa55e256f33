//! What a request leaves behind: its access line and its figures.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use farol::telemetry::logs::{Format, subscriber};
use serde_json::Value;

use super::app::{App, answer};

/// A log that a test can read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn read(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn every_graphql_request_has_one_access_line() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = subscriber(Format::Json, "farol::access=info", false, move || writer.clone()).unwrap();
    // The server runs on this thread: the test's runtime has no other.
    let _guard = tracing::subscriber::set_default(log);
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
    assert_eq!((&refused["method"], &refused["status"]), (&Value::from("DELETE"), &Value::from(405)));
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

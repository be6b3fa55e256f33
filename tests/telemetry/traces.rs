//! Spans of a request reach a collector, and belong to the trace that the request came with.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, routing::post};
use farol::telemetry::{
    logs::{Format, traced},
    traces::Traces,
};
use tokio::net::TcpListener;

use crate::http::app::{App, answer};

/// The trace of the request, as its header tells it and as a span carries it.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const TRACE_ID: [u8; 16] = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();

type Received = Arc<Mutex<Vec<u8>>>;

/// A collector that keeps what it is sent: its address.
async fn collector() -> (String, Received) {
    let received = Received::default();
    let take = |State(received): State<Received>, body: Bytes| async move {
        received.lock().unwrap().extend_from_slice(&body);
    };
    let router = Router::new().route("/v1/traces", post(take)).with_state(received.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, received)
}

/// How often bytes are among what was sent: names and ids are there as they are.
fn count(received: &Received, wanted: &[u8]) -> usize {
    received.lock().unwrap().windows(wanted.len()).filter(|bytes| *bytes == wanted).count()
}

/// Answers one request, with nothing sampled but what comes with a trace, and gives back what was sent.
async fn sent(flags: &str) -> Received {
    let (address, received) = collector().await;
    let traces = Traces::to(&address, 0).unwrap();
    let guard = tracing::subscriber::set_default(
        traced(Format::Json, "info", false, std::io::sink, &traces).unwrap(),
    );
    let app = App::start().await;
    let asked = app.query("query Sets { datasets { nodes { name } } }");
    let told = answer(asked.header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-{flags}"))).await;
    assert_eq!(told.status, 200, "{}", told.text);
    answer(app.query("query Alone { datasets { totalCount } }")).await;
    drop(guard);
    // It waits for the collector, which runs here.
    tokio::task::spawn_blocking(move || drop(traces)).await.unwrap();
    received
}

#[tokio::test]
async fn a_request_its_batches_and_its_statements_are_one_trace() {
    let received = sent("01").await;
    assert_eq!(count(&received, &TRACE_ID), 3, "a request, a batch and a statement");
    for name in ["query Sets", "batch", "db.query.text", "graphql.operation.name", "farol"] {
        assert!(count(&received, name.as_bytes()) > 0, "{name} was not sent");
    }
    assert_eq!(count(&received, b"Alone"), 0, "nobody asked for that trace");
}

#[tokio::test]
async fn a_request_whose_trace_is_not_kept_is_not_sent() {
    let received = sent("00").await;
    assert_eq!(received.lock().unwrap().len(), 0);
}

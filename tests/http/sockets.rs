//! Connections: slow clients are cut, requests in flight are finished, then the server ends.

use std::time::Duration;

use farol::{
    http::{Options, Promise, Server},
    lifecycle::Drained,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::app::{App, PATIENCE, answer, database, services};

const BODY: &str = "{\"query\":\"{ __typename }\"}";
const SHORT: Duration = Duration::from_millis(200);

/// Opens a connection and sends this much.
async fn send(app: &App, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// The head of a POST and the first bytes of its body, that is a request in flight.
async fn half_a_request(app: &App) -> TcpStream {
    let head = "POST /graphql HTTP/1.1\r\nHost: farol\r\nContent-Type: application/json\r\n";
    send(app, &format!("{head}Content-Length: {}\r\n\r\n{}", BODY.len(), &BODY[..5])).await
}

/// What the server sends until it closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    // A reset is a way to close, too.
    let _ = timeout(PATIENCE, stream.read_to_string(&mut text)).await.expect("the server closes");
    text
}

#[tokio::test]
async fn a_client_that_does_not_send_its_head_is_cut() {
    let options = Options { header_timeout: SHORT, ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    for start in
        ["", "P", "GET /health/live HT", "GET /health/live HTTP/1.1\r\nHost: farol\r\n", "PRI * HTTP/2.0\r\n"]
    {
        let mut stream = send(&app, start).await;
        let told = rest(&mut stream).await;
        assert!(!told.contains("200 OK"), "{start:?} was answered: {told}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let options = Options { header_timeout: SHORT, ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    let mut stream = send(&app, "GET /health/live HTTP/1.1\r\nHost: farol\r\n\r\n").await;
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_that_does_not_send_its_body_is_told() {
    let options = Options { body_timeout: SHORT, ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    let mut stream = half_a_request(&app).await;
    let told = rest(&mut stream).await;
    assert!(told.starts_with("HTTP/1.1 408"), "{told}");
    assert!(told.contains("\"code\":\"TIMEOUT\""), "{told}");
}

#[tokio::test]
async fn a_body_without_a_length_is_counted_too() {
    let options = Options { max_body_bytes: 10, ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    let head = "POST /graphql HTTP/1.1\r\nHost: farol\r\nContent-Type: application/json\r\n";
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{BODY}\r\n", BODY.len());
    let mut stream = send(&app, &chunked).await;
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn a_shutdown_finishes_what_is_in_flight() {
    let app = App::start().await;
    let mut busy = half_a_request(&app).await;
    app.in_flight(1).await;
    let mut idle = send(&app, "GET /health/live HTTP/1.1\r\nHost: farol\r\n\r\n").await;
    idle.readable().await.unwrap();

    app.shutdown.cancel();
    // The idle connection is closed at once, and nobody new gets in.
    rest(&mut idle).await;
    let refused = timeout(PATIENCE, async { while TcpStream::connect(app.address).await.is_ok() {} }).await;
    assert!(refused.is_ok(), "new connections are still accepted");

    busy.write_all(&BODY.as_bytes()[5..]).await.unwrap();
    let told = rest(&mut busy).await;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    assert!(told.ends_with("{\"data\":{\"__typename\":\"Query\"}}"), "{told}");
    assert_eq!(app.ended().await, Drained::Clean);
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_at_the_deadline() {
    let app =
        App::start_with(Options { drain_deadline: SHORT, ..Options::default() }, database(Ok(()))).await;
    let mut stuck = half_a_request(&app).await;
    app.in_flight(1).await;
    let metrics = app.metrics.clone();
    assert_eq!(app.stop().await, Drained::Cut(1));
    assert_eq!(rest(&mut stuck).await, "");
    assert!(metrics.render().contains("farol_requests_total{status=\"499\"} 1"), "{}", metrics.render());
}

#[tokio::test]
async fn readiness_follows_the_database() {
    let app = App::start().await;
    assert_eq!(answer(app.get("/health/live")).await.status, 200);
    assert_eq!(answer(app.get("/health/ready")).await.status, 200);

    let broken = App::start_with(Options::default(), database(Err("password=hunter2"))).await;
    let told = answer(broken.get("/health/ready")).await;
    assert_eq!((told.status.as_u16(), told.text.as_str()), (503, "{\"status\":\"unavailable\"}"));
    assert_eq!(answer(broken.get("/health/live")).await.status, 200);
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let app = App::start().await;
    let options = Options { listen: app.address, ..Options::default() };
    let services = services(&app.data, database(Ok(())), &app.metrics, &app.ledger, Promise::default()).await;
    let error = Server::bind(options, services).await.err().unwrap().to_string();
    assert!(error.contains(&app.address.to_string()) && error.contains("http.listen"), "{error}");
}

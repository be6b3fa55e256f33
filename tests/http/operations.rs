//! An address of its own for those who run the server.

use std::time::Duration;

use farol::{http::Options, lifecycle::Drained};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use super::app::{App, PATIENCE, answer, database};

#[tokio::test]
async fn metrics_are_at_the_address_for_operations_only() {
    let options = Options { operations_listen: Some(([127, 0, 0, 1], 0).into()), ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    let address = app.operations.unwrap();
    let at = async |path: &str| {
        let told = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        (told.status().as_u16(), told.headers()["x-content-type-options"] == "nosniff")
    };
    for (path, public, apart) in [
        ("/metrics", 404, 200),
        ("/health/live", 200, 200),
        ("/health/ready", 200, 200),
        ("/graphql?query=%7B__typename%7D", 200, 404),
        ("/graphiql", 200, 404),
    ] {
        assert_eq!(answer(app.get(path)).await.status, public, "{path}");
        assert_eq!(at(path).await, (apart, true), "{path}");
    }
    assert_eq!(app.stop().await, Drained::Clean);
    assert!(TcpStream::connect(address).await.is_err(), "both addresses are given back");
}

#[tokio::test]
async fn operators_see_a_server_drain() {
    let options = Options { operations_listen: Some(([127, 0, 0, 1], 0).into()), ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    let address = app.operations.unwrap();
    let at = async |path: &str| {
        let told = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        (told.status().as_u16(), told.text().await.unwrap())
    };
    assert_eq!(at("/health/ready").await.0, 200);
    // A request whose body never ends keeps the server from ending.
    let mut under_way = TcpStream::connect(app.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nHost: farol\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n";
    under_way.write_all(head.as_bytes()).await.unwrap();
    app.in_flight(1).await;
    app.shutdown.cancel();
    let gone = async { while TcpStream::connect(app.address).await.is_ok() {} };
    timeout(PATIENCE, gone).await.expect("no client is let in");
    assert_eq!(at("/health/ready").await, (503, "{\"status\":\"draining\"}".to_owned()));
    assert!(at("/health/detailed").await.1.contains("\"draining\""));
    assert!(at("/metrics").await.1.contains("farol_http_requests_in_flight 1\n"));
    drop(under_way);
    assert_eq!(app.ended().await, Drained::Clean);
    assert!(TcpStream::connect(address).await.is_err(), "the address is given back");
}

#[tokio::test]
async fn a_load_balancer_is_told_before_connections_are_refused() {
    let app =
        App::start_with(Options { drain_delay: PATIENCE, ..Options::default() }, database(Ok(()))).await;
    assert_eq!(answer(app.get("/health/ready")).await.status, 200);
    app.shutdown.cancel();
    let told = async { while answer(app.get("/health/ready")).await.text != "{\"status\":\"draining\"}" {} };
    timeout(PATIENCE / 2, told).await.expect("it is told");
    TcpStream::connect(app.address).await.expect("who was sent here before it was told is let in");
    assert_eq!(answer(app.query("{ __typename }")).await.status, 200);

    let delayed = Options { drain_delay: Duration::from_millis(50), ..Options::default() };
    assert_eq!(App::start_with(delayed, database(Ok(()))).await.stop().await, Drained::Clean);
}

//! An address of its own for those who run the server.

use farol::{http::Options, lifecycle::Drained};
use tokio::net::TcpStream;

use super::app::{App, answer, database};

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

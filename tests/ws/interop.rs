//! Node's `ws` against the echo, with permessage-deflate both ways.

use farol::http::ws::Deflate;
use tokio::net::TcpListener;

use crate::support::node;

#[path = "../../examples/echo.rs"]
#[expect(dead_code, reason = "an example has a main function")]
mod echo;

#[tokio::test]
async fn messages_of_node_come_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let deflate = Deflate::default();
    let serving = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(echo::serve(stream, deflate.clone()));
        }
    });
    let printed = node::run("node", "ws/interop.mjs", &[&url]).await;
    assert!(printed.contains("24 messages came back"), "{printed}");
    serving.abort();
}

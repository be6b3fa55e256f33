//! How many connections there may be, and what becomes of those that are slow.

use std::time::Duration;

use farol::http::Options;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::app::{App, PATIENCE, answer, database};

const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: farol\r\n\r\n";

async fn start(options: Options) -> App {
    App::start_with(options, database(Ok(()))).await
}

/// A connection that has got an answer, and stays open.
async fn answered(app: &App) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    // One that is closed as it comes may be so before this.
    let _ = stream.write_all(LIVE).await;
    let told = timeout(PATIENCE, stream.read_u8()).await.expect("an answer, or the end");
    (told.ok()? == b'H').then_some(stream)
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_one_that_ends_makes_room() {
    for options in [
        Options { max_connections: 2, ..Options::default() },
        Options { max_connections_per_address: 2, ..Options::default() },
    ] {
        let app = start(options.clone()).await;
        let (one, _other) = (answered(&app).await.unwrap(), answered(&app).await.unwrap());
        assert!(answered(&app).await.is_none(), "a third is closed");
        let (by, counted) =
            (if options.max_connections == 2 { "server" } else { "address" }, app.metrics.render());
        assert!(counted.contains("farol_http_connections 2\n"), "{counted}");
        let refused = format!("farol_http_connections_refused_total{{by=\"{by}\"}} 1\n");
        assert!(counted.contains(&refused), "{counted}");
        drop(one);
        timeout(PATIENCE, async { while answered(&app).await.is_none() {} })
            .await
            .expect("room for one more");
    }
}

#[tokio::test]
async fn a_trusted_proxy_may_have_as_many_as_there_are() {
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let app = start(Options { max_connections_per_address: 1, trusted_proxies, ..Options::default() }).await;
    let _open = [answered(&app).await.unwrap(), answered(&app).await.unwrap(), answered(&app).await.unwrap()];
}

#[tokio::test]
async fn those_who_send_their_heads_slowly_are_in_nobodys_way() {
    let app = start(Options { header_timeout: Duration::from_secs(2), ..Options::default() }).await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream.write_all(b"POST /graphql HTTP/1.1\r\nHost: farol\r\nX-A: ").await.unwrap();
        slow.push(stream);
    }
    for _ in 0..20 {
        assert_eq!(answer(app.query("{ __typename }")).await.text, "{\"data\":{\"__typename\":\"Query\"}}");
    }
    // And each of them is cut in the end, whatever it goes on sending.
    let cut = slow.into_iter().map(|mut stream| async move {
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    timeout(PATIENCE, futures_util::future::join_all(cut)).await.expect("all are cut");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut() {
    const REQUESTS: usize = 300;
    let app = start(Options { write_timeout: Duration::from_millis(300), ..Options::default() }).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(app.address).await.unwrap();
    let body = "{\"query\":\"{ __schema { types { name description fields { name description } } } }\"}";
    let length = body.len();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: farol\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let one = answer(app.post(body).header("content-type", "application/json")).await.text.len();
    assert!(one * REQUESTS > 10_000_000, "more than any buffer in between holds: {one} bytes each");
    // All at once, and not a byte is read until the server has closed.
    let _ = stream.write_all(request.repeat(REQUESTS).as_bytes()).await;
    let cut = async { while stream.write_all(b"\r\n").await.is_ok() {} };
    timeout(PATIENCE, cut).await.expect("the server closes");
    assert_eq!(answer(app.query("{ __typename }")).await.status, 200);
}

#[tokio::test]
async fn a_head_has_a_limit() {
    let app = start(Options::default()).await;
    let long = answer(app.get("/health/live").header("x-long", "a".repeat(60_000))).await;
    assert_eq!(long.status, 200);
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let head = format!("GET /health/live HTTP/1.1\r\nHost: farol\r\nX-Long: {}\r\n\r\n", "a".repeat(200_000));
    let _ = stream.write_all(head.as_bytes()).await;
    let mut told = [0; 12];
    timeout(PATIENCE, stream.read_exact(&mut told)).await.expect("an answer").unwrap();
    assert_eq!(&told, b"HTTP/1.1 431");
}

/// The settings that the server announces: number and value.
#[tokio::test]
async fn http2_has_limits_too() {
    let app = start(Options::default()).await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut head = [0; 9];
    timeout(PATIENCE, stream.read_exact(&mut head)).await.expect("an answer").unwrap();
    assert_eq!(head[3], 4, "a SETTINGS frame comes first");
    let mut settings = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
    stream.read_exact(&mut settings).await.unwrap();
    let find = |id: u8| {
        let found = settings.chunks(6).find(|setting| setting[..2] == [0, id])?;
        Some(u32::from_be_bytes(found[2..].try_into().unwrap()))
    };
    assert_eq!((find(3), find(6)), (Some(100), Some(68 * 1024)), "streams, bytes of a head");
}

//! HTTP/2 as its frames show it: what becomes of answers that are taken slowly, or not at all.

use std::time::Duration;

use farol::http::Options;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::app::{App, PATIENCE, answer, database};

/// A megabyte.
const LARGE: &str = "/graphiql/vendor/graphiql-4.1.2.js";
const SHORT: Duration = Duration::from_millis(300);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
/// `END_STREAM` of data, and `ACK` of pings.
const LAST: u8 = 1;

/// A client that does what it is told, and nothing else.
struct Wire(TcpStream);

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Wire {
    /// A connection whose streams have this much room at first.
    async fn connect(app: &App, window: u32) -> Self {
        let mut wire = Self(TcpStream::connect(app.address).await.unwrap());
        wire.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        wire.send(SETTINGS, 0, 0, &[&[0, 4], &window.to_be_bytes()[..]].concat()).await;
        wire.grant(0, 1 << 30).await;
        wire
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let frame = [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
        self.0.write_all(&frame).await.unwrap();
    }

    /// Asks for a path: by literal headers, which need no tables.
    async fn get(&mut self, stream: u32, path: &str) {
        let length = u8::try_from(path.len()).unwrap();
        let block = [b"\x82\x86\x01\x05farol\x04", &[length][..], path.as_bytes()].concat();
        self.send(HEADERS, 5, stream, &block).await;
    }

    async fn grant(&mut self, stream: u32, bytes: u32) {
        self.send(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes()).await;
    }

    /// The next frame; none when the server has closed.
    async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        timeout(PATIENCE, self.0.read_exact(&mut head)).await.expect("a frame, or the end").ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// The next frame of this kind.
    async fn expect(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.next().await.expect("the connection is open");
            if frame.kind == kind {
                return frame;
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_given_up_and_the_others_go_on() {
    let options = Options { write_timeout: SHORT, ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    let mut wire = Wire::connect(&app, 0).await;
    for stream in [1, 3, 5] {
        wire.get(stream, LARGE).await;
    }
    // One takes the first part and then nothing.
    wire.grant(3, 16 * 1024).await;
    let mut ended = Vec::new();
    while ended.len() < 3 {
        ended.push(wire.expect(RST_STREAM).await.stream);
    }
    ended.sort_unstable();
    assert_eq!(ended, [1, 3, 5]);

    wire.get(7, "/health/live").await;
    wire.grant(7, 1024).await;
    let told = wire.expect(DATA).await;
    assert_eq!((told.stream, told.flags), (7, LAST));
    assert_eq!(told.payload, b"{\"status\":\"live\"}");
}

#[tokio::test]
async fn an_answer_that_is_taken_slowly_comes_whole() {
    let options = Options { header_timeout: SHORT, ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    let whole = answer(app.get(LARGE)).await.text.into_bytes();
    assert!(whole.len() > 1_000_000);
    let mut wire = Wire::connect(&app, 1).await;
    wire.get(1, LARGE).await;
    let (mut got, mut granted) = (Vec::new(), 1);
    loop {
        let part = wire.expect(DATA).await;
        got.extend_from_slice(&part.payload);
        if part.flags & LAST != 0 {
            break;
        }
        if got.len() == granted {
            sleep(SHORT / 10).await;
            wire.grant(1, 16 * 1024).await;
            granted += 16 * 1024;
        }
    }
    assert!(got == whole, "{} of {} bytes", got.len(), whole.len());
}

#[tokio::test]
async fn a_connection_that_is_left_ends_when_its_client_has_read_all() {
    for (write_timeout, confirms) in [(PATIENCE * 2, true), (SHORT, false)] {
        let options = Options { header_timeout: SHORT, write_timeout, ..Options::default() };
        let app = App::start_with(options, database(Ok(()))).await;
        let mut wire = Wire::connect(&app, 1024).await;
        wire.get(1, "/health/live").await;
        assert_eq!(wire.expect(DATA).await.payload, b"{\"status\":\"live\"}");
        wire.expect(GOAWAY).await;
        let asked = wire.expect(PING).await;
        if confirms {
            wire.send(PING, LAST, 0, &asked.payload).await;
        }
        while wire.next().await.is_some() {}
    }
}

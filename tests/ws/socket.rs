//! What a socket does with a client's frames, and what it sends.

use std::{cell::OnceCell, time::Duration};

use bytes::Bytes;
use farol::http::ws::{CLOSE_TIMEOUT, Deflate, Failure, Incoming, Options, Shared, Socket};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::frames::{
    BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, RSV1, TEXT, close, frame, header, packed, read, text,
};

const LARGEST: usize = 100_000;
const OPTIONS: Options = Options { max_message_bytes: LARGEST };
/// More than any test sends.
const ROOMY: usize = 1 << 22;

/// A socket and its client, between whom so many bytes fit each way.
fn pair(room: usize) -> (Socket<DuplexStream>, DuplexStream) {
    let (server, client) = duplex(room);
    (Socket::new(server, Some(Deflate::default()), OPTIONS), client)
}

/// What the socket says after the client sent this.
async fn after(frames: &[u8]) -> (Incoming, Socket<DuplexStream>, DuplexStream) {
    let (mut socket, mut client) = pair(ROOMY);
    client.write_all(frames).await.unwrap();
    let incoming = next(&mut socket).await;
    (incoming, socket, client)
}

async fn next(socket: &mut Socket<DuplexStream>) -> Incoming {
    timeout(Duration::from_mins(1), socket.next()).await.expect("something happens")
}

/// How the socket ends when the client sends this and hangs up: the failure, and the code it was told.
async fn failure(frames: &[u8]) -> Failure {
    let (mut socket, mut client) = pair(ROOMY);
    client.write_all(frames).await.unwrap();
    client.shutdown().await.unwrap();
    let Incoming::Failed(failure) = next(&mut socket).await else { panic!("no failure") };
    assert_eq!(read(&mut client).await.unwrap().code(), failure.code());
    assert_eq!(read(&mut client).await, None);
    assert_eq!(next(&mut socket).await, Incoming::Failed(failure), "the end stays the end");
    failure
}

/// `{"id":…` before what many receive.
struct Event {
    payload: String,
    packed: OnceCell<Bytes>,
}

impl Event {
    fn new(length: usize) -> Self {
        Self { payload: "{\"a\":1}".chars().cycle().take(length).collect(), packed: OnceCell::new() }
    }
}

impl Shared for Event {
    fn plain(&self) -> [&[u8]; 2] {
        [self.payload.as_bytes(), b"}"]
    }

    fn packed(&self, pack: impl FnOnce([&[u8]; 2]) -> Bytes) -> &Bytes {
        self.packed.get_or_init(|| pack(self.plain()))
    }
}

#[tokio::test]
async fn messages_arrive_whole_packed_or_not() {
    let long = "ñandú ".repeat(2_000);
    let [first, rest] = [&long.as_bytes()[..1_001], &long.as_bytes()[1_001..]];
    let packed_long = packed(long.as_bytes());
    let whole = Incoming::Text(long.clone().into());
    for frames in [
        text(&long),
        frame(FIN | RSV1 | TEXT, &packed_long),
        // In fragments, the first of which ends within a character, a ping between them.
        [frame(TEXT, first), frame(FIN | PING, b"?"), frame(FIN | CONTINUATION, rest)].concat(),
        [
            frame(RSV1 | TEXT, &packed_long[..7]),
            frame(CONTINUATION, &[]),
            frame(FIN | CONTINUATION, &packed_long[7..]),
        ]
        .concat(),
    ] {
        assert_eq!(after(&frames).await.0, whole);
    }
    assert_eq!(after(&frame(FIN | BINARY, &[0xff])).await.0, Incoming::Binary(Bytes::from_static(&[0xff])));
    assert_eq!(after(&frame(FIN | RSV1 | TEXT, &[0])).await.0, Incoming::Text(Bytes::new()));
    assert_eq!(after(&frame(FIN | PONG, b"unasked")).await.0, Incoming::Pong);
}

#[tokio::test]
async fn pings_are_answered_in_order_without_a_word() {
    let (mut socket, mut client) = pair(ROOMY);
    for ping in [&b"first"[..], &[7; 125], b""] {
        client.write_all(&frame(FIN | PING, ping)).await.unwrap();
    }
    client.write_all(&text("done")).await.unwrap();
    assert_eq!(next(&mut socket).await, Incoming::Text("done".into()));
    socket.flush().await;
    for ping in [&b"first"[..], &[7; 125], b""] {
        let pong = read(&mut client).await.unwrap();
        assert_eq!((pong.first, &*pong.payload), (FIN | PONG, ping));
    }
}

#[tokio::test]
async fn frames_that_the_protocol_does_not_allow_end_with_1002() {
    let unmasked = [FIN | TEXT, 2, b'h', b'i'];
    for wrong in [
        unmasked.to_vec(),
        frame(FIN | 3, b""),
        frame(FIN | 0xb, b""),
        frame(FIN | 0x20 | TEXT, b"reserved"),
        frame(PING, b"in fragments"),
        frame(FIN | PING, &[0; 126]),
        frame(FIN | PONG, &[0; 126]),
        frame(FIN | CLOSE, &[&1000_u16.to_be_bytes()[..], &[b'x'; 124]].concat()),
        frame(FIN | CLOSE, &[3]),
        close(999),
        close(1004),
        close(1005),
        close(1006),
        close(1015),
        close(2999),
        close(5000),
        frame(FIN | CONTINUATION, b"of nothing"),
        [frame(TEXT, b"first"), text("second")].concat(),
    ] {
        assert_eq!(failure(&wrong).await, Failure::Protocol, "{wrong:?}");
    }
}

#[tokio::test]
async fn what_is_no_text_ends_with_1007() {
    for wrong in [
        frame(FIN | TEXT, &[0xff]),
        frame(FIN | TEXT, "ñ".as_bytes().split_last().unwrap().1),
        frame(FIN | RSV1 | TEXT, &packed(&[0xff])),
        frame(FIN | RSV1 | TEXT, b"\xff\xff\xff these are no blocks"),
        frame(FIN | CLOSE, &[&1000_u16.to_be_bytes()[..], &[0xff]].concat()),
    ] {
        assert_eq!(failure(&wrong).await, Failure::Invalid, "{wrong:?}");
    }
}

#[tokio::test]
async fn packed_messages_are_taken_only_where_that_was_agreed_on() {
    let (server, mut client) = duplex(ROOMY);
    let mut socket = Socket::new(server, None, OPTIONS);
    socket.send_text(&[b'x'; 5_000]);
    client.write_all(&frame(FIN | RSV1 | TEXT, &packed(b"packed"))).await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(next(&mut socket).await, Incoming::Failed(Failure::Protocol));
    assert_eq!(read(&mut client).await.unwrap().first, FIN | TEXT);
    assert_eq!(read(&mut client).await.unwrap().code(), 1002);
}

#[tokio::test]
async fn the_largest_message_is_taken_and_a_larger_one_ends_with_1009() {
    let largest = vec![b'x'; LARGEST];
    let larger = vec![b'x'; LARGEST + 1];
    for taken in [
        frame(FIN | TEXT, &largest),
        frame(FIN | RSV1 | TEXT, &packed(&largest)),
        [frame(TEXT, &largest[..9]), frame(FIN | CONTINUATION, &largest[9..])].concat(),
        [frame(TEXT, &largest), frame(FIN | CONTINUATION, b"")].concat(),
    ] {
        assert_eq!(after(&taken).await.0, Incoming::Text(largest.clone().into()));
    }
    let packed_larger = packed(&larger);
    for refused in [
        frame(FIN | TEXT, &larger),
        // Not a byte of it is awaited.
        header(FIN | TEXT, LARGEST as u64 + 1),
        header(FIN | TEXT, u64::MAX),
        frame(FIN | RSV1 | TEXT, &packed_larger),
        [frame(TEXT, &larger[..9]), frame(FIN | CONTINUATION, &larger[9..])].concat(),
        [frame(RSV1 | TEXT, &packed_larger[..9]), frame(FIN | CONTINUATION, &packed_larger[9..])].concat(),
        // A bomb: a thousand times as large as it says.
        frame(FIN | RSV1 | TEXT, &packed(&vec![0; 90 * LARGEST])),
    ] {
        assert_eq!(failure(&refused).await, Failure::TooLarge);
    }
}

#[tokio::test]
async fn a_close_is_answered_with_its_code() {
    for code in [1000, 1001, 1011, 3000, 4000, 4999] {
        let (closed, mut socket, mut client) = after(&close(code)).await;
        assert_eq!(closed, Incoming::Closed { code });
        socket.send_text(b"too late");
        assert_eq!(next(&mut socket).await, closed);
        assert_eq!(read(&mut client).await.unwrap().code(), code);
        assert_eq!(read(&mut client).await, None);
    }
    let (closed, _, mut client) = after(&frame(FIN | CLOSE, b"")).await;
    assert_eq!(closed, Incoming::Closed { code: 1005 });
    assert_eq!(read(&mut client).await.unwrap().payload, b"");
}

#[tokio::test]
async fn a_client_that_hangs_up_is_gone() {
    for before in [Vec::new(), text("half")[..7].to_vec(), frame(TEXT, b"half")] {
        let (mut socket, mut client) = pair(ROOMY);
        client.write_all(&before).await.unwrap();
        drop(client);
        assert_eq!(next(&mut socket).await, Incoming::Closed { code: 1006 });
    }
}

#[tokio::test(start_paused = true)]
async fn our_close_follows_what_is_queued_and_ends_with_the_clients() {
    let (mut socket, mut client) = pair(ROOMY);
    socket.send_text(b"first");
    socket.close(4400, "no");
    socket.close(4401, "never sent");
    socket.send_text(b"never sent");
    socket.ping();
    client.write_all(&[text("heard by nobody"), close(4400)].concat()).await.unwrap();
    assert_eq!(next(&mut socket).await, Incoming::Closed { code: 4400 });
    assert_eq!(read(&mut client).await.unwrap().payload, b"first");
    let closed = read(&mut client).await.unwrap();
    assert_eq!((closed.code(), &closed.payload[2..]), (4400, &b"no"[..]));
    assert_eq!(read(&mut client).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_our_close_is_left() {
    for reads in [true, false] {
        let (mut socket, _client) = pair(if reads { ROOMY } else { 16 });
        socket.send_text(&[b'x'; 500]);
        socket.close(1012, "bye");
        let before = Instant::now();
        assert_eq!(next(&mut socket).await, Incoming::Closed { code: 1006 });
        assert_eq!(before.elapsed(), CLOSE_TIMEOUT);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_failed_is_heard_out_but_not_for_ever() {
    let (mut socket, mut client) = pair(64);
    let talking = tokio::spawn(async move {
        // More than fits: it is taken although nobody cares any more, so that the code is seen.
        for _ in 0..100 {
            client.write_all(&[0xff; 64]).await.unwrap();
        }
        (read(&mut client).await.unwrap().code(), client)
    });
    let before = Instant::now();
    assert_eq!(next(&mut socket).await, Incoming::Failed(Failure::Protocol));
    assert_eq!(before.elapsed(), CLOSE_TIMEOUT, "it never hangs up");
    assert_eq!(talking.await.unwrap().0, 1002);
}

#[tokio::test]
async fn messages_of_a_kilobyte_are_packed_and_no_smaller_ones() {
    let (mut socket, mut client) = pair(ROOMY);
    for length in [0, 1_023, 1_024, 1_000_000] {
        let message: Vec<u8> = b"0123456789".iter().copied().cycle().take(length).collect();
        socket.send_text(&message);
        socket.send_binary(&message);
        socket.flush().await;
        for opcode in [TEXT, BINARY] {
            let sent = read(&mut client).await.unwrap();
            let packed = if length < 1_024 { 0 } else { RSV1 };
            assert_eq!(sent.first, FIN | packed | opcode);
            assert!(sent.message() == message, "{length}");
        }
    }
}

#[tokio::test]
async fn a_shared_tail_is_packed_once_and_each_head_is_its_own() {
    let (server, mut client) = duplex(ROOMY);
    let (plain_server, mut plain_client) = duplex(ROOMY);
    let mut socket = Socket::new(server, Some(Deflate::default()), OPTIONS);
    let mut plain = Socket::new(plain_server, None, OPTIONS);
    for length in [0, 900, 5_700, 70_000] {
        let event = Event::new(length);
        for id in 0..3 {
            let head = format!("{{\"id\":\"{}\",\"payload\":", "7".repeat(id * 40 + 1));
            socket.send_shared(head.as_bytes(), &event);
            plain.send_shared(head.as_bytes(), &event);
            socket.flush().await;
            plain.flush().await;
            let whole = [head.as_bytes(), event.payload.as_bytes(), b"}"].concat();
            let sent = read(&mut client).await.unwrap();
            assert_eq!(sent.first & RSV1 != 0, whole.len() >= 1_024);
            assert!(sent.message() == whole);
            let sent = read(&mut plain_client).await.unwrap();
            assert_eq!((sent.first, sent.payload == whole), (FIN | TEXT, true));
        }
        assert_eq!(event.packed.get().is_some(), length >= 1_024 - 21 - 80, "{length}");
    }
}

#[tokio::test]
async fn reading_goes_on_while_a_client_reads_nothing() {
    let (mut socket, mut client) = pair(4_096);
    for _ in 0..100 {
        socket.send_binary(&[0; 1_000]);
    }
    client.write_all(&text("I only talk")).await.unwrap();
    assert_eq!(next(&mut socket).await, Incoming::Text("I only talk".into()));
    assert!(socket.queued() > 90_000);
    let reading = tokio::spawn(async move {
        let mut bytes = vec![0; 100 * 1_004];
        client.read_exact(&mut bytes).await.unwrap();
        client
    });
    socket.flush().await;
    assert_eq!(socket.queued(), 0);
    reading.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_pings_and_reads_nothing_is_read_no_further() {
    let (mut socket, mut client) = pair(1_024);
    let pings = tokio::spawn(async move {
        let ping = frame(FIN | PING, &[0; 100]);
        for sent in 0.. {
            let written = timeout(Duration::from_secs(1), client.write_all(&ping)).await;
            if written.is_err() {
                return (sent, client);
            }
        }
        unreachable!()
    });
    let waited = timeout(Duration::from_secs(5), socket.next()).await;
    assert!(waited.is_err(), "nothing is told");
    let (sent, mut client) = pings.await.unwrap();
    assert!((40..100).contains(&sent), "{sent} pings were taken");
    assert!(socket.queued() < 5_000, "{} bytes wait", socket.queued());
    // Once it reads, it is read again. Its last ping was written in part.
    let heard = tokio::spawn(async move {
        let mut answered = 0;
        while answered < sent && read(&mut client).await.is_some() {
            answered += 1;
        }
        (answered, client)
    });
    let _ = timeout(Duration::from_secs(5), socket.next()).await;
    assert_eq!(heard.await.unwrap().0, sent);
}

#[tokio::test]
async fn waiting_for_a_message_takes_no_room() {
    let (mut socket, _client) = pair(64);
    let room = size_of_val(&socket.next());
    assert!(room <= 64, "the future of next takes {room} bytes");
    let room = size_of::<Socket<TcpStream>>();
    assert!(room <= 1_024, "a socket takes {room} bytes and its buffer 512");
}

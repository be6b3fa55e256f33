//! 10,000 connections that send frames at random: each ends, none makes the server grow or panic.

use std::time::Duration;

use farol::http::ws::{Deflate, Incoming, Options, Socket};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    runtime::{Builder, Runtime},
    time::timeout,
};

use super::frames::{close, frame, header, packed};

const LARGEST: usize = 2_000;
/// What a socket may have queued that was told nothing to send: pongs, one more, and a close frame.
const MOST_QUEUED: usize = 4_096 + 2 * 127;

/// Bytes that are a frame, or nearly one, or none.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        6 => (any::<[u8; 32]>(), 0..130_usize)
            .prop_map(|(bytes, length)| bytes.into_iter().cycle().take(length).collect()),
        6 => "[a-zñ]{0,20}".prop_map(String::into_bytes),
        2 => (0..3 * LARGEST).prop_map(|length| vec![b'x'; length]),
        2 => (0..9 * LARGEST).prop_map(|length| packed(&vec![b'x'; length])),
        1 => "[a-z]{0,200}".prop_map(|text| packed(text.as_bytes())),
    ];
    // Mostly first bytes that are allowed somewhere.
    let allowed = prop::sample::select(vec![0x81, 0x82, 0x80, 0x00, 0x01, 0xc1, 0x41, 0x89, 0x8a, 0x88]);
    let first = prop_oneof![9 => allowed, 1 => any::<u8>()];
    prop_oneof![
        20 => (first.clone(), payload).prop_map(|(first, payload)| frame(first, &payload)),
        1 => (first, any::<u64>()).prop_map(|(first, length)| header(first, length)),
        1 => any::<u16>().prop_map(close),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// One connection from its first byte to its end.
async fn live(sent: Vec<u8>, packs: bool, reads: bool) {
    let (server, client) = duplex(256);
    let options = Options { max_message_bytes: LARGEST };
    let mut socket = Socket::new(server, packs.then(Deflate::default), options);
    let (mut incoming, mut outgoing) = tokio::io::split(client);
    let talking = tokio::spawn(async move {
        let _ = outgoing.write_all(&sent).await;
        let _ = outgoing.shutdown().await;
        outgoing
    });
    let listening = tokio::spawn(async move {
        let mut heard = Vec::new();
        if reads {
            let _ = incoming.read_to_end(&mut heard).await;
        }
        incoming
    });
    loop {
        match timeout(Duration::from_secs(1), socket.next()).await {
            Ok(Incoming::Text(text)) => {
                assert!(str::from_utf8(&text).is_ok());
                assert!(text.len() <= LARGEST);
            }
            Ok(Incoming::Binary(bytes)) => assert!(bytes.len() <= LARGEST),
            Ok(Incoming::Pong) => {}
            Ok(Incoming::Closed { .. } | Incoming::Failed(_)) => break,
            // It pings and does not read.
            Err(_) => socket.close(1001, "it is late"),
        }
        assert!(socket.queued() <= MOST_QUEUED, "{} bytes wait", socket.queued());
    }
    drop(socket);
    talking.await.unwrap();
    listening.abort();
}

#[test]
fn any_frames_come_to_an_end() {
    let runtime: Runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let frames = prop::collection::vec(bytes(), 0..12).prop_map(|frames| frames.concat());
    let config = ProptestConfig::with_cases(10_000);
    proptest!(config, |(sent in frames, packs: bool, reads in prop::bool::weighted(0.8))| {
        runtime.block_on(async {
            let ended = timeout(Duration::from_mins(1), live(sent, packs, reads)).await;
            assert!(ended.is_ok(), "the connection ends");
        });
    });
}

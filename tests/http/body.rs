//! Bodies: their size, their packing.

use std::io::Write;

use farol::http::Options;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use serde_json::json;

use super::app::{Answer, App, answer, assert_refused, database};

const QUERY: &[u8] = b"{\"query\":\"{ __typename }\"}";
/// `QUERY` in brotli, of which we have no compressor: a stored block.
const QUERY_BROTLI: &[u8] = b"\x8b\x0c\x80{\"query\":\"{ __typename }\"}\x03";

/// Ten million zeros in brotli.
const BOMB_BROTLI: &[u8] =
    b"\xcb\xff\xff\x3f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x2f\xff\x2c\x31\xf0\x4f\x00\xc4\x61\x11\x80\x8e\x23\x06";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 19).unwrap()
}

async fn send(app: &App, encoding: &str, body: Vec<u8>) -> Answer {
    let post = app.post(body).header("content-type", "application/json");
    answer(if encoding.is_empty() { post } else { post.header("content-encoding", encoding) }).await
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let options = Options { max_body_bytes: 1000, ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    let fits = format!("{{\"query\": \"{{ __typename }}\"{:1$}}}", "", 1000 - 27);
    assert_eq!(fits.len(), 1000);
    let post = |body: reqwest::Body| answer(app.post(body).header("content-type", "application/json"));
    assert_eq!(post(fits.clone().into()).await.status, 200);
    let declared = post(format!("{fits} ").into()).await;
    assert_refused(&declared, 413, "PAYLOAD_TOO_LARGE");
    assert!(declared.text.contains("1000 bytes"), "{}", declared.text);
}

#[tokio::test]
async fn a_packed_body_is_read() {
    let app = App::start().await;
    for (encoding, body) in [
        ("gzip", gzip(QUERY)),
        ("x-gzip", gzip(QUERY)),
        ("deflate", deflate(QUERY)),
        ("br", QUERY_BROTLI.to_vec()),
        ("zstd", zstd(QUERY)),
        ("identity", QUERY.to_vec()),
    ] {
        let told = send(&app, encoding, body).await;
        assert_eq!(
            (told.status.as_u16(), told.json()),
            (200, json!({ "data": { "__typename": "Query" } })),
            "{encoding}"
        );
    }
}

#[tokio::test]
async fn an_unknown_packing_is_refused_with_those_that_are_known() {
    let app = App::start().await;
    for encoding in ["compress", "gzip, gzip", "sdch"] {
        let refused = send(&app, encoding, gzip(QUERY)).await;
        assert_refused(&refused, 415, "UNSUPPORTED_MEDIA_TYPE");
        assert_eq!(refused.header("accept-encoding"), "gzip, deflate, br, zstd");
        assert!(refused.text.contains(&format!("encoded as \\\"{encoding}\\\"")), "{}", refused.text);
    }
    let broken = send(&app, "gzip", QUERY.to_vec()).await;
    assert_refused(&broken, 400, "BAD_REQUEST");
    // What keeps other sites out holds for packed bodies too.
    let plain = app.post(gzip(QUERY)).header("content-encoding", "gzip").header("content-type", "text/plain");
    assert_refused(&answer(plain).await, 415, "UNSUPPORTED_MEDIA_TYPE");
}

/// The limit holds for what a body unpacks to: a small one cannot have the server unpack a large one.
#[tokio::test]
async fn a_bomb_is_refused_in_little_memory() {
    let app = App::start().await;
    let zeros = vec![0; 10_000_000];
    let bombs = [
        ("gzip", gzip(&zeros)),
        ("deflate", deflate(&zeros)),
        ("br", BOMB_BROTLI.to_vec()),
        ("zstd", zstd(&zeros)),
    ];
    let before = resident(&app).await;
    for (encoding, bomb) in bombs {
        assert!(bomb.len() < 20_000, "{encoding}: {}", bomb.len());
        for _ in 0..5 {
            let refused = send(&app, encoding, bomb.clone()).await;
            assert_refused(&refused, 413, "PAYLOAD_TOO_LARGE");
        }
    }
    let grown = resident(&app).await - before;
    // Twenty bombs would unpack to 200 MB. zstd keeps a window of 8 MB at times.
    assert!(grown < 32e6, "{grown} bytes more in memory");
}

/// The memory of this process, which the server runs in.
async fn resident(app: &App) -> f64 {
    let told = answer(app.get("/metrics")).await.text;
    let line = told.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    line.unwrap().parse().unwrap()
}

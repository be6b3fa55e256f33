//! Encodings of answers: made on the way out, and made once for what is asked often.

use std::io::Read;

use farol::http::Options;
use flate2::read::GzDecoder;
use reqwest::{Response, header::HeaderMap};

use super::app::{App, PATIENCE, answer, database};

/// An answer of some kilobytes.
const LONG: &str = "{ __schema { types { name description fields { name } } } }";
/// An answer of some bytes.
const SHORT: &str = "{ __typename }";

/// The headers of an answer, its body as it was sent, and what it unpacks to.
async fn ask(app: &App, query: &str, accept: &str) -> (HeaderMap, Vec<u8>, String) {
    let request = app.get("/graphql").query(&[("query", query)]);
    let response: Response = request.header("accept-encoding", accept).send().await.unwrap();
    let headers = response.headers().clone();
    let sent = response.bytes().await.unwrap().to_vec();
    let mut text = String::new();
    let read = match encoding(&headers) {
        "" => (&sent[..]).read_to_string(&mut text),
        "gzip" => GzDecoder::new(&sent[..]).read_to_string(&mut text),
        "br" => brotli::Decompressor::new(&sent[..], 4096).read_to_string(&mut text),
        "zstd" => zstd::Decoder::new(&sent[..]).unwrap().read_to_string(&mut text),
        other => panic!("{other}"),
    };
    read.unwrap_or_else(|error| panic!("{accept}: {error}"));
    (headers, sent, text)
}

fn encoding(headers: &HeaderMap) -> &str {
    headers.get("content-encoding").map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_long_answer_is_compressed_as_the_client_likes() {
    let app = App::start().await;
    let plain = ask(&app, LONG, "identity").await.2;
    assert!(plain.len() > 4_000);
    for (accept, expected) in [
        ("gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd;q=0, *", "br"),
        ("deflate", ""),
        ("", ""),
        ("identity, gzip;q=0.5", ""),
    ] {
        let app = &App::start().await;
        let (headers, sent, text) = ask(app, LONG, accept).await;
        assert_eq!(encoding(&headers), expected, "{accept}");
        assert_eq!(text, plain, "{accept}");
        assert!(expected.is_empty() || sent.len() < plain.len() / 3, "{accept}: {}", sent.len());
        let vary: Vec<_> = headers.get_all("vary").iter().collect();
        assert_eq!(vary, ["accept, accept-encoding, graphql-cost, graphql-cache"]);
    }
    let short = ask(&app, SHORT, "gzip, br, zstd").await;
    assert_eq!((encoding(&short.0), short.2.as_str()), ("", "{\"data\":{\"__typename\":\"Query\"}}"));
}

#[tokio::test]
async fn a_posted_answer_and_errors_are_compressed_too() {
    let app = App::start().await;
    let posted = app.query(LONG).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(encoding(posted.headers()), "gzip");
    let fields: Vec<String> = (0..20).map(|n| format!("nothing{n}")).collect();
    let wrong = format!("{{ {} }}", fields.join(" "));
    let (headers, _, text) = ask(&app, &wrong, "gzip").await;
    assert_eq!(encoding(&headers), "gzip");
    assert!(text.starts_with("{\"errors\":["), "{text}");
}

#[tokio::test]
async fn what_is_asked_often_is_packed_once_as_small_as_it_gets() {
    let app = App::start().await;
    let (headers, on_the_way, plain) = ask(&app, LONG, "br").await;
    let tag = headers["etag"].clone();
    // Until it is packed, Brotli is made on the way; then it is smaller.
    let mut packed = on_the_way.clone();
    let mut asked = 1;
    tokio::time::timeout(PATIENCE, async {
        while packed == on_the_way {
            packed = ask(&app, LONG, "br").await.1;
            asked += 1;
        }
    })
    .await
    .expect("it is packed");
    assert!(asked > 9, "one made it, eight found it: {asked}");
    assert!(packed.len() < on_the_way.len());

    for (accept, expected) in [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0.1, gzip;q=0.2", "gzip"),
        ("zstd, br;q=0.9", "zstd"),
        ("identity", ""),
    ] {
        let (headers, sent, text) = ask(&app, LONG, accept).await;
        // A body that was compressed twice would not unpack to this.
        assert_eq!((encoding(&headers), &text), (expected, &plain), "{accept}");
        assert_eq!(headers["etag"], tag, "it names the answer, not the encoding");
        let ready = expected == "br" || expected == "gzip";
        let length = headers.get("content-length").map(|value| value.to_str().unwrap().to_owned());
        assert!(!ready || length == Some(sent.len().to_string()), "{accept}: {length:?}");
        assert_eq!(headers.get_all("vary").iter().count(), 1);
    }
    let known = app.get("/graphql").query(&[("query", LONG)]).header("if-none-match", tag);
    let same = known.header("accept-encoding", "br").send().await.unwrap();
    assert_eq!((same.status().as_u16(), encoding(same.headers())), (304, ""));
}

#[tokio::test]
async fn a_client_that_takes_nothing_gets_nothing_to_keep() {
    let app = App::start().await;
    let get = app.get("/graphql").query(&[("query", LONG)]).header("accept-encoding", "identity;q=0");
    let refused = answer(get).await;
    assert_eq!(refused.status, 406);
    assert_eq!((refused.header("cache-control"), refused.header("etag")), ("no-store", ""));
}

#[tokio::test]
async fn compression_can_be_switched_off_and_other_routes_have_none() {
    let options = Options { compression: false, ..Options::default() };
    let app = App::start_with(options, database(Ok(()))).await;
    for _ in 0..20 {
        assert_eq!(encoding(&ask(&app, LONG, "gzip, br, zstd").await.0), "");
    }
    let app = App::start().await;
    for path in ["/graphiql", "/graphiql/page.js", "/metrics"] {
        let response = app.get(path).header("accept-encoding", "zstd").send().await.unwrap();
        assert_eq!(encoding(response.headers()), "", "{path}");
    }
}

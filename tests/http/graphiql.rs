//! The page and its files, as a browser asks for them.

use std::io::Read;

use flate2::read::GzDecoder;

use super::app::{App, answer};

#[tokio::test]
async fn the_page_comes_under_a_strict_policy() {
    let app = App::start().await;
    for path in ["/", "/graphiql"] {
        let page = answer(app.get(path).header("accept", "text/html")).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-cache");
        let policy = page.header("content-security-policy");
        for rule in
            ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
        {
            assert!(policy.split("; ").any(|part| part == rule), "{rule} is not in {policy}");
        }
        assert!(!policy.contains("http") && !policy.contains("unsafe-eval"), "{policy}");
        assert!(!page.text.contains("://"), "the page names another server");
    }
}

#[tokio::test]
async fn every_file_the_page_names_is_there_in_every_encoding() {
    let app = App::start().await;
    let page = answer(app.get("/graphiql")).await.text;
    let named: Vec<&str> =
        page.split(['"']).filter(|part| part.starts_with("graphiql/") && part.contains('.')).collect();
    assert!(named.len() >= 8, "{named:?}");
    for name in named {
        let path = format!("/{name}");
        let plain = answer(app.get(&path)).await;
        assert_eq!(plain.status, 200, "{path}");
        assert_eq!(plain.header("content-encoding"), "", "{path}");
        assert!(!plain.text.contains("sourceMappingURL"), "{path}");
        if !name.contains("/vendor/") {
            assert_eq!(plain.header("cache-control"), "no-cache");
            continue;
        }
        assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
        let brotli = app.get(&path).header("accept-encoding", "gzip, br").send().await.unwrap();
        assert_eq!(brotli.headers()["content-encoding"], "br");
        assert_eq!(brotli.headers()["vary"], "accept-encoding");
        let gzip = app.get(&path).header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(gzip.headers()["content-encoding"], "gzip");
        let mut unpacked = String::new();
        GzDecoder::new(&gzip.bytes().await.unwrap()[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.text, "{path}");
    }
}

#[tokio::test]
async fn a_file_the_browser_has_is_not_sent_again() {
    let app = App::start().await;
    let first = answer(app.get("/graphiql/page.js")).await;
    let tag = first.header("etag").to_owned();
    for known in [tag.clone(), format!("\"other\", W/{tag}")] {
        let again = answer(app.get("/graphiql/page.js").header("if-none-match", known)).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
        assert_eq!(again.header("etag"), tag);
    }
    let changed = answer(app.get("/graphiql/page.js").header("if-none-match", "\"other\"")).await;
    assert_eq!(changed.status, 200);
}

#[tokio::test]
async fn nothing_but_the_pages_files_is_served() {
    let app = App::start().await;
    for path in
        ["/graphiql/package.json", "/graphiql/vendor.mjs", "/graphiql/..%2f..%2fCargo.toml", "/nothing"]
    {
        assert_eq!(answer(app.get(path)).await.status, 404, "{path}");
    }
    assert!(answer(app.get("/graphiql/LICENSES.txt")).await.text.contains("Permission is hereby granted"));
}

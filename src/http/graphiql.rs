//! `GraphiQL`, from the binary: works without a network, under a strict policy.
//!
//! Our own files (page, script, style) lie plain in `assets/graphiql`; the packages lie beside
//! them in `vendor`, only compressed, with their version in the name, so that browsers may keep
//! them for ever.

use std::{borrow::Cow, io::Read};

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::read::GzDecoder;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{conditional, negotiate::Encoding};

#[derive(RustEmbed)]
#[folder = "assets/graphiql"]
#[include = "index.html"]
#[include = "page.*"]
#[include = "icon.svg"]
#[include = "LICENSES.txt"]
#[include = "vendor/*"]
struct Assets;

/// What the page may do. Everything comes from this server; nothing may frame it. `GraphiQL`'s dialogs
/// put style elements into the page while open; its fonts and pointers are `data:` URLs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-elem 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// A file in the form in which it is sent.
struct Stored {
    file: EmbeddedFile,
    encoding: Option<&'static str>,
}

/// The page.
pub(super) async fn page(headers: HeaderMap) -> Response<Body> {
    let mut answer = send("index.html", &headers);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    answer.headers_mut().insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    answer
}

/// A file of the page.
pub(super) async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response<Body> {
    send(&path, &headers)
}

fn send(path: &str, headers: &HeaderMap) -> Response<Body> {
    let Some(stored) = find(path, Encoding::accepted(headers)) else {
        return status(StatusCode::NOT_FOUND);
    };
    let tag = entity_tag(&stored);
    let mut answer =
        if conditional::has(headers, &tag) { status(StatusCode::NOT_MODIFIED) } else { whole(path, stored) };
    let versioned = path.starts_with("vendor/");
    let fixed = answer.headers_mut();
    fixed.insert(header::CACHE_CONTROL, if versioned { FOR_EVER } else { ASK_FIRST });
    fixed.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        fixed.insert(header::ETAG, tag);
    }
    answer
}

/// The file: plain where it lies plain, else compressed as the client takes it. A client that
/// takes neither gets it unpacked on the way.
fn find(path: &str, accepted: Encoding) -> Option<Stored> {
    if let Some(file) = Assets::get(path) {
        return Some(Stored { file, encoding: None });
    }
    let compressed = |suffix: &str| Assets::get(&format!("{path}{suffix}"));
    match accepted {
        Encoding::Brotli => Some(Stored { file: compressed(".br")?, encoding: Some("br") }),
        Encoding::Gzip => Some(Stored { file: compressed(".gz")?, encoding: Some("gzip") }),
        Encoding::Identity => {
            let mut file = compressed(".gz")?;
            let mut plain = Vec::new();
            GzDecoder::new(file.data.as_ref()).read_to_end(&mut plain).ok()?;
            file.data = Cow::Owned(plain);
            Some(Stored { file, encoding: None })
        }
    }
}

fn whole(path: &str, stored: Stored) -> Response<Body> {
    let body = match stored.file.data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut answer = Response::new(body);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    if let Some(encoding) = stored.encoding {
        answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    answer
}

fn status(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

/// Names the bytes sent: another encoding is another tag.
fn entity_tag(stored: &Stored) -> String {
    let hash = URL_SAFE_NO_PAD.encode(stored.file.metadata.sha256_hash());
    format!("\"{hash}{}\"", stored.encoding.unwrap_or_default())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

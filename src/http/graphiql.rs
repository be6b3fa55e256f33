//! `GraphiQL`, from the binary: works without a network, under a strict policy.
//!
//! Our own files (page, script, style) lie plain in `assets/graphiql`; the packages lie beside
//! them in `vendor`, only compressed, with their version in the name, so that browsers may keep
//! them for ever.

use std::{borrow::Cow, collections::HashMap, io::Read, sync::LazyLock};

use axum::{
    body::{Body, Bytes},
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

/// What lies only compressed, by its path, for clients that take no encoding. Unpacked once, all together some
/// megabytes: whoever asks for it again and again is sent the same bytes.
static UNPACKED: LazyLock<HashMap<String, Stored>> = LazyLock::new(|| {
    let unpacked = |name: Cow<'static, str>| {
        let path = name.strip_suffix(GZIP)?;
        let file = Assets::get(&name)?;
        let mut plain = Vec::new();
        GzDecoder::new(file.data.as_ref()).read_to_end(&mut plain).ok()?;
        let hash = file.metadata.sha256_hash();
        Some((path.to_owned(), Stored { bytes: plain.into(), hash, encoding: None }))
    };
    Assets::iter().filter_map(unpacked).collect()
});
const GZIP: &str = ".gz";
const BROTLI: &str = ".br";

/// A file in the form in which it is sent.
#[derive(Clone)]
struct Stored {
    bytes: Bytes,
    /// Of the file as it lies there.
    hash: [u8; 32],
    encoding: Option<&'static str>,
}

impl Stored {
    fn of(file: EmbeddedFile, encoding: Option<&'static str>) -> Self {
        let hash = file.metadata.sha256_hash();
        let bytes = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        Self { bytes, hash, encoding }
    }
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

/// The file: plain where it lies plain, else compressed as the client takes it, or unpacked for one that takes
/// neither.
fn find(path: &str, accepted: Encoding) -> Option<Stored> {
    if let Some(file) = Assets::get(path) {
        return Some(Stored::of(file, None));
    }
    let compressed = |suffix: &str, encoding| {
        Assets::get(&format!("{path}{suffix}")).map(|file| Stored::of(file, Some(encoding)))
    };
    match accepted {
        Encoding::Brotli => compressed(BROTLI, "br"),
        Encoding::Gzip => compressed(GZIP, "gzip"),
        Encoding::Identity => UNPACKED.get(path).cloned(),
    }
}

fn whole(path: &str, stored: Stored) -> Response<Body> {
    let mut answer = Response::new(Body::from(stored.bytes));
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
    let hash = URL_SAFE_NO_PAD.encode(stored.hash);
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

#[cfg(test)]
mod tests {
    use super::{Assets, Encoding, GZIP, UNPACKED, entity_tag, find};

    #[test]
    fn what_lies_compressed_is_unpacked_once_for_all() {
        let mut compressed = 0;
        for name in Assets::iter() {
            let Some(path) = name.strip_suffix(GZIP) else { continue };
            compressed += 1;
            let (one, other) =
                (find(path, Encoding::Identity).unwrap(), find(path, Encoding::Identity).unwrap());
            assert_eq!(one.bytes.as_ptr(), other.bytes.as_ptr(), "{path} is shared");
            let packed = find(path, Encoding::Gzip).unwrap();
            assert!(packed.bytes.len() < one.bytes.len());
            assert_ne!(entity_tag(&packed), entity_tag(&one), "{path}: other bytes, another tag");
        }
        assert_eq!(UNPACKED.len(), compressed);
        let bytes: usize = UNPACKED.values().map(|stored| stored.bytes.len()).sum();
        assert!(bytes < 8 << 20, "{bytes} bytes stay in memory");
    }
}

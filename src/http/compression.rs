//! Compression of GraphQL answers on their way out.
//!
//! What is packed already (`Content-Encoding`) is left alone, and so are event streams, for whose parts
//! nobody should wait: only JSON is compressed. Other routes have nothing to compress: `GraphiQL`'s files
//! lie packed.

use axum::{
    body::Body,
    http::{Extensions, HeaderMap, Response, StatusCode, Version, header},
};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{And, Predicate, SizeAbove},
    },
};

use super::{caching, negotiate::MediaType};
use crate::cache::response::SMALLEST_TO_PACK;

/// For all of zstd, Brotli and gzip: where the next level costs more time than it saves bytes.
const LEVEL: i32 = 4;

/// Tells what is compressed by its head.
type ByHead = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;
type Compressible = And<SizeAbove, ByHead>;

/// Compresses JSON of at least [`SMALLEST_TO_PACK`] bytes, as the client likes it best.
pub(super) fn layer() -> CompressionLayer<Compressible> {
    CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL)).compress_when(compressible())
}

fn compressible() -> Compressible {
    let by_head: ByHead = is_json;
    SizeAbove::new(SMALLEST_TO_PACK as u64).and(by_head)
}

/// Has nobody keep an answer whose client takes no encoding at all: the layer has made it a 406.
pub(super) async fn settle(mut answer: Response<Body>) -> Response<Body> {
    if answer.status() == StatusCode::NOT_ACCEPTABLE {
        caching::forbid(answer.headers_mut());
        answer.headers_mut().remove(header::ETAG);
        answer.headers_mut().remove(header::AGE);
    }
    answer
}

fn is_json(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let sent = headers.get(header::CONTENT_TYPE);
    [MediaType::Json, MediaType::GraphqlResponse].into_iter().any(|media| sent == Some(&media.header()))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{HeaderValue, Response, header},
    };
    use tower_http::compression::predicate::Predicate;

    use super::compressible;

    #[test]
    fn json_of_a_kilobyte_is_compressed_and_nothing_else() {
        let compressed = |media, bytes| {
            let mut answer = Response::new(Body::from(vec![b' '; bytes]));
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
            compressible().should_compress(&answer)
        };
        assert!(compressed("application/json; charset=utf-8", 1_024));
        assert!(compressed("application/graphql-response+json; charset=utf-8", 5_000));
        assert!(!compressed("application/json; charset=utf-8", 1_023));
        for media in ["text/event-stream", "image/png", "application/gzip", "multipart/mixed"] {
            assert!(!compressed(media, 5_000), "{media}");
        }
    }
}

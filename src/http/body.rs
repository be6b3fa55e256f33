//! Reads a request's body: within its limits of size and time, and unpacked.
//!
//! What must stay true: the limit of size holds for the bytes that arrive and again for what they unpack
//! to, and nothing beyond it is ever unpacked.

use std::{
    io::{self, Read},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header},
};
use compression_codecs::{
    BrotliDecoder, DecodeV2,
    core::util::{PartialBuffer, WriteBuffer},
};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::refusal::Refusal;
use crate::error::quoted;

/// The encodings that are read, as `Accept-Encoding` lists them.
pub(super) const ENCODINGS: &str = "gzip, deflate, br, zstd";
/// The largest window that a zstd body may ask memory for, as a power of two (RFC 9659).
const ZSTD_WINDOW: u32 = 23;
/// What is unpacked at a time.
const BROTLI_BUFFER: usize = 4096;

/// How large a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BodyLimit {
    pub(super) bytes: usize,
    /// The setting that moves it.
    pub(super) setting: &'static str,
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Gzip,
    /// zlib's format, as RFC 9110 has it.
    Deflate,
    Brotli,
    Zstd,
}

/// Reads and unpacks a body, which has so long to arrive.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: BodyLimit,
    timeout: Duration,
) -> Result<Bytes, Refusal> {
    let packing = Packing::of(headers)?;
    let bytes = receive(body, limit, timeout).await?;
    match packing {
        None => Ok(bytes),
        Some(packing) => packing.unpack(&bytes, limit).map(Bytes::from),
    }
}

async fn receive(body: Body, limit: BodyLimit, timeout: Duration) -> Result<Bytes, Refusal> {
    // A declared length is judged before a byte is read.
    if body.size_hint().lower() > limit.bytes as u64 {
        return Err(Refusal::too_large(limit));
    }
    match tokio::time::timeout(timeout, Limited::new(body, limit.bytes).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::too_large(limit)),
        Ok(Err(_)) => Err(Refusal::bad_request("the body broke off")),
        Err(_) => Err(Refusal::too_slow(timeout)),
    }
}

impl Packing {
    /// What `Content-Encoding` says; `None` for a body as it is.
    fn of(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let mut lines = headers.get_all(header::CONTENT_ENCODING).iter();
        let Some(line) = lines.next() else { return Ok(None) };
        let name = line.to_str().unwrap_or_default().trim();
        let advice = format!("send it as it is, or with one Content-Encoding of {ENCODINGS}");
        let refused = || Refusal::unsupported(&format!("a body encoded as {}", quoted(name, 40)), &advice);
        if lines.next().is_some() {
            return Err(Refusal::unsupported("a body encoded several times", &advice));
        }
        match name.to_ascii_lowercase().as_str() {
            "identity" => Ok(None),
            "gzip" | "x-gzip" => Ok(Some(Self::Gzip)),
            "deflate" => Ok(Some(Self::Deflate)),
            "br" => Ok(Some(Self::Brotli)),
            "zstd" => Ok(Some(Self::Zstd)),
            _ => Err(refused()),
        }
    }

    /// Unpacks as much as may be, and one byte to see that there is no more.
    fn unpack(self, packed: &[u8], limit: BodyLimit) -> Result<Vec<u8>, Refusal> {
        let max = limit.bytes;
        let mut plain = Vec::new();
        let read = match self {
            Self::Gzip => fill(MultiGzDecoder::new(packed), max, &mut plain),
            Self::Deflate => fill(ZlibDecoder::new(packed), max, &mut plain),
            Self::Brotli => fill_from_brotli(packed, max, &mut plain),
            Self::Zstd => zstd::stream::read::Decoder::with_buffer(packed).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW)?;
                fill(decoder, max, &mut plain)
            }),
        };
        match read {
            Ok(()) if plain.len() > max => Err(Refusal::too_large(limit)),
            Ok(()) => Ok(plain),
            Err(error) => {
                let message = format!("the body cannot be unpacked as its Content-Encoding says: {error}");
                Err(Refusal::bad_request(message))
            }
        }
    }
}

fn fill(source: impl Read, max: usize, plain: &mut Vec<u8>) -> io::Result<()> {
    source.take(max as u64 + 1).read_to_end(plain).map(drop)
}

/// The same for Brotli, by the decoder that is compiled for what goes out.
fn fill_from_brotli(packed: &[u8], max: usize, plain: &mut Vec<u8>) -> io::Result<()> {
    let (mut decoder, mut input) = (BrotliDecoder::new(), PartialBuffer::new(packed));
    let mut buffer = [0; BROTLI_BUFFER];
    while plain.len() <= max {
        let mut output = WriteBuffer::new_initialized(&mut buffer);
        let has_ended = decoder.decode(&mut input, &mut output)?;
        let (read, is_full) = (output.written_len(), output.has_no_spare_space());
        plain.extend_from_slice(&buffer[..read]);
        let more = !input.unwritten().is_empty();
        match (has_ended, more) {
            (true, false) => return Ok(()),
            (true, true) => return Err(io::Error::new(io::ErrorKind::InvalidData, "bytes follow its end")),
            (false, false) if !is_full => return Err(io::ErrorKind::UnexpectedEof.into()),
            (false, _) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{BodyLimit, Packing};
    use crate::http::refusal::Refusal;

    fn of(encodings: &[&'static str]) -> Result<Option<Packing>, Refusal> {
        let mut headers = HeaderMap::new();
        for line in encodings {
            headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(line));
        }
        Packing::of(&headers)
    }

    #[test]
    fn one_known_encoding_is_read() {
        for (encodings, packing) in [
            (&[][..], None),
            (&["identity"][..], None),
            (&["GZIP"][..], Some(Packing::Gzip)),
            (&[" x-gzip "][..], Some(Packing::Gzip)),
            (&["deflate"][..], Some(Packing::Deflate)),
            (&["br"][..], Some(Packing::Brotli)),
            (&["zstd"][..], Some(Packing::Zstd)),
        ] {
            assert_eq!(of(encodings).unwrap(), packing, "{encodings:?}");
        }
        for refused in [&["compress"][..], &["gzip, br"][..], &["gzip", "gzip"][..], &[""][..]] {
            assert_eq!(of(refused).unwrap_err().status, 415, "{refused:?}");
        }
    }

    #[test]
    fn what_is_broken_or_too_large_is_refused_and_never_more_unpacked() {
        let bomb = zstd::bulk::compress(&vec![0; 10_000_000], 19).unwrap();
        assert!(bomb.len() < 2_000);
        let limit = |bytes| BodyLimit { bytes, setting: "http.max_body_bytes" };
        assert_eq!(Packing::Zstd.unpack(&bomb, limit(1_000)).unwrap_err().status, 413);
        assert_eq!(Packing::Zstd.unpack(&bomb, limit(10_000_000)).unwrap().len(), 10_000_000);
        for packing in [Packing::Gzip, Packing::Deflate, Packing::Brotli, Packing::Zstd] {
            assert_eq!(packing.unpack(b"{\"query\":", limit(1_000)).unwrap_err().status, 400, "{packing:?}");
        }
        assert_eq!(
            Packing::Zstd.unpack(&bomb[..bomb.len() / 2], limit(100_000_000)).unwrap_err().status,
            400
        );
    }
}

//! The smallest encodings of a body that is sent often: made once, sent as they are.

use std::io::{self, Write};

use bytes::Bytes;
use compression_codecs::{
    BrotliEncoder, EncodeV2,
    brotli::params::EncoderParams,
    core::{
        Level,
        util::{PartialBuffer, WriteBuffer},
    },
};
use flate2::{Compression, write::GzEncoder};

/// The smallest window there is, and the largest that Brotli takes by default, as powers of two.
const BROTLI_WINDOWS: (u32, u32) = (10, 22);
/// What a window of a size cannot reach of it.
const BROTLI_GAP: usize = 16;

/// Encodings of one body. One that would not be smaller than the body is left out.
pub struct Packed {
    /// For `Content-Encoding: br`.
    pub brotli: Option<Bytes>,
    /// For `Content-Encoding: gzip`.
    pub gzip: Option<Bytes>,
}

impl Packed {
    /// Packs a body.
    pub(super) fn of(body: &[u8]) -> Self {
        let smaller =
            |packed: Vec<u8>| (packed.len() < body.len()).then(|| Bytes::from(packed.into_boxed_slice()));
        Self {
            brotli: brotli(body).ok().flatten().and_then(smaller),
            gzip: gzip(body).ok().and_then(smaller),
        }
    }

    /// Bytes of memory they take.
    pub(super) fn size(&self) -> usize {
        [&self.brotli, &self.gzip].into_iter().flatten().map(Bytes::len).sum()
    }
}

/// The highest quality of Brotli; `None` where that takes more room than the body.
fn brotli(body: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let parameters = EncoderParams::default()
        .quality(Level::Best)
        .window_size(window(body.len()).cast_signed())
        .size_hint(body.len());
    let mut encoder = BrotliEncoder::new(parameters);
    let mut packed = vec![0; body.len()];
    let (mut input, mut output) = (PartialBuffer::new(body), WriteBuffer::new_initialized(&mut packed));
    while !input.unwritten().is_empty() && !output.has_no_spare_space() {
        encoder.encode(&mut input, &mut output)?;
    }
    let is_whole =
        input.unwritten().is_empty() && !output.has_no_spare_space() && encoder.finish(&mut output)?;
    let length = output.written_len();
    packed.truncate(length);
    Ok(is_whole.then_some(packed))
}

/// The smallest window that reaches over a whole body. The encoder allocates for its window whatever the body:
/// with the largest one, 2 KB take 50 MB and four times as long, and get no smaller.
fn window(length: usize) -> u32 {
    let (smallest, largest) = BROTLI_WINDOWS;
    let bits = usize::BITS - length.saturating_add(BROTLI_GAP).leading_zeros();
    bits.clamp(smallest, largest)
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{BROTLI_GAP, Packed, window};

    #[test]
    fn the_window_reaches_over_the_body_and_is_no_larger_than_needed() {
        for length in [2_000, 10_000, 16_368, 100_000, 4_000_000] {
            let window = window(length);
            assert!((1 << window) - BROTLI_GAP >= length, "{length} bytes, window {window}");
            assert!(1 << (window - 1) < length + 2 * BROTLI_GAP, "{length} bytes, window {window}");
        }
        assert_eq!((window(0), window(usize::MAX)), (10, 22));
    }

    #[test]
    fn both_encodings_unpack_to_the_body_and_take_less() {
        let body = "{\"ocid\":\"ocds-x-001\",\"title\":\"Gravel\"},".repeat(100);
        let packed = Packed::of(body.as_bytes());
        let (brotli, gzip) = (packed.brotli.as_ref().unwrap(), packed.gzip.as_ref().unwrap());
        assert_eq!(packed.size(), brotli.len() + gzip.len());
        assert!(packed.size() < body.len());
        let (mut one, mut other) = (String::new(), String::new());
        brotli::Decompressor::new(&brotli[..], 4096).read_to_string(&mut one).unwrap();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_string(&mut other).unwrap();
        assert_eq!((one.as_str(), other.as_str()), (body.as_str(), body.as_str()));

        let empty = Packed::of(b"");
        assert!(empty.brotli.is_none() && empty.gzip.is_none(), "nothing is smaller than nothing");
    }
}

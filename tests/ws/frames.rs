//! The client's side of a WebSocket, frame by frame, so that it can be wrong where a client would not.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use tokio::io::{AsyncRead, AsyncReadExt};

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

pub(crate) const FIN: u8 = 0x80;
pub(crate) const RSV1: u8 = 0x40;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const FLUSHED: [u8; 4] = [0, 0, 0xff, 0xff];

/// A masked frame; `first` is its first byte.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len() as u64);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The header of a masked frame that says it is so long.
pub(crate) fn header(first: u8, length: u64) -> Vec<u8> {
    let mut header = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => header.push(0x80 | short),
        (_, Ok(medium)) => {
            header.push(0xfe);
            header.extend(medium.to_be_bytes());
        }
        _ => {
            header.push(0xff);
            header.extend(length.to_be_bytes());
        }
    }
    header.extend(MASK);
    header
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    frame(FIN | TEXT, text.as_bytes())
}

pub(crate) fn close(code: u16) -> Vec<u8> {
    frame(FIN | CLOSE, &code.to_be_bytes())
}

/// A frame as the server sent it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

impl Sent {
    /// The code of a close frame.
    pub(crate) fn code(&self) -> u16 {
        assert_eq!(self.first, FIN | CLOSE);
        u16::from_be_bytes([self.payload[0], self.payload[1]])
    }

    /// The message, unpacked if it was packed.
    pub(crate) fn message(self) -> Vec<u8> {
        if self.first & RSV1 == 0 { self.payload } else { unpacked(&self.payload) }
    }
}

/// The next frame of the server; none at the end.
pub(crate) async fn read(io: &mut (impl AsyncRead + Unpin)) -> Option<Sent> {
    let first = io.read_u8().await.ok()?;
    let length = match io.read_u8().await.unwrap() {
        126 => usize::from(io.read_u16().await.unwrap()),
        127 => usize::try_from(io.read_u64().await.unwrap()).unwrap(),
        short => {
            assert!(short < 126, "a server does not mask");
            usize::from(short)
        }
    };
    let mut payload = vec![0; length];
    io.read_exact(&mut payload).await.unwrap();
    Some(Sent { first, payload })
}

/// Packed as a client packs.
pub(crate) fn packed(plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(plain.len() + 64);
    let mut compress = Compress::new(Compression::default(), false);
    compress.compress_vec(plain, &mut packed, FlushCompress::Sync).unwrap();
    packed.truncate(packed.len() - FLUSHED.len());
    packed
}

/// Unpacked as a client unpacks, knowing nothing of messages before.
pub(crate) fn unpacked(packed: &[u8]) -> Vec<u8> {
    let input = [packed, &FLUSHED].concat();
    let mut plain = Vec::new();
    let mut decompress = Decompress::new(false);
    while plain.len() == plain.capacity() {
        plain.reserve(2 * plain.len() + input.len());
        let rest = usize::try_from(decompress.total_in()).unwrap();
        decompress.decompress_vec(&input[rest..], &mut plain, FlushDecompress::Sync).unwrap();
    }
    assert_eq!(decompress.total_in(), input.len() as u64);
    plain
}

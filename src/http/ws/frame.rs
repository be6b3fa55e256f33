//! Frames as a server writes them (RFC 6455, section 5): unmasked, one per message.
//!
//! They gather in one buffer, in their order, and leave with as few writes as the connection takes. Bytes
//! that many sockets share are copied into it: 8 KB take 0.2 µs, less than one call spends on a list of
//! buffers instead of one, and a call takes 2 to 7 µs. So a socket's queue must be kept short by who fills
//! it: what waits is not shared.

use bytes::{Buf, BufMut, BytesMut};

use super::deflate;

/// The last (here: the only) frame of a message.
const FIN: u8 = 0b1000_0000;
/// The message is packed (RFC 7692, section 6).
const RSV1: u8 = 0b0100_0000;
/// The longest payload of a control frame, in bytes.
pub(super) const LARGEST_CONTROL: usize = 125;
/// The longest reason of a close frame, in bytes: its code takes two.
const LONGEST_REASON: usize = LARGEST_CONTROL - 2;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// Frames that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Outgoing(BytesMut);

impl Outgoing {
    /// A frame whose payload is these parts, as they are.
    pub(super) fn plain(&mut self, opcode: Opcode, parts: &[&[u8]]) {
        self.header(opcode as u8, parts.iter().map(|part| part.len()).sum());
        for part in parts {
            self.0.extend_from_slice(part);
        }
    }

    /// A packed message: `head` stored, then blocks that are packed already.
    pub(super) fn packed(&mut self, opcode: Opcode, head: &[u8], blocks: &[u8]) {
        self.header(opcode as u8 | RSV1, deflate::stored_length(head.len()) + blocks.len());
        deflate::store(head, &mut self.0);
        self.0.extend_from_slice(blocks);
    }

    /// A close frame; without a code it says nothing. The reason is cut where it would not fit.
    pub(super) fn close(&mut self, code: Option<u16>, reason: &str) {
        let Some(code) = code else { return self.plain(Opcode::Close, &[]) };
        let reason = &reason[..reason.floor_char_boundary(LONGEST_REASON)];
        self.plain(Opcode::Close, &[&code.to_be_bytes(), reason.as_bytes()]);
    }

    /// How many bytes wait.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What waits, to be written from its beginning.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Forgets what was written. A socket that has nothing to say holds no memory for it.
    pub(super) fn written(&mut self, count: usize) {
        self.0.advance(count);
        if self.0.is_empty() {
            self.0 = BytesMut::new();
        }
    }

    /// Makes room for the whole frame, so that the buffer grows once, and writes its header.
    fn header(&mut self, first: u8, length: usize) {
        self.0.reserve(length + 10);
        self.0.put_u8(first | FIN);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ ..=125), _) => self.0.put_u8(short),
            (_, Ok(medium)) => {
                self.0.put_u8(126);
                self.0.put_u16(medium);
            }
            _ => {
                self.0.put_u8(127);
                self.0.put_u64(length as u64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Opcode, Outgoing};
    use crate::http::ws::deflate::{
        Deflate,
        tests::{text, unpacked},
    };

    /// The payload of the only frame in these bytes, which must have the shortest header there is.
    fn payload(bytes: &[u8], first: u8) -> &[u8] {
        assert_eq!(bytes[0], first);
        let (length, payload) = match bytes[1] {
            126 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), &bytes[4..]),
            127 => (u64::from_be_bytes(bytes[2..10].try_into().unwrap()).try_into().unwrap(), &bytes[10..]),
            short => (usize::from(short), &bytes[2..]),
        };
        assert_eq!(length, payload.len());
        let header = bytes.len() - payload.len();
        assert_eq!(
            header,
            if length < 126 {
                2
            } else if length < 65_536 {
                4
            } else {
                10
            }
        );
        payload
    }

    #[test]
    fn a_header_says_the_length_at_every_boundary() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000] {
            let mut outgoing = Outgoing::default();
            let text = text(length);
            outgoing.plain(Opcode::Text, &[&text[..length / 2], &text[length / 2..]]);
            assert!(payload(outgoing.bytes(), 0x81) == text, "{length}");
        }
    }

    #[test]
    fn a_packed_message_is_its_head_and_its_tail() {
        let deflate = Deflate::default();
        for head in [0, 125, 126, 65_535, 65_536] {
            for tail in [0, 125, 126, 5_700, 65_535, 65_536] {
                let (head, tail) = (text(head), text(tail));
                let mut outgoing = Outgoing::default();
                outgoing.packed(Opcode::Text, &head, &deflate.pack(&[&tail]));
                assert!(unpacked(payload(outgoing.bytes(), 0xc1)) == [head, tail].concat());
            }
        }
    }

    #[test]
    fn a_reason_is_cut_between_characters() {
        let mut outgoing = Outgoing::default();
        outgoing.close(Some(4400), &"ñ".repeat(100));
        let payload = payload(outgoing.bytes(), 0x88);
        assert_eq!(payload[..2], 4400_u16.to_be_bytes());
        assert_eq!(std::str::from_utf8(&payload[2..]).unwrap(), "ñ".repeat(61));
        let mut outgoing = Outgoing::default();
        outgoing.close(None, "nobody reads this");
        assert_eq!(outgoing.bytes(), [0x88, 0]);
    }

    #[test]
    fn what_is_written_is_forgotten_and_its_memory_with_it() {
        let mut outgoing = Outgoing::default();
        outgoing.plain(Opcode::Text, &[b"first"]);
        outgoing.plain(Opcode::Ping, &[]);
        outgoing.written(3);
        assert_eq!(outgoing.bytes(), b"irst\x89\0");
        outgoing.written(6);
        assert_eq!((outgoing.len(), outgoing.0.capacity()), (0, 0));
    }
}

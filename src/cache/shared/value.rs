//! How a value lies in Redis, and how it is read back.
//!
//! | bytes | what |
//! |---|---|
//! | 0 | [`FORMAT`] |
//! | 1–8 | the sequence it was read at, big endian; the script that stores values compares it |
//! | 9–12 | the checksum (CRC-32) of all other bytes, big endian |
//! | 13 | 0: as it is; 1: packed by zstd |
//! | 14– | the value; of a packed one first how long it was, in 4 bytes, big endian |
//!
//! What cannot be read back whole is missing: another format, half a value, a changed bit. So whatever lies
//! in Redis, nobody is answered with what was not put there.

use std::{cell::RefCell, io};

use flate2::Crc;
use zstd::bulk::{Compressor, Decompressor};

use super::Held;

/// The format of everything that is kept in Redis: this layout, every type that is cached, and the entries of the
/// change log. **Raise it whenever one of them changes.** It is in the keys and in the values, so that two releases
/// can share one Redis and neither reads what the other wrote.
pub const FORMAT: u8 = 2;

/// Where the checksum begins.
const CHECKSUM: usize = 9;
/// Where the flag lies that tells a packed value.
const FLAG: usize = 13;
/// Bytes before the value.
const HEADER: usize = 14;
/// Longer values are packed.
const PACKED_ABOVE: usize = 1024;
/// Longer values are not kept: one of them would hold up all that come after it on the connection.
pub(super) const LONGEST: usize = 8 << 20;

/// A value as it lies in Redis. `None` when it is too long to be kept, or was read at no sequence.
pub(crate) fn encode(read_at: i64, bytes: &[u8]) -> Option<Vec<u8>> {
    let read_at = u64::try_from(read_at).ok()?;
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= LONGEST)?;
    let packed = Some(bytes).filter(|bytes| bytes.len() > PACKED_ABOVE).and_then(|bytes| pack(bytes).ok());
    // What was packed before does not get shorter.
    let packed = packed.filter(|packed| packed.len() + size_of::<u32>() < bytes.len());

    let mut value = Vec::with_capacity(HEADER + size_of::<u32>() + bytes.len());
    value.push(FORMAT);
    value.extend(read_at.to_be_bytes());
    value.extend([0; FLAG - CHECKSUM]);
    if let Some(packed) = packed {
        value.push(1);
        value.extend(length.to_be_bytes());
        value.extend(packed);
    } else {
        value.push(0);
        value.extend(bytes);
    }
    let sum = checksum(&value);
    value[CHECKSUM..FLAG].copy_from_slice(&sum.to_be_bytes());
    Some(value)
}

/// Reads a value back; `None` when it is not whole or of another format.
pub(crate) fn decode(value: &[u8]) -> Option<Held> {
    let (header, rest) = value.split_first_chunk::<HEADER>()?;
    let sum = u32::from_be_bytes(header[CHECKSUM..FLAG].try_into().ok()?);
    if header[0] != FORMAT || sum != checksum(value) {
        return None;
    }
    let read_at = i64::from_be_bytes(header[1..CHECKSUM].try_into().ok()?);
    let bytes = match header[FLAG] {
        0 => rest.to_vec(),
        1 => {
            let (length, packed) = rest.split_first_chunk()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok().filter(|it| *it <= LONGEST)?;
            unpack(packed, length).ok().filter(|bytes| bytes.len() == length)?
        }
        _ => return None,
    };
    Some(Held { read_at, bytes }).filter(|held| held.read_at >= 0)
}

/// The checksum of a value of at least a header: of all but itself.
fn checksum(value: &[u8]) -> u32 {
    let mut sum = Crc::new();
    sum.update(&value[..CHECKSUM]);
    sum.update(&value[FLAG..]);
    sum.sum()
}

fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        /// Making one takes longer than packing a value.
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|made| match made {
        Some(compressor) => compressor.compress(bytes),
        None => made.insert(Compressor::new(1)?).compress(bytes),
    })
}

fn unpack(packed: &[u8], length: usize) -> io::Result<Vec<u8>> {
    thread_local! {
        /// As for [`pack`].
        static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    }
    DECOMPRESSOR.with_borrow_mut(|made| match made {
        Some(decompressor) => decompressor.decompress(packed, length),
        None => made.insert(Decompressor::new()?).decompress(packed, length),
    })
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Values that pack well and ones that do not, around the length from which they are packed.
    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![vec(any::<u8>(), 0..3000), (any::<u8>(), 0..20_000_usize).prop_map(|(b, n)| vec![b; n])]
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_went_in(read_at in 0..=i64::MAX, bytes in any_bytes()) {
            let held = decode(&encode(read_at, &bytes).unwrap()).unwrap();
            prop_assert_eq!((held.read_at, held.bytes), (read_at, bytes));
        }

        #[test]
        fn what_was_changed_or_cut_is_missing(bytes in any_bytes(), at: prop::sample::Index, bit in 0..8) {
            let mut value = encode(7, &bytes).unwrap();
            let at = at.index(value.len());
            prop_assert!(decode(&value[..at]).is_none());
            value[at] ^= 1_u8 << bit;
            prop_assert!(decode(&value).is_none());
        }

        /// Also where the checksum is right, as nothing that lies in Redis by chance has it.
        #[test]
        fn any_bytes_at_all_are_missing_or_a_value(mut value in vec(any::<u8>(), 0..200), flag in 0..3_u8) {
            let _ = decode(&value);
            if value.len() >= HEADER {
                (value[0], value[FLAG]) = (FORMAT, flag);
                let sum = checksum(&value);
                value[CHECKSUM..FLAG].copy_from_slice(&sum.to_be_bytes());
                let held = decode(&value);
                prop_assert_eq!(held.is_some_and(|held| held.bytes == value[HEADER..]), flag == 0 && value[1] < 128);
            }
        }
    }

    #[test]
    fn long_values_are_packed_and_too_long_ones_are_not_kept() {
        assert_eq!(encode(1, &[7; PACKED_ABOVE]).unwrap().len(), HEADER + PACKED_ABOVE);
        assert!(encode(1, &[7; PACKED_ABOVE + 1]).unwrap().len() < 100);
        let longest = encode(1, &vec![7; LONGEST]).unwrap();
        assert_eq!(decode(&longest).unwrap().bytes.len(), LONGEST);
        assert!(encode(1, &vec![7; LONGEST + 1]).is_none());
        assert!(encode(-1, b"read at no sequence").is_none());
    }

    #[test]
    fn another_format_is_missing() {
        let mut value = encode(1, b"of another release").unwrap();
        value[0] = FORMAT + 1;
        let sum = checksum(&value);
        value[CHECKSUM..FLAG].copy_from_slice(&sum.to_be_bytes());
        assert!(decode(&value).is_none());
    }
}

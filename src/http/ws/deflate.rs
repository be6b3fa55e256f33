//! permessage-deflate (RFC 7692): packing, and what packs and unpacks for all sockets.
//!
//! No message refers to one before it (neither side takes its context over), so that a socket holds nothing
//! between messages, and so that what is packed once fits into any message of any socket: DEFLATE copies
//! only from what the same blocks said before. What must stay true: packed bytes begin and end at a byte's
//! boundary and lack the four bytes that every sync flush ends with, as the RFC has it (section 7.2.1).

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use bytes::{BufMut, Bytes};
use flate2::{Compress, CompressError, Compression, FlushCompress};
use yawc::{DeflateOptions, DeflatePool};

/// The smallest message, in bytes, that is worth packing: smaller ones leave in one segment either way.
pub const SMALLEST_TO_PACK: usize = 1_024;

/// 8 % smaller than level 3 for a fifth more time (5,700 bytes of releases: 1,640 in 27 µs against 1,660 in
/// 24 µs; 60,000: 7,030 in 161 µs against 7,546 in 113 µs), and what many receive is packed once.
const LEVEL: u32 = 6;
/// What a sync flush ends with: an empty stored block without its header. It is not sent.
const FLUSHED: [u8; 4] = [0, 0, 0xff, 0xff];
/// The most bytes of a stored block: its length is written with 16 bits.
const LARGEST_STORED: usize = 0xffff;
/// The least room given to the compressor: a flush needs more than six bytes to end in one go.
const ROOM: usize = 64;

/// Packs and unpacks for all sockets; a clone is another handle.
///
/// A compressor's state takes about 300 KB and an inflater's about 50 KB, so they are not a socket's: one is
/// taken for the time of a message. Packing never waits, so no more compressors are in use than threads
/// run; that many are kept, and no more than there ever were at once.
#[derive(Clone, Debug)]
pub struct Deflate(Arc<Pools>);

#[derive(Debug)]
struct Pools {
    /// Compressors that rest, as good as new.
    resting: Mutex<Vec<Compress>>,
    /// How many of each kind may rest.
    kept: usize,
    inflaters: DeflatePool,
}

impl Default for Deflate {
    /// For as many threads as the machine runs at once.
    fn default() -> Self {
        let kept = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self(Arc::new(Pools { resting: Mutex::default(), kept, inflaters: DeflatePool::new(kept) }))
    }
}

impl Deflate {
    /// The blocks of these parts, one after the other: what a message has after its header, or after
    /// stored blocks. Shorter parts than [`SMALLEST_TO_PACK`] are packed too; whether it is worth it is
    /// the caller's to know.
    pub fn pack(&self, parts: &[&[u8]]) -> Bytes {
        let mut compress = self.take();
        let mut blocks = Vec::with_capacity(parts.iter().map(|part| part.len()).sum::<usize>() / 3 + ROOM);
        match write(&mut compress, parts, &mut blocks) {
            Ok(()) => self.rest(compress),
            // zlib fails only on a state that is not one. The bytes go out as they are, the state is dropped.
            Err(error) => {
                tracing::error!(%error, "a message could not be packed");
                blocks.clear();
                for part in parts {
                    store(part, &mut blocks);
                }
                blocks.push(0);
            }
        }
        blocks.into()
    }

    /// How yawc unpacks: from the pool, nothing kept from message to message.
    pub(super) fn options(&self) -> DeflateOptions {
        DeflateOptions {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            pool: Some(self.0.inflaters.clone()),
            ..DeflateOptions::default()
        }
    }

    fn take(&self) -> Compress {
        let resting = self.resting().pop();
        resting.unwrap_or_else(|| Compress::new(Compression::new(LEVEL), false))
    }

    fn rest(&self, mut compress: Compress) {
        compress.reset();
        let mut resting = self.resting();
        if resting.len() < self.0.kept {
            resting.push(compress);
        }
    }

    /// A panic of another thread leaves whole compressors behind.
    fn resting(&self) -> MutexGuard<'_, Vec<Compress>> {
        self.0.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends stored blocks (BTYPE 00): the bytes as they are, 5 more per 65,535. They can precede packed
/// blocks.
pub(super) fn store(bytes: &[u8], blocks: &mut impl BufMut) {
    for chunk in bytes.chunks(LARGEST_STORED) {
        let length = u16::try_from(chunk.len()).unwrap_or(u16::MAX);
        // Three bits say "not the last block, stored"; the rest of the byte is padding.
        blocks.put_u8(0);
        blocks.put_u16_le(length);
        blocks.put_u16_le(!length);
        blocks.put_slice(chunk);
    }
}

/// How many bytes [`store`] appends.
pub(super) const fn stored_length(bytes: usize) -> usize {
    bytes + bytes.div_ceil(LARGEST_STORED) * 5
}

/// Appends the blocks of the parts, flushed, without [`FLUSHED`].
fn write(compress: &mut Compress, parts: &[&[u8]], blocks: &mut Vec<u8>) -> Result<(), CompressError> {
    for part in parts {
        feed(compress, part, FlushCompress::None, blocks)?;
    }
    feed(compress, &[], FlushCompress::Sync, blocks)?;
    match blocks.len().checked_sub(FLUSHED.len()) {
        Some(end) if blocks[end..] == FLUSHED => blocks.truncate(end),
        // Nothing was written, so there was nothing to flush: the header of an empty stored block.
        _ => blocks.push(0),
    }
    Ok(())
}

fn feed(
    compress: &mut Compress,
    mut input: &[u8],
    flush: FlushCompress,
    blocks: &mut Vec<u8>,
) -> Result<(), CompressError> {
    loop {
        if blocks.capacity() - blocks.len() < ROOM {
            blocks.reserve(blocks.len().max(ROOM));
        }
        let before = compress.total_in();
        compress.compress_vec(input, blocks, flush)?;
        let taken = usize::try_from(compress.total_in() - before).unwrap_or(usize::MAX);
        input = input.get(taken..).unwrap_or_default();
        // With room left, nothing is held back.
        if input.is_empty() && blocks.len() < blocks.capacity() {
            return Ok(());
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::thread;

    use flate2::{Decompress, FlushDecompress};
    use proptest::prelude::*;

    use super::{Deflate, FLUSHED, LARGEST_STORED, store, stored_length};

    /// What a client makes of packed bytes (RFC 7692, section 7.2.2).
    pub(in crate::http::ws) fn unpacked(blocks: &[u8]) -> Vec<u8> {
        let mut decompress = Decompress::new(false);
        let mut plain = Vec::with_capacity(64);
        let mut input = [blocks, &FLUSHED].concat();
        while !input.is_empty() {
            plain.reserve(plain.len() + 64);
            let before = decompress.total_in();
            decompress.decompress_vec(&input, &mut plain, FlushDecompress::Sync).unwrap();
            let taken = usize::try_from(decompress.total_in() - before).unwrap();
            assert!(taken > 0 || plain.len() == plain.capacity(), "the blocks are whole");
            input.drain(..taken);
        }
        plain
    }

    /// Text that packs about as well as JSON does.
    pub(in crate::http::ws) fn text(length: usize) -> Vec<u8> {
        let words =
            (0..).flat_map(|n: usize| format!("{{\"id\":{},\"at\":{}}},", n % 97, n * n).into_bytes());
        words.take(length).collect()
    }

    #[test]
    fn what_is_packed_unpacks_whatever_its_length() {
        let deflate = Deflate::default();
        for length in (0..3_000).step_by(7).chain([65_535, 65_536, 1_000_000]) {
            let text = text(length);
            let blocks = deflate.pack(&[&text]);
            assert!(!blocks.ends_with(&FLUSHED), "{length}");
            assert!(unpacked(&blocks) == text, "{length}");
        }
    }

    #[test]
    fn stored_and_packed_blocks_make_one_message_at_every_boundary() {
        let deflate = Deflate::default();
        for head in [0, 1, 125, 126, LARGEST_STORED, LARGEST_STORED + 1, 2 * LARGEST_STORED + 1] {
            for tail in [0, 1, 125, 126, 1_024, 65_535, 65_536] {
                let (head, tail) = (text(head), text(tail));
                let mut blocks = Vec::new();
                store(&head, &mut blocks);
                assert_eq!(blocks.len(), stored_length(head.len()));
                blocks.extend(deflate.pack(&[&tail[..tail.len() / 3], &tail[tail.len() / 3..]]));
                assert!(unpacked(&blocks) == [head, tail].concat());
            }
        }
    }

    #[test]
    fn compressors_are_kept_for_as_many_threads_as_run_at_once() {
        let deflate = Deflate::default();
        assert!(deflate.resting().is_empty());
        for _ in 0..3 {
            deflate.pack(&[b"one after the other"]);
        }
        assert_eq!(deflate.resting().len(), 1);
        thread::scope(|scope| {
            for _ in 0..deflate.0.kept * 4 {
                scope.spawn(|| (0..50).for_each(|_| drop(deflate.pack(&[&text(5_000)]))));
            }
        });
        assert!(deflate.resting().len() <= deflate.0.kept);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_parts_unpack(parts in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..2_000), 0..4,
        )) {
            let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(unpacked(&Deflate::default().pack(&slices)), parts.concat());
        }
    }
}

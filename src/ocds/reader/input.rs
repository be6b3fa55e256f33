//! Bytes as they come: inflated where they are gzip, without a byte-order mark, in a bounded window.

use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::scan::Place;

/// How many bytes are read at a time.
const CHUNK: usize = 256 * 1024;
const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// The input and the part of it held in memory.
pub(super) struct Input {
    source: Source,
    /// The bytes held.
    bytes: Vec<u8>,
    /// The offset of the first of them.
    base: u64,
    /// How many of them have been looked at.
    pub(super) at: usize,
    /// Whether all bytes have come.
    ended: bool,
}

enum Source {
    Unopened(Option<Box<dyn Read + Send>>),
    Open(Box<dyn Read + Send>),
}

impl Input {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self { source: Source::Unopened(Some(input)), bytes: Vec::new(), base: 0, at: 0, ended: false }
    }

    /// The bytes held, and the offset of the first.
    pub(super) fn held(&self) -> (&[u8], u64) {
        (&self.bytes, self.base)
    }

    /// The offset of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// The bytes not yet looked at.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// The bytes between two offsets, which must still be held.
    pub(super) fn slice(&self, from: u64, to: u64) -> &[u8] {
        let index = |offset: u64| usize::try_from(offset.saturating_sub(self.base)).unwrap_or(usize::MAX);
        self.bytes.get(index(from)..index(to)).unwrap_or_default()
    }

    /// Goes back to a place that is still held.
    pub(super) fn rewind(&mut self, to: Place) {
        self.at = usize::try_from(to.offset.saturating_sub(self.base)).unwrap_or_default();
    }

    /// Whether every byte has come and been looked at.
    pub(super) fn is_at_end(&self) -> bool {
        self.ended && self.at == self.bytes.len()
    }

    /// No more bytes are wanted.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.at = self.bytes.len();
    }

    /// Reads more bytes, and forgets those before `keep`. False when there are no more.
    pub(super) fn fill(&mut self, keep: u64) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.forget(keep);
        let held = self.bytes.len();
        let read = self.source.open()?.take(CHUNK as u64).read_to_end(&mut self.bytes);
        self.ended = !matches!(read, Ok(1..));
        if self.base == 0 && held == 0 && self.bytes.starts_with(UTF8_MARK) {
            self.at = UTF8_MARK.len();
        }
        // What came before an error has been appended and is still looked at.
        read.map(|_| self.bytes.len() > held)
    }

    fn forget(&mut self, keep: u64) {
        let keep = keep.min(self.offset());
        let gone = usize::try_from(keep.saturating_sub(self.base)).unwrap_or_default();
        if gone > 0 {
            self.bytes.copy_within(gone.., 0);
            self.bytes.truncate(self.bytes.len() - gone);
            self.base += gone as u64;
            self.at -= gone;
        }
        // A single large value must not keep its memory for the rest of the input.
        if self.bytes.capacity() > 8 * CHUNK && self.bytes.len() < CHUNK {
            self.bytes.shrink_to(2 * CHUNK);
        }
    }
}

impl Source {
    fn open(&mut self) -> io::Result<&mut Box<dyn Read + Send>> {
        if let Self::Unopened(input) = self {
            let input = input.take().unwrap_or_else(|| Box::new(io::empty()));
            *self = Self::Open(inflated(input)?);
        }
        match self {
            Self::Open(input) => Ok(input),
            Self::Unopened(_) => Err(io::Error::other("the input could not be opened")),
        }
    }
}

/// Inflates what begins with the magic bytes of gzip, whatever the file is called.
fn inflated(mut input: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut magic = Vec::with_capacity(2);
    input.by_ref().take(2).read_to_end(&mut magic)?;
    let is_gzip = magic == [0x1F, 0x8B];
    let whole = Cursor::new(magic).chain(input);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

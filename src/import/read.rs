//! Reads inputs one after the other into chunks.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    report::{Place, PlacedIssue},
    source::Input,
};
use crate::ocds::{
    issue::{Issue, IssueKind},
    reader::{Piece, ReadIssue, Reader},
};

/// A chunk is full at this many bytes, however few its pieces.
const CHUNK_BYTES: usize = 4 << 20;

/// Pieces that are prepared and applied together.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) pieces: Vec<(Arc<str>, Piece)>,
    pub(super) issues: Vec<PlacedIssue>,
    /// How many inputs ended in it.
    pub(super) files: u64,
    /// How long it took to read, besides waiting.
    pub(super) reading: Duration,
}

/// Reads all inputs. Ends early, without an error, when nobody takes chunks any more.
pub(super) fn read(
    inputs: &[Input],
    chunk_pieces: usize,
    bytes_read: &Arc<AtomicU64>,
    take: &dyn Fn(Chunk) -> Result<(), Gone>,
) {
    let mut chunker =
        Chunker { chunk: Chunk::default(), bytes: 0, chunk_pieces, since: Instant::now(), take };
    for input in inputs {
        let name: Arc<str> = input.name().into();
        let read = match input.open() {
            Ok(opened) => {
                let counted = Counted { input: opened, bytes: Arc::clone(bytes_read) };
                chunker.input(&name, Reader::new(&*name, counted))
            }
            Err(error) => chunker.unreadable(&name, &error),
        };
        chunker.chunk.files += 1;
        if read.is_err() {
            return;
        }
    }
    let _ = chunker.send();
}

/// Nobody takes chunks any more.
pub(super) struct Gone;

struct Chunker<'a> {
    chunk: Chunk,
    bytes: usize,
    chunk_pieces: usize,
    /// When the chunk was begun.
    since: Instant,
    take: &'a dyn Fn(Chunk) -> Result<(), Gone>,
}

impl Chunker<'_> {
    fn input(&mut self, name: &Arc<str>, mut reader: Reader) -> Result<(), Gone> {
        while let Some(piece) = reader.next_piece() {
            match piece {
                Ok(piece) => {
                    self.bytes += piece.bytes.len();
                    self.chunk.pieces.push((Arc::clone(name), piece));
                }
                Err(issue) => self.chunk.issues.push(unread(issue)),
            }
            if self.chunk.pieces.len() >= self.chunk_pieces || self.bytes >= CHUNK_BYTES {
                self.send()?;
            }
        }
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same outcome as reading an input that can be opened")]
    fn unreadable(&mut self, name: &str, error: &io::Error) -> Result<(), Gone> {
        let message = format!("{name} cannot be opened: {error}");
        self.chunk.issues.push(PlacedIssue {
            place: Place { file: name.to_owned(), line: 0, offset: 0 },
            ocid: None,
            issue: Issue::new(IssueKind::UnreadableInput, "", "", message),
            refused: true,
        });
        Ok(())
    }

    fn send(&mut self) -> Result<(), Gone> {
        self.bytes = 0;
        self.chunk.reading = self.since.elapsed();
        (self.take)(std::mem::take(&mut self.chunk))?;
        self.since = Instant::now();
        Ok(())
    }
}

fn unread(issue: ReadIssue) -> PlacedIssue {
    PlacedIssue {
        place: Place { file: issue.source_name, line: issue.line, offset: issue.offset },
        ocid: None,
        issue: Issue::new(issue.kind, "", "", issue.message),
        refused: true,
    }
}

/// Counts the bytes of an input as they are read, for the progress bar.
struct Counted<R> {
    input: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

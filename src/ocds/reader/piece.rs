//! What the reader hands out.

use crate::ocds::issue::IssueKind;

/// The largest release, record or bare document that is read, in bytes.
pub const MAX_PIECE: u64 = 64 << 20;

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// A release: bare, or of a package.
    Release,
    /// A record: bare, or of a package.
    Record,
    /// A package without its releases and records: an object. Comes after them.
    Package,
}

/// A part of the input that can be read by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Its bytes as published. Brackets match; nothing else is checked.
    pub bytes: Vec<u8>,
    /// The line it begins on, from 1.
    pub line: u64,
    /// The bytes before it, counted after inflation.
    pub offset: u64,
}

/// A part of the input that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}, line {line}, byte {offset}: {message}")]
pub struct ReadIssue {
    /// What was wrong.
    pub kind: IssueKind,
    /// The input, as named to [`Reader::new`](super::Reader::new).
    pub source_name: String,
    /// The line on which it was noticed, from 1.
    pub line: u64,
    /// The bytes before the place where it was noticed, counted after inflation.
    pub offset: u64,
    /// What was wrong and what was done about it, for a person.
    pub message: String,
}

//! One outermost value of the input, and what is known of it so far.

use super::input::Input;
use super::scan::Place;
use super::{MAX_PIECE, PieceKind, WINDOW};

/// The largest member of a package that is kept as something the package says of itself.
const MAX_PACKAGE_MEMBER: u64 = 64 * 1024;

/// A part of a document: a release, a record, or the whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) kind: PieceKind,
    pub(super) from: Place,
    pub(super) to: u64,
}

/// What happens to the elements of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Elements {
    /// They are held: it may be a record.
    Held,
    /// They are handed out as they come.
    HandedOut,
    /// Some were.
    Begun,
}

/// An object is undecided until its keys tell: a package has a list of releases or records, a record
/// has an ocid (or a compiled release) too, and everything else is handed out whole.
#[derive(Debug)]
pub(super) struct Document {
    /// Where it begins.
    pub(super) start: Place,
    /// Whether it is an array of releases, records or packages.
    pub(super) list: bool,
    elements_are: Elements,
    /// The first offset whose bytes are still needed.
    pub(super) keep: u64,
    /// The kind of the elements under the current key, where it names a list of them.
    element_kind: Option<PieceKind>,
    record_like: bool,
    has_records: bool,
    elements: Vec<Part>,
    key_from: u64,
    /// The other members, key and value.
    members: Vec<(u64, u64)>,
    /// The text of those members that need not be held any longer.
    said: Vec<u8>,
}

impl Document {
    pub(super) fn new(start: Place, list: bool) -> Self {
        Self {
            start,
            list,
            elements_are: if list { Elements::HandedOut } else { Elements::Held },
            keep: start.offset,
            element_kind: list.then_some(PieceKind::Release),
            record_like: false,
            has_records: false,
            elements: Vec::new(),
            key_from: start.offset,
            members: Vec::new(),
            said: Vec::new(),
        }
    }

    /// Notes a key (its text with the quotes). True where the elements of its list are wanted.
    pub(super) fn key(&mut self, from: u64, text: &[u8]) -> bool {
        self.key_from = from;
        self.element_kind = match text {
            b"\"releases\"" => Some(PieceKind::Release),
            b"\"records\"" => Some(PieceKind::Record),
            _ => None,
        };
        self.record_like |= matches!(text, b"\"ocid\"" | b"\"compiledRelease\"" | b"\"versionedRelease\"");
        self.element_kind.is_some()
    }

    /// Notes the end of a member of the object.
    pub(super) fn member(&mut self, to: u64) {
        if self.element_kind.is_none() && to - self.key_from <= MAX_PACKAGE_MEMBER {
            self.members.push((self.key_from, to));
        }
    }

    /// Notes the end of an element.
    pub(super) fn element(&mut self, from: Place, to: u64) {
        let kind = self.element_kind.unwrap_or(PieceKind::Release);
        self.has_records |= kind == PieceKind::Record;
        self.elements.push(Part { kind, from, to });
    }

    /// Decides, once enough was seen, whether the elements are handed out one by one.
    pub(super) fn decide(&mut self, to: u64) {
        if to - self.start.offset > WINDOW && self.elements_are == Elements::Held && self.reads_as_package() {
            self.elements_are = Elements::HandedOut;
        }
    }

    /// Whether its elements are handed out as they come.
    pub(super) fn is_package(&self) -> bool {
        self.elements_are != Elements::Held
    }

    /// Whether its beginning is still held.
    pub(super) fn is_held(&self) -> bool {
        self.keep == self.start.offset
    }

    /// Whether the keys so far are those of a package.
    pub(super) fn reads_as_package(&self) -> bool {
        self.is_package() || self.has_records || (!self.elements.is_empty() && !self.record_like)
    }

    /// Whether something in it is complete.
    pub(super) fn has_elements(&self) -> bool {
        self.elements_are == Elements::Begun || !self.elements.is_empty()
    }

    /// The elements of a package since the last call.
    pub(super) fn take_elements(&mut self) -> Vec<Part> {
        if !self.elements.is_empty() {
            self.elements_are = Elements::Begun;
        }
        std::mem::take(&mut self.elements)
    }

    /// Copies what the package says of itself, so that those bytes need not be held.
    pub(super) fn note_members(&mut self, input: &Input) {
        for (from, to) in self.members.drain(..) {
            if !self.said.is_empty() {
                self.said.push(b',');
            }
            self.said.extend_from_slice(input.slice(from, to));
        }
    }

    /// What the package says of itself, as an object; none for an array.
    pub(super) fn package_text(&mut self, input: &Input) -> Option<Vec<u8>> {
        self.note_members(input);
        (!self.list).then(|| [b"{", self.said.as_slice(), b"}"].concat())
    }

    /// The whole of it as one piece.
    pub(super) fn whole(&self, to: u64) -> Part {
        let kind = if self.record_like && !self.elements.is_empty() {
            PieceKind::Record
        } else {
            PieceKind::Release
        };
        Part { kind, from: self.start, to }
    }

    /// Stops holding a value that is larger than any that is read.
    pub(super) fn forget_if_too_large(&mut self, to: u64) {
        if to - self.keep > MAX_PIECE {
            self.keep = to;
        }
    }
}

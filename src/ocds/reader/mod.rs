//! Splits an input into releases, records and what packages say of themselves, in bounded memory.
//!
//! Read are, plain or gzip, with or without a byte-order mark: JSON Lines, pretty-printed documents,
//! release and record packages, bare releases and records, arrays of any of them, and any number of
//! these one after the other. The elements of a package are handed out while it is still being read.
//! What is broken costs itself only: a line in JSON Lines, an element in a package; everything
//! complete before and after it is handed out. The pieces do not depend on how the bytes arrive.

mod document;
mod input;
mod piece;
mod scan;

use std::collections::VecDeque;
use std::io::Read;

use document::{Document, Part};
use input::Input;
use scan::{Mark, Place, Scanner};

pub use piece::{MAX_PIECE, Piece, PieceKind, ReadIssue};

use super::issue::IssueKind;

/// How much of a document is looked at before its elements are handed out: within it, the keys tell
/// a package from a record, in whatever order they come.
const WINDOW: u64 = 1 << 20;

/// What the reader takes a line end inside a value for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Nothing is known yet: values may span lines.
    Unknown,
    /// Values so far ended on the line they began on.
    Lines,
    /// Something was broken: only values on one line are taken, until there is one.
    Recovering,
}

/// Reads pieces from an input.
pub struct Reader {
    source_name: String,
    input: Input,
    layout: Layout,
    document: Option<Document>,
    scanner: Scanner,
    ready: VecDeque<Result<Piece, ReadIssue>>,
    /// Whether anything was handed out.
    anything: bool,
}

impl Reader {
    /// A reader of `input`; `source_name` names it in issues.
    pub fn new(source_name: impl Into<String>, input: impl Read + Send + 'static) -> Self {
        Self {
            source_name: source_name.into(),
            input: Input::new(Box::new(input)),
            layout: Layout::Unknown,
            document: None,
            scanner: Scanner::new(1),
            ready: VecDeque::new(),
            anything: false,
        }
    }

    /// The next piece, or what is broken; none at the end.
    pub fn next_piece(&mut self) -> Option<Result<Piece, ReadIssue>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                self.anything = true;
                return Some(piece);
            }
            if self.document.is_some() {
                self.scan();
            } else if !self.begin() {
                return self.ready.pop_front();
            }
        }
    }

    fn place(&self) -> Place {
        Place { offset: self.input.offset(), line: self.scanner.line() }
    }

    /// Finds the next document, if there is one. False at the end of the input.
    fn begin(&mut self) -> bool {
        self.skip_space();
        let at_start = self.input.offset() <= 3;
        let place = self.place();
        match self.input.rest() {
            [] => {
                if !self.anything {
                    self.anything = true;
                    self.issue(IssueKind::InvalidJson, place, "the input is empty: no JSON in it");
                }
                return false;
            }
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] if at_start => {
                self.issue(IssueKind::NotUtf8, place, "the input is UTF-16 or UTF-32; convert it to UTF-8");
                self.input.end();
            }
            [b'{' | b'[', ..] => self.open(place),
            _ => self.broken_line(place, "not JSON: a value begins with { or ["),
        }
        true
    }

    fn open(&mut self, place: Place) {
        let list = self.input.rest().first() == Some(&b'[');
        self.scanner = Scanner::new(place.line);
        self.scanner.stop_at_line_end = self.layout != Layout::Unknown;
        self.scanner.watch(list.then_some(1));
        self.document = Some(Document::new(place, list));
    }

    /// Skips white space, and commas and marks between documents.
    fn skip_space(&mut self) {
        loop {
            let Some(&byte) = self.input.rest().first() else {
                if self.fill(self.input.offset()) {
                    continue;
                }
                return;
            };
            match byte {
                b'\n' => self.scanner = Scanner::new(self.scanner.line() + 1),
                b' ' | b'\t' | b'\r' | b',' | 0x1E => {}
                0xEF if self.peek(3).starts_with(&[0xEF, 0xBB, 0xBF]) => self.input.at += 2,
                _ => {
                    self.peek(2);
                    return;
                }
            }
            self.input.at += 1;
        }
    }

    /// The next bytes, `count` of them unless the input ends before.
    fn peek(&mut self, count: usize) -> &[u8] {
        let keep = self.keep();
        while self.input.rest().len() < count && self.fill(keep) {}
        let rest = self.input.rest();
        &rest[..count.min(rest.len())]
    }

    /// The first offset whose bytes are still needed.
    fn keep(&self) -> u64 {
        self.document.as_ref().map_or(self.input.offset(), |document| document.keep)
    }

    fn fill(&mut self, keep: u64) -> bool {
        match self.input.fill(keep) {
            Ok(more) => more,
            Err(error) => {
                let message = format!("the input ends early: {error}; what came before it was read");
                self.issue(IssueKind::UnreadableInput, self.place(), message);
                !self.input.is_at_end()
            }
        }
    }

    /// Scans the document to its next mark.
    fn scan(&mut self) {
        let mut at = self.input.at;
        let (bytes, base) = self.input.held();
        let mark = self.scanner.advance(bytes, &mut at, base);
        self.input.at = at;
        match mark {
            Some(Mark::Key { from }) => self.key(from),
            Some(Mark::Value { depth: 0, .. }) => self.document_ended(),
            Some(Mark::Value { depth, from }) => self.value(depth, from),
            Some(Mark::LineEnd) => self.line_end(),
            Some(Mark::Broken(message)) => self.broken(message),
            None => self.more(),
        }
    }

    fn more(&mut self) {
        let end = self.input.offset();
        if let Some(document) = &mut self.document {
            document.forget_if_too_large(end);
        }
        if !self.fill(self.keep()) {
            self.broken("the input ends inside a value");
        }
    }

    fn key(&mut self, from: u64) {
        let text = self.input.slice(from, self.input.offset());
        if let Some(document) = &mut self.document {
            let watched = document.key(from, text);
            self.scanner.watch(watched.then_some(2));
        }
    }

    fn value(&mut self, depth: usize, from: Place) {
        let to = self.input.offset();
        let Some(document) = &mut self.document else { return };
        if depth == 1 && !document.list {
            document.member(to);
        } else {
            document.element(from, to);
        }
        document.decide(to);
        if document.is_package() {
            document.note_members(&self.input);
            document.keep = to;
            let elements = document.take_elements();
            self.pieces(elements);
        }
    }

    fn pieces(&mut self, parts: Vec<Part>) {
        for part in parts {
            self.piece(part);
        }
    }

    fn piece(&mut self, Part { kind, from, to }: Part) {
        let size = to - from.offset;
        if size > MAX_PIECE {
            let message =
                format!("{size} bytes are too large for a release or record (at most {MAX_PIECE}); left out");
            return self.issue(IssueKind::TooLarge, from, message);
        }
        let bytes = self.input.slice(from.offset, to).to_vec();
        self.ready.push_back(Ok(Piece { kind, bytes, line: from.line, offset: from.offset }));
    }

    fn document_ended(&mut self) {
        let Some(document) = self.document.take() else { return };
        let single_line = document.start.line == self.scanner.line();
        if document.reads_as_package() {
            self.close(document);
        } else {
            self.piece(document.whole(self.input.offset()));
        }
        if single_line {
            self.layout = Layout::Lines;
        } else if self.layout == Layout::Recovering {
            self.layout = Layout::Unknown;
        }
    }

    /// Hands out what is left of a package.
    fn close(&mut self, mut document: Document) {
        self.pieces(document.take_elements());
        if let Some(bytes) = document.package_text(&self.input) {
            let Place { line, offset } = document.start;
            self.ready.push_back(Ok(Piece { kind: PieceKind::Package, bytes, line, offset }));
        }
    }

    /// A line ended inside a value, where values so far did not span lines. It was cut off if the next
    /// line begins another value (or is not there).
    fn line_end(&mut self) {
        if self.layout == Layout::Recovering || matches!(self.peek(2), [] | [_] | [b'{', b'"']) {
            self.abandon("the line ends inside a value");
        } else {
            self.scanner.stop_at_line_end = false;
        }
    }

    fn broken(&mut self, message: &str) {
        let Some(document) = &self.document else { return };
        let start = document.start;
        let spans = self.scanner.line() > start.line;
        let again = spans && !document.has_elements() && document.is_held();
        self.abandon(message);
        if again {
            // Perhaps it is only its first line that is broken.
            self.layout = Layout::Recovering;
            self.input.rewind(start);
            self.scanner = Scanner::new(start.line);
        }
        self.skip_line();
    }

    /// Gives up a document: what is complete in it is kept. While recovering, only what looks like a
    /// value of its own is reported again.
    fn abandon(&mut self, message: &str) {
        let Some(document) = self.document.take() else { return };
        let start = document.start;
        let looks_whole = self.input.slice(start.offset, start.offset + 2) == b"{\"";
        let complete = document.has_elements();
        if complete || looks_whole || self.layout != Layout::Recovering {
            let done = if complete { "what was complete before it was read" } else { "it was left out" };
            let message = format!("{message} (byte {}); {done}", self.input.offset());
            self.issue(IssueKind::InvalidJson, start, message);
        }
        if complete {
            self.close(document);
        }
        self.scanner = Scanner::new(self.scanner.line());
    }

    fn broken_line(&mut self, place: Place, message: &str) {
        if self.layout != Layout::Recovering {
            self.issue(IssueKind::InvalidJson, place, format!("{message}; the line was left out"));
        }
        if self.layout == Layout::Unknown {
            self.layout = Layout::Recovering;
        }
        self.skip_line();
    }

    /// Skips to the end of the line.
    fn skip_line(&mut self) {
        loop {
            let rest = self.input.rest();
            if let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
                self.input.at += end;
                return;
            }
            self.input.at += rest.len();
            if !self.fill(self.input.offset()) {
                return;
            }
        }
    }

    fn issue(&mut self, kind: IssueKind, place: Place, message: impl Into<String>) {
        self.ready.push_back(Err(ReadIssue {
            kind,
            source_name: self.source_name.clone(),
            line: place.line,
            offset: place.offset,
            message: message.into(),
        }));
    }
}

impl Iterator for Reader {
    type Item = Result<Piece, ReadIssue>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_piece()
    }
}

//! Finds where values begin and end, without reading them.
//!
//! The scanner sees the input in whatever chunks it comes and keeps its place between them; what it
//! reports depends on the bytes alone. It checks brackets and commas as it goes, which is how a line
//! that was cut off is noticed before it swallows the lines after it. Inside an element of a list of
//! releases it checks brackets only: a slip there costs that element, and the parser will name it.

/// How deep a document may nest where brackets must be right.
const MAX_DEPTH: usize = 512;

/// A place in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Bytes before it.
    pub(super) offset: u64,
    /// Its line, from 1.
    pub(super) line: u64,
}

/// What the scanner stops for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A key of the outermost object ended; it began at `from`.
    Key { from: u64 },
    /// A value within `depth` brackets ended; it began at `from`.
    Value { depth: usize, from: Place },
    /// A line ended inside a value, while [`Scanner::stop_at_line_end`] was set.
    LineEnd,
    /// The bytes cannot be JSON.
    Broken(&'static str),
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// Anything: the rest of an element whose commas are wrong.
    Anything,
}

/// Where in a token the scanner stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Between,
    Text { key: bool, escaped: bool },
    Scalar,
}

#[derive(Debug)]
pub(super) struct Scanner {
    brackets: Vec<u8>,
    expect: Expect,
    token: Token,
    /// Where the latest value (or key) within 0, 1 and 2 brackets began.
    began: [Place; 3],
    line: u64,
    /// The number of brackets around the elements of a list of releases, inside such a list.
    elements: Option<usize>,
    /// Whether to stop at the end of a line that leaves a value open.
    pub(super) stop_at_line_end: bool,
}

impl Scanner {
    /// A scanner at the first byte of a document on that line.
    pub(super) fn new(line: u64) -> Self {
        Self {
            brackets: Vec::new(),
            expect: Expect::Value,
            token: Token::Between,
            began: [Place::default(); 3],
            line,
            elements: None,
            stop_at_line_end: false,
        }
    }

    /// The line of the next byte.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Report the elements of an array within that many brackets from now on.
    pub(super) fn watch(&mut self, elements: Option<usize>) {
        self.elements = elements;
    }

    /// Moves `at` over `bytes`, the first of which has the offset `base`, to the next mark; none when
    /// it takes more bytes to tell.
    pub(super) fn advance(&mut self, bytes: &[u8], at: &mut usize, base: u64) -> Option<Mark> {
        while let Some(&byte) = bytes.get(*at) {
            let mark = match self.token {
                Token::Text { key, escaped } => self.text(bytes, at, key, escaped),
                Token::Scalar => self.scalar(byte, at),
                Token::Between => self.between(byte, at, base),
            };
            if mark.is_some() {
                return mark;
            }
        }
        None
    }

    fn text(&mut self, bytes: &[u8], at: &mut usize, key: bool, escaped: bool) -> Option<Mark> {
        if escaped {
            // A line end is one even after a backslash.
            *at += usize::from(bytes[*at] != b'\n');
            self.token = Token::Text { key, escaped: false };
            return None;
        }
        let rest = &bytes[*at..];
        let plain = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
        *at += plain.unwrap_or(rest.len());
        match rest.get(plain?)? {
            b'\\' => self.token = Token::Text { key, escaped: true },
            b'"' => {
                *at += 1;
                self.token = Token::Between;
                return self.text_ended(key);
            }
            b'\n' if !self.in_element() => return Some(Mark::Broken("a line end inside a text")),
            b'\n' => {
                *at += 1;
                self.line += 1;
                return self.stop_at_line_end.then_some(Mark::LineEnd);
            }
            _ => {}
        }
        *at += 1;
        None
    }

    fn text_ended(&mut self, key: bool) -> Option<Mark> {
        if !key {
            return self.value_ended();
        }
        self.expect = Expect::Colon;
        (self.brackets.len() == 1).then_some(Mark::Key { from: self.began[1].offset })
    }

    fn scalar(&mut self, byte: u8, at: &mut usize) -> Option<Mark> {
        if matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.' | b'_' | b'#') {
            *at += 1;
            return None;
        }
        self.token = Token::Between;
        self.value_ended()
    }

    fn between(&mut self, byte: u8, at: &mut usize, base: u64) -> Option<Mark> {
        let here = Place { offset: base + *at as u64, line: self.line };
        *at += 1;
        match byte {
            b' ' | b'\t' | b'\r' => None,
            b'\n' => {
                self.line += 1;
                (self.stop_at_line_end && !self.brackets.is_empty()).then_some(Mark::LineEnd)
            }
            b'"' => self.begin(Token::Text { key: self.key_allowed(), escaped: false }, here),
            b'{' | b'[' => self.open(byte, here),
            b'}' | b']' => self.close(byte),
            b',' => self.comma(),
            b':' => self.colon(),
            _ => self.begin(Token::Scalar, here),
        }
    }

    fn key_allowed(&self) -> bool {
        matches!(self.expect, Expect::Key | Expect::KeyOrEnd)
    }

    /// A token begins: a value, or a key where one is due.
    fn begin(&mut self, token: Token, here: Place) -> Option<Mark> {
        let key = matches!(token, Token::Text { key: true, .. });
        if !key && !self.value_allowed() {
            return Some(Mark::Broken("a comma or the end of a list or object was expected"));
        }
        self.note(here);
        self.token = token;
        None
    }

    fn open(&mut self, bracket: u8, here: Place) -> Option<Mark> {
        if !self.value_allowed() {
            return Some(Mark::Broken("a comma or the end of a list or object was expected"));
        }
        if self.brackets.len() >= MAX_DEPTH && !self.in_element() {
            return Some(Mark::Broken("nested too deep"));
        }
        self.note(here);
        self.brackets.push(bracket);
        if self.expect != Expect::Anything {
            self.expect = if bracket == b'{' { Expect::KeyOrEnd } else { Expect::ValueOrEnd };
        }
        None
    }

    fn close(&mut self, bracket: u8) -> Option<Mark> {
        let open = if bracket == b'}' { b'{' } else { b'[' };
        if self.brackets.last() != Some(&open) {
            return Some(Mark::Broken("a bracket that closes nothing"));
        }
        let ends = match self.expect {
            Expect::CommaOrEnd | Expect::ValueOrEnd | Expect::KeyOrEnd | Expect::Anything => true,
            Expect::Value | Expect::Key | Expect::Colon => self.slip(),
        };
        if !ends {
            return Some(Mark::Broken("a value was expected"));
        }
        self.brackets.pop();
        self.value_ended()
    }

    fn comma(&mut self) -> Option<Mark> {
        let in_object = self.brackets.last() == Some(&b'{');
        match self.expect {
            Expect::CommaOrEnd if in_object => self.expect = Expect::Key,
            Expect::CommaOrEnd if self.between_elements() => self.expect = Expect::ValueOrEnd,
            Expect::CommaOrEnd => self.expect = Expect::Value,
            Expect::Anything => {}
            _ => return self.slip_or("a comma that separates nothing"),
        }
        None
    }

    fn colon(&mut self) -> Option<Mark> {
        match self.expect {
            Expect::Colon => self.expect = Expect::Value,
            Expect::Anything => {}
            _ => return self.slip_or("a colon without a key"),
        }
        None
    }

    fn slip_or(&mut self, message: &'static str) -> Option<Mark> {
        if self.slip() { None } else { Some(Mark::Broken(message)) }
    }

    fn value_allowed(&mut self) -> bool {
        match self.expect {
            Expect::Value | Expect::ValueOrEnd | Expect::Anything => true,
            Expect::CommaOrEnd if self.between_elements() => true,
            _ => self.slip(),
        }
    }

    /// Gives up on the commas of the element the scanner is in; false outside elements.
    fn slip(&mut self) -> bool {
        if self.in_element() {
            self.expect = Expect::Anything;
        }
        self.in_element()
    }

    fn in_element(&self) -> bool {
        self.elements.is_some_and(|depth| self.brackets.len() > depth && self.list_at(depth))
    }

    fn between_elements(&self) -> bool {
        self.elements.is_some_and(|depth| self.brackets.len() == depth && self.list_at(depth))
    }

    fn list_at(&self, depth: usize) -> bool {
        self.brackets.get(depth - 1) == Some(&b'[')
    }

    fn note(&mut self, here: Place) {
        if let Some(began) = self.began.get_mut(self.brackets.len()) {
            *began = here;
        }
    }

    /// A value ended; the brackets are those around it.
    fn value_ended(&mut self) -> Option<Mark> {
        let depth = self.brackets.len();
        if self.expect != Expect::Anything || !self.in_element() {
            self.expect = Expect::CommaOrEnd;
        }
        let reported = depth < 2 || (depth == 2 && self.elements == Some(2) && self.list_at(2));
        reported.then(|| Mark::Value { depth, from: self.began[depth] })
    }
}

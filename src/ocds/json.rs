//! JSON as published: numbers keep their text, so that no amount passes through floating point.
//!
//! A value borrows from the bytes it was read from. An object keeps the publisher's order; where a
//! key repeats, the last one counts.

use std::borrow::Cow;
use std::fmt;

use hifijson::token::{Expect, Lex};
use hifijson::{SliceLexer, num::LexWrite, str::LexAlloc};

/// How deep arrays and objects may nest. Published data stays below 20.
pub const MAX_DEPTH: usize = 128;

/// A member of an object.
pub type Member<'a> = (Cow<'a, str>, Value<'a>);

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as its text.
    Number(Cow<'a, str>),
    /// A string.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object.
    Object(Vec<Member<'a>>),
}

/// Why bytes are not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {offset}")]
pub struct ParseError {
    /// The offset of the byte where reading stopped.
    pub offset: usize,
    /// What was wrong.
    pub message: String,
    /// Whether the text is not UTF-8.
    pub not_utf8: bool,
}

impl<'a> Value<'a> {
    /// Reads one JSON value; only white space may surround it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut lexer = SliceLexer::new(bytes);
        let value = lexer.exactly_one(Lex::ws_peek, |next, lexer| read(MAX_DEPTH, next, lexer));
        value.map_err(|error| ParseError {
            offset: bytes.len() - lexer.as_slice().len(),
            message: error.to_string(),
            not_utf8: matches!(error, hifijson::Error::Str(hifijson::str::Error::Utf8(_))),
        })
    }

    /// The member of an object; none for every other value.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.as_object()?.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The members of an object.
    pub fn as_object(&self) -> Option<&[Member<'a>]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The elements of an array.
    pub fn as_array(&self) -> Option<&[Value<'a>]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The text of a scalar: strings and numbers as they are, `true` and `false` as words.
    pub fn scalar_text(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Number(text) => Some(text),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Null | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// Whether the value stands for nothing: `null`, or a text, array or object without content.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::String(text) => text.trim().is_empty(),
            Self::Array(elements) => elements.iter().all(Self::is_empty),
            Self::Object(members) => members.is_empty(),
            Self::Bool(_) | Self::Number(_) => false,
        }
    }

    /// Gives a release the ocid it goes by, where it has none itself.
    pub(super) fn set_ocid(&mut self, ocid: &str) {
        let has_ocid = self.get("ocid").is_some_and(|ocid| !ocid.is_empty());
        if let (Self::Object(members), false) = (self, has_ocid) {
            members.push((Cow::Borrowed("ocid"), Self::String(Cow::Owned(ocid.to_owned()))));
        }
    }

    /// The value with a life of its own.
    pub fn into_owned(self) -> Value<'static> {
        let owned = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(text) => Value::Number(owned(text)),
            Self::String(text) => Value::String(owned(text)),
            Self::Array(elements) => Value::Array(elements.into_iter().map(Value::into_owned).collect()),
            Self::Object(members) => Value::Object(
                members.into_iter().map(|(key, value)| (owned(key), value.into_owned())).collect(),
            ),
        }
    }
}

/// Compact JSON text.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) => f.write_str(text),
            Self::String(text) => write_text(f, text),
            Self::Array(elements) => {
                f.write_str("[")?;
                for (index, element) in elements.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    element.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    write_text(f, key)?;
                    f.write_str(":")?;
                    value.fmt(f)?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A text as a JSON string, quoted and escaped.
pub fn write_text(to: &mut impl fmt::Write, text: &str) -> fmt::Result {
    to.write_char('"')?;
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        to.write_str(&text[written..at])?;
        match byte {
            b'"' | b'\\' => write!(to, "\\{}", char::from(byte))?,
            b'\n' => to.write_str("\\n")?,
            b'\r' => to.write_str("\\r")?,
            b'\t' => to.write_str("\\t")?,
            control => write!(to, "\\u{control:04x}")?,
        }
        written = at + 1;
    }
    to.write_str(&text[written..])?;
    to.write_char('"')
}

fn read<'a>(depth: usize, next: u8, lexer: &mut SliceLexer<'a>) -> Result<Value<'a>, hifijson::Error> {
    let depth = depth.checked_sub(1).ok_or(hifijson::Error::Depth)?;
    Ok(match next {
        b'"' => Value::String(lexer.discarded().str_string()?),
        b'{' => Value::Object(members(depth, lexer)?),
        b'[' => Value::Array(elements(depth, lexer)?),
        b'0'..=b'9' | b'-' => Value::Number(Cow::Borrowed(lexer.num_string().validated()?.0)),
        b'a'..=b'z' => lexer.null_or_bool().ok_or(Expect::Value)?.map_or(Value::Null, Value::Bool),
        _ => Err(Expect::Value)?,
    })
}

fn members<'a>(depth: usize, lexer: &mut SliceLexer<'a>) -> Result<Vec<Member<'a>>, hifijson::Error> {
    let mut members = Vec::new();
    lexer.discarded().seq(b'}', Lex::ws_peek, |next, lexer| {
        lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
        let key = lexer.str_string()?;
        lexer.expect(Lex::ws_peek, b':').ok_or(Expect::Colon)?;
        let next = lexer.ws_peek().ok_or(Expect::Value)?;
        members.push((key, read(depth, next, lexer)?));
        Ok::<_, hifijson::Error>(())
    })?;
    Ok(members)
}

fn elements<'a>(depth: usize, lexer: &mut SliceLexer<'a>) -> Result<Vec<Value<'a>>, hifijson::Error> {
    let mut elements = Vec::new();
    lexer.discarded().seq(b']', Lex::ws_peek, |next, lexer| {
        elements.push(read(depth, next, lexer)?);
        Ok::<_, hifijson::Error>(())
    })?;
    Ok(elements)
}

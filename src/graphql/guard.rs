//! What a document may look like at all: checked before anything that could be made to burn or abort.
//!
//! The text is scanned once, before parsing: the parser calls itself for every bracket, and 2,000 of
//! them overflow the stack. The parsed document is then measured with its fragments expanded, each
//! fragment once: validation walks into every spread, so that thirty fragments that spread each other
//! twice would keep it busy for minutes.

use std::collections::HashMap;

use async_graphql::ServerError;
use async_graphql_parser::types::{ExecutableDocument, Selection, SelectionSet};

use super::error::refusal;
use crate::error::Code;

/// Bytes of a document.
const MOST_BYTES: usize = 100 * 1024;
/// Tokens of a document.
const MOST_TOKENS: usize = 15_000;
/// Brackets of any kind inside each other, and selections inside each other, fragments expanded.
pub(super) const MOST_NESTING: usize = 64;
/// Selections of a document, fragments expanded.
const MOST_SELECTIONS: usize = 15_000;
/// `__schema` and `__type` in a document.
const MOST_INTROSPECTIONS: usize = 10;
/// Fields of `__Type` that list more types. One inside another multiplies the answer by the number of
/// all fields; no tool needs it.
const TYPE_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// Checks a document's text: size, tokens, nesting.
pub(super) fn check_text(text: &str) -> Result<(), ServerError> {
    if text.len() > MOST_BYTES {
        return Err(too_complex("bytes", text.len(), MOST_BYTES));
    }
    let (mut tokens, mut nesting, mut scan) = (0, 0_usize, Scan { rest: text.as_bytes() });
    while let Some(token) = scan.next() {
        tokens += 1;
        match token {
            b'(' | b'[' | b'{' => nesting += 1,
            b')' | b']' | b'}' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if tokens > MOST_TOKENS {
            return Err(too_complex("tokens", tokens, MOST_TOKENS));
        }
        if nesting > MOST_NESTING {
            return Err(too_deep(nesting));
        }
    }
    Ok(())
}

/// Checks a parsed document: its size and depth with fragments expanded, and its introspection. Tells
/// whether it asks for the schema at all.
pub(super) fn check_document(document: &ExecutableDocument) -> Result<bool, ServerError> {
    let mut measure = Measure { document, fragments: HashMap::new() };
    let mut whole = Extent::default();
    for (_, operation) in document.operations.iter() {
        whole = whole.beside(measure.set(&operation.node.selection_set.node, 1)?);
    }
    // Validation looks at unused fragments too.
    for name in document.fragments.keys() {
        whole.selections = whole.selections.saturating_add(measure.fragment(name, 1)?.selections);
    }
    if whole.selections > MOST_SELECTIONS {
        return Err(too_complex("selections with its fragments expanded", whole.selections, MOST_SELECTIONS));
    }
    if whole.introspections > MOST_INTROSPECTIONS {
        return Err(too_complex("fields __schema and __type", whole.introspections, MOST_INTROSPECTIONS));
    }
    Ok(whole.introspections > 0)
}

/// Tokens by their first byte. Strings are one token; blanks, commas and comments are none.
struct Scan<'a> {
    rest: &'a [u8],
}

impl Scan<'_> {
    fn next(&mut self) -> Option<u8> {
        loop {
            let first = *self.rest.first()?;
            match first {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.skip(1),
                b'#' => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                b'"' => {
                    self.string();
                    return Some(first);
                }
                _ if is_word(first) => {
                    self.skip_while(is_word);
                    return Some(first);
                }
                _ => {
                    self.skip(1);
                    return Some(first);
                }
            }
        }
    }

    fn string(&mut self) {
        let quotes: &[u8] = if self.rest.starts_with(b"\"\"\"") { b"\"\"\"" } else { b"\"" };
        self.skip(quotes.len());
        while !self.rest.is_empty() && !self.rest.starts_with(quotes) {
            self.skip(if self.rest[0] == b'\\' { 2 } else { 1 });
        }
        self.skip(quotes.len());
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes.min(self.rest.len())..];
    }

    fn skip_while(&mut self, inside: impl Fn(u8) -> bool) {
        let end = self.rest.iter().position(|byte| !inside(*byte)).unwrap_or(self.rest.len());
        self.skip(end);
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || byte >= 0x80
}

/// How large a selection is with its fragments expanded.
#[derive(Clone, Copy, Default)]
struct Extent {
    selections: usize,
    height: usize,
    introspections: usize,
    type_lists: usize,
}

impl Extent {
    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            height: self.height.max(other.height),
            introspections: self.introspections.saturating_add(other.introspections),
            type_lists: self.type_lists.max(other.type_lists),
        }
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being measured: one that is met again then spreads itself.
    fragments: HashMap<&'a str, Option<Extent>>,
}

impl<'a> Measure<'a> {
    /// `level` counts the selection sets around this one.
    fn set(&mut self, set: &'a SelectionSet, level: usize) -> Result<Extent, ServerError> {
        if level > MOST_NESTING {
            return Err(too_deep(level));
        }
        let mut extent = Extent::default();
        for item in &set.items {
            extent = extent.beside(self.selection(&item.node, level)?);
        }
        extent.height += 1;
        if level + extent.height > MOST_NESTING + 1 {
            return Err(too_deep(level + extent.height - 1));
        }
        Ok(extent)
    }

    fn selection(&mut self, selection: &'a Selection, level: usize) -> Result<Extent, ServerError> {
        let mut extent = match selection {
            Selection::Field(field) if field.node.selection_set.node.items.is_empty() => Extent::default(),
            Selection::Field(field) => {
                let inside = self.set(&field.node.selection_set.node, level + 1)?;
                introspected(&field.node.name.node, inside)?
            }
            Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node, level + 1)?,
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level + 1)?,
        };
        extent.selections = extent.selections.saturating_add(1);
        Ok(extent)
    }

    fn fragment(&mut self, name: &str, level: usize) -> Result<Extent, ServerError> {
        // An unknown fragment is left to validation.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Extent::default());
        };
        match self.fragments.get(name.as_str()) {
            Some(None) => {
                let message = format!("the fragment {name} spreads itself");
                Err(refusal(Code::GraphqlValidationFailed, message))
            }
            Some(Some(extent)) if level + extent.height > MOST_NESTING + 1 => {
                Err(too_deep(level + extent.height - 1))
            }
            Some(Some(extent)) => Ok(*extent),
            None => {
                self.fragments.insert(name, None);
                let extent = self.set(&fragment.node.selection_set.node, level)?;
                self.fragments.insert(name, Some(extent));
                Ok(extent)
            }
        }
    }
}

/// Counts introspection, and refuses type lists inside type lists.
fn introspected(field: &str, mut inside: Extent) -> Result<Extent, ServerError> {
    if TYPE_LISTS.contains(&field) {
        inside.type_lists += 1;
    }
    if field == "__schema" || field == "__type" {
        inside.introspections += 1;
        if inside.type_lists > 1 {
            let lists = TYPE_LISTS.join(", ");
            let message =
                format!("introspection may not list types inside types ({lists} within each other)");
            return Err(refusal(Code::QueryTooDeep, message));
        }
    }
    Ok(inside)
}

fn too_complex(what: &str, found: usize, most: usize) -> ServerError {
    let message =
        format!("the document has {found} {what}, {most} at most; split it into several operations");
    refusal(Code::QueryTooComplex, message)
}

fn too_deep(found: usize) -> ServerError {
    let message = format!("the document is nested {found} deep or deeper, {MOST_NESTING} at most");
    refusal(Code::QueryTooDeep, message)
}

#[cfg(test)]
mod tests {
    use async_graphql_parser::parse_query;

    use super::*;

    fn text(text: &str) -> String {
        check_text(text).map_or_else(|error| error.message, |()| "fine".to_owned())
    }

    fn document(text: &str) -> String {
        let document = parse_query(text).unwrap();
        check_document(&document).map_or_else(|error| error.message, |_| "fine".to_owned())
    }

    #[test]
    fn brackets_inside_each_other_are_counted_and_those_in_texts_are_not() {
        assert_eq!(text(&format!("{}{}", "[".repeat(64), "]".repeat(64))), "fine");
        assert!(text(&"[".repeat(2_000)).contains("nested 65 deep"));
        assert!(text(&"{a(b:".repeat(40)).contains("nested 65 deep"));
        let nested = "[".repeat(100);
        for quiet in [
            format!("\"{nested}\""),
            format!("#{nested}\n"),
            format!("\"\"\"{nested}\"\"\""),
            format!("\"\\\"{nested}\""),
        ] {
            assert_eq!(text(&quiet), "fine", "{quiet}");
        }
        assert!(text(&format!("\"\\\\\"{nested}")).contains("nested 65 deep"), "the text ends before");
    }

    #[test]
    fn tokens_and_bytes_are_counted() {
        assert_eq!(text(&"a ".repeat(15_000)), "fine");
        assert!(text(&"a ".repeat(15_001)).starts_with("the document has 15001 tokens, 15000 at most"));
        assert!(text(&" ".repeat(102_401)).starts_with("the document has 102401 bytes, 102400 at most"));
    }

    #[test]
    fn a_fragment_bomb_is_measured_and_not_expanded() {
        let fragments = |n: usize| format!("fragment f{n} on Query {{ ...f{0} ...f{0} }}", n + 1);
        let bomb = (0..40).map(fragments).collect::<Vec<_>>().concat();
        let bomb = format!("{{ ...f0 }} {bomb} fragment f40 on Query {{ __typename }}");
        assert!(document(&bomb).contains("selections with its fragments expanded, 15000 at most"));
    }

    #[test]
    fn fragments_in_a_chain_or_a_circle_are_refused() {
        let chain = (0..2_000)
            .map(|n| format!("fragment f{n} on Q {{ ...f{} }}", n + 1))
            .collect::<Vec<_>>()
            .concat();
        assert!(document(&format!("{{ a }} {chain} fragment f2000 on Q {{ a }}")).contains("nested"));
        let circle = "{ ...a } fragment a on Q { ...b } fragment b on Q { ...a }";
        assert!(document(circle).contains("spreads itself"));
    }

    #[test]
    fn introspection_may_not_multiply_itself() {
        assert!(
            document("{ __schema { types { fields { type { fields { name } } } } } }")
                .contains("types inside")
        );
        let many =
            (0..11).map(|n| format!("a{n}: __type(name: \"A\") {{ name }}")).collect::<Vec<_>>().concat();
        assert!(document(&format!("{{ {many} }}")).contains("11 fields __schema and __type, 10 at most"));
    }
}

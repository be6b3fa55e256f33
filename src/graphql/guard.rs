//! What a document may look like at all: checked before anything that could be made to burn or abort.
//!
//! The text is cut into tokens once, before parsing, by the lexer that the parser reads with ([`super::syntax`]):
//! the parser calls itself for every bracket. It is bounded by itself too; what is counted here is what a client is
//! told. The parsed document is then measured with its fragments expanded, each
//! fragment once: validation walks into every spread, so that thirty fragments that spread each other
//! twice would keep it busy for minutes. Nothing here needs the schema or the request's variables, so
//! a document that passed once has passed.

use std::collections::HashMap;

use apollo_parser::TokenKind;
use async_graphql::ServerError;
use async_graphql_parser::{
    Positioned,
    types::{Directive, ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

use super::{
    error::{refusal, with_limit},
    syntax,
};
use crate::error::Code;

/// Brackets of any kind inside each other, and selections inside each other, fragments expanded. Not a
/// setting: the stack has to bear it.
pub(super) const MOST_NESTING: usize = 64;
/// Selections of a document, fragments expanded.
const MOST_SELECTIONS: usize = 15_000;
/// `__schema` and `__type` in a document.
const MOST_INTROSPECTIONS: usize = 10;
/// Fields of `__Type` that list more types. One inside another multiplies the answer by the number of
/// all fields; no tool needs it.
const TYPE_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// How large a document may be. Aliases, root fields and directives are those of one operation with its
/// fragments expanded: only one is executed, and a client may keep all of its own in one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Bytes of the text.
    pub bytes: usize,
    /// Tokens of the text.
    pub tokens: usize,
    /// Fields with an alias. Each may ask for the same again.
    pub aliases: usize,
    /// Fields of the root.
    pub root_fields: usize,
    /// Directives, those of variables and fragments too. The largest operations of real clients have one
    /// or two dozen (`@include` on the parts of a page); validation looks at each several times.
    pub directives: usize,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self { bytes: 100 * 1024, tokens: 15_000, aliases: 30, root_fields: 20, directives: 50 }
    }
}

/// Checks a document's text: size, tokens, nesting.
pub(super) fn check_text(text: &str, most: &DocumentLimits) -> Result<(), ServerError> {
    within("bytes", text.len(), most.bytes, Some("max_document_bytes"))?;
    let (mut count, mut nesting) = (0, 0_usize);
    for token in syntax::tokens(text) {
        let token = token
            .map_err(|wrong| syntax::unreadable(wrong.message(), syntax::position(text, wrong.index())))?;
        count += 1;
        match token.kind() {
            TokenKind::LParen | TokenKind::LBracket | TokenKind::LCurly => nesting += 1,
            TokenKind::RParen | TokenKind::RBracket | TokenKind::RCurly => {
                nesting = nesting.saturating_sub(1);
            }
            _ => {}
        }
        if nesting > MOST_NESTING {
            return Err(too_deep(nesting));
        }
    }
    within("tokens", count, most.tokens, Some("max_tokens"))
}

/// Checks a parsed document: its size and depth with fragments expanded, and its introspection. Tells
/// whether it asks for the schema at all.
pub(super) fn check_document(
    document: &ExecutableDocument,
    most: &DocumentLimits,
) -> Result<bool, ServerError> {
    let mut measure = Measure { document, fragments: HashMap::new() };
    let mut whole = Extent::default();
    for (_, operation) in document.operations.iter() {
        let extent = measure.operation(&operation.node)?;
        check_operation(extent, most)?;
        whole = whole.beside(extent);
    }
    // Validation looks at unused fragments too.
    for name in document.fragments.keys() {
        let extent = measure.fragment(name, 1)?;
        check_operation(Extent { fields: 0, ..extent }, most)?;
        whole.selections = whole.selections.saturating_add(extent.selections);
    }
    within("selections with its fragments expanded", whole.selections, MOST_SELECTIONS, None)?;
    within("fields __schema and __type", whole.introspections, MOST_INTROSPECTIONS, None)?;
    Ok(whole.introspections > 0)
}

fn check_operation(extent: Extent, most: &DocumentLimits) -> Result<(), ServerError> {
    within("root fields", extent.fields, most.root_fields, Some("max_root_fields"))?;
    within("aliases", extent.aliases, most.aliases, Some("max_aliases"))?;
    within("directives", extent.directives, most.directives, Some("max_directives"))
}

/// How large a selection is with its fragments expanded.
#[derive(Clone, Copy, Default)]
struct Extent {
    selections: usize,
    height: usize,
    /// Fields of this level.
    fields: usize,
    aliases: usize,
    directives: usize,
    introspections: usize,
    type_lists: usize,
}

impl Extent {
    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            height: self.height.max(other.height),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            introspections: self.introspections.saturating_add(other.introspections),
            type_lists: self.type_lists.max(other.type_lists),
        }
    }

    fn directed(self, directives: &[Positioned<Directive>]) -> Self {
        Self { directives: self.directives.saturating_add(directives.len()), ..self }
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being measured: one that is met again then spreads itself.
    fragments: HashMap<&'a str, Option<Extent>>,
}

impl<'a> Measure<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Extent, ServerError> {
        let extent = self.set(&operation.selection_set.node, 1)?.directed(&operation.directives);
        let variables = operation.variable_definitions.iter();
        Ok(variables.fold(extent, |extent, variable| extent.directed(&variable.node.directives)))
    }

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
            Selection::Field(field) => {
                let mut extent = if field.node.selection_set.node.items.is_empty() {
                    Extent::default()
                } else {
                    let inside = self.set(&field.node.selection_set.node, level + 1)?;
                    introspected(&field.node.name.node, inside)?
                };
                extent.fields = 1;
                extent.aliases = extent.aliases.saturating_add(usize::from(field.node.alias.is_some()));
                extent
            }
            Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node, level + 1)?,
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level + 1)?,
        };
        extent.selections = extent.selections.saturating_add(1);
        Ok(extent.directed(selection.directives()))
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
                let extent = extent.directed(&fragment.node.directives);
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

/// Refuses a number above its limit; `setting` is what moves the limit, where something does.
fn within(what: &str, found: usize, most: usize, setting: Option<&str>) -> Result<(), ServerError> {
    if found <= most {
        return Ok(());
    }
    let setting = setting.map(|setting| format!(" (graphql.{setting})")).unwrap_or_default();
    let message =
        format!("the document has {found} {what}, {most} at most{setting}; split it into several operations");
    Err(with_limit(refusal(Code::QueryTooComplex, message), found as u64, most as u64))
}

fn too_deep(found: usize) -> ServerError {
    let message = format!("the document is nested {found} deep or deeper, {MOST_NESTING} at most");
    with_limit(refusal(Code::QueryTooDeep, message), found as u64, MOST_NESTING as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        check_text(text, &DocumentLimits::default())
            .map_or_else(|error| error.message, |()| "fine".to_owned())
    }

    fn document(text: &str) -> String {
        let document = syntax::parse(text).unwrap().executable;
        check_document(&document, &DocumentLimits::default())
            .map_or_else(|error| error.message, |_| "fine".to_owned())
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
        let bomb = format!("{{ a {{ ...f0 }} }} {bomb} fragment f40 on Query {{ __typename }}");
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
    fn aliases_root_fields_and_directives_are_counted_where_they_are_spread() {
        let aliases = |n: usize| (0..n).map(|n| format!("a{n}: b ")).collect::<Vec<_>>().concat();
        assert_eq!(document(&format!("{{ a {{ {} }} }}", aliases(30))), "fine");
        assert_eq!(
            document(&format!("{{ a {{ {} }} }}", aliases(31))),
            "the document has 31 aliases, 30 at most (graphql.max_aliases); split it into several operations"
        );
        let spread = format!("{{ a {{ ...f }} b {{ ...f }} }} fragment f on A {{ x {{ {} }} }}", aliases(16));
        assert!(document(&spread).starts_with("the document has 32 aliases"));
        let unused = format!("{{ a }} fragment f on A {{ {} }}", aliases(31));
        assert!(document(&unused).starts_with("the document has 31 aliases"));
        assert_eq!(
            document(&format!("query A {{ a {{ {0} }} }} query B {{ a {{ {0} }} }}", aliases(30))),
            "fine"
        );

        assert_eq!(document(&format!("{{ {} }}", "a ".repeat(20))), "fine");
        assert!(
            document(&format!("{{ {} }}", "a ".repeat(21))).starts_with("the document has 21 root fields")
        );
        let spread = format!("{{ ...f ... {{ ...f }} }} fragment f on Query {{ {} }}", "a ".repeat(11));
        assert!(document(&spread).starts_with("the document has 22 root fields"));

        let directives =
            "query ($v: Int @a) @a { a @a { ...f @a ... @a { b } } } fragment f on A @a { c @a @a }";
        let most = DocumentLimits { directives: 7, ..DocumentLimits::default() };
        let error = check_document(&syntax::parse(directives).unwrap().executable, &most).unwrap_err();
        assert!(error.message.starts_with("the document has 8 directives, 7 at most"), "{}", error.message);
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

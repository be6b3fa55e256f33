//! The formula of an operation: what is known of its price before any request brings its variables.
//!
//! A tree of the fields that can cost something, each with the arguments that its price depends on.
//! Plain values are left out of it but for the name of one in each selection: they only make a level.
//! Each fragment is compiled once and shared by the operations of its document.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::{Name, Value as ConstValue};
use async_graphql_parser::{
    Positioned,
    types::{Directive, ExecutableDocument, Field as FieldNode, OperationType, Selection, SelectionSet},
};
use async_graphql_value::{Number as Literal, Value};

use super::search_words;
use crate::graphql::{
    page::Level,
    shape::{Kind, Shape},
};

/// The formulas of a document.
pub(in crate::graphql) struct Formulas {
    pub(super) fragments: Vec<Set>,
    operations: HashMap<Option<Name>, Set>,
}

/// A selection.
#[derive(Default)]
pub(super) struct Set {
    /// The first plain value, which costs nothing and is a level.
    pub(super) leaf: Option<Name>,
    pub(super) parts: Vec<Part>,
    /// Whether the parts are fields of different response keys: nothing of them is merged.
    pub(super) is_flat: bool,
}

/// A part of a selection, and what takes it away.
pub(super) struct Part {
    pub(super) conditions: Vec<Condition>,
    pub(super) what: What,
}

/// `@skip` or `@include` by a variable.
pub(super) struct Condition {
    pub(super) variable: Name,
    /// The value with which the part is left out.
    pub(super) left_out: bool,
}

pub(super) enum What {
    Field(Field),
    Inline(Set),
    /// The fragment's place among [`Formulas::fragments`].
    Fragment(usize),
}

pub(super) struct Field {
    /// The response key.
    pub(super) key: Name,
    /// The type that the selection is on. On different object types one key may stand for different fields.
    pub(super) on: Arc<str>,
    pub(super) step: Step,
    pub(super) search: Search,
    pub(super) inner: Set,
}

/// What a field is to the cost, with the arguments that count.
pub(super) enum Step {
    Own,
    Related,
    Total,
    Through,
    Rows,
    Sized(Length),
    Each(Length),
    Page(Size),
    Aggregate(Size),
}

/// The rows of a page.
pub(super) struct Size {
    pub(super) level: Level,
    pub(super) first: Number,
    pub(super) last: Number,
}

/// A page size as given.
pub(super) enum Number {
    Absent,
    Fixed(i64),
    /// No 32-bit integer, as GraphQL's Int is.
    Wide(String),
    Variable(Name),
    /// This entry of the object that a variable is.
    Entry(Name, &'static str),
}

/// The length of a list argument.
pub(super) enum Length {
    Fixed(u64),
    Variable(Name),
    /// The list of this name in the object that a variable is.
    Within(Name, &'static str),
}

/// The words that a field's filter searches for.
#[derive(Default)]
pub(super) struct Search {
    pub(super) words: u64,
    /// Variables that are the text of a search.
    pub(super) texts: Vec<Name>,
    /// Variables that are a filter or a part of one.
    pub(super) filters: Vec<Name>,
}

impl Formulas {
    /// Compiles every operation of a document that the guard let pass.
    pub(in crate::graphql) fn compile(shape: &Shape, document: &ExecutableDocument) -> Self {
        let mut compiler = Compiler { shape, document, known: HashMap::new(), fragments: Vec::new() };
        let operations = document.operations.iter().map(|(name, operation)| {
            let root = shape.root(operation.node.ty);
            (name.cloned(), compiler.set(&operation.node.selection_set.node, root))
        });
        let operations = operations.collect();
        Self { fragments: compiler.fragments, operations }
    }

    /// The formula of an operation; `None` for a name that the document does not have.
    pub(super) fn operation(&self, name: Option<&str>) -> Option<&Set> {
        // Keys are few and mostly one: no name is made to look one up.
        let mut operations = self.operations.iter();
        operations.find(|(known, _)| known.as_deref() == name).map(|(_, set)| set)
    }
}

impl Number {
    /// Sorts a value. What is no number is left to validation.
    pub(super) fn of(value: Option<&ConstValue>) -> Self {
        match value {
            Some(ConstValue::Number(number)) => Self::of_literal(number),
            _ => Self::Absent,
        }
    }

    fn of_literal(number: &Literal) -> Self {
        match number.as_i64() {
            Some(whole) if i32::try_from(whole).is_ok() => Self::Fixed(whole),
            None if number.as_f64().is_some_and(|value| value.fract() != 0.0) => Self::Absent,
            _ => Self::Wide(number.to_string()),
        }
    }
}

impl Search {
    pub(super) fn is_empty(&self) -> bool {
        self.words == 0 && self.texts.is_empty() && self.filters.is_empty()
    }

    /// Finds the searches in a filter, at any depth of it.
    fn gather(&mut self, filter: &Value) {
        match filter {
            Value::Variable(name) => self.filters.push(name.clone()),
            Value::List(filters) => filters.iter().for_each(|filter| self.gather(filter)),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| match (name.as_str(), value) {
                ("search", Value::String(text)) => self.words = self.words.saturating_add(search_words(text)),
                ("search", Value::Variable(name)) => self.texts.push(name.clone()),
                _ => self.gather(value),
            }),
            _ => {}
        }
    }
}

struct Compiler<'a> {
    shape: &'a Shape,
    document: &'a ExecutableDocument,
    known: HashMap<&'a str, usize>,
    fragments: Vec<Set>,
}

impl<'a> Compiler<'a> {
    fn set(&mut self, set: &'a SelectionSet, ty: &str) -> Set {
        let mut compiled = Set::default();
        for item in &set.items {
            let Some(conditions) = conditions(item.node.directives()) else { continue };
            match self.selection(&item.node, ty) {
                Some(What::Field(field)) if field.is_plain() && conditions.is_empty() => {
                    compiled.leaf.get_or_insert(field.key);
                }
                Some(what) => compiled.parts.push(Part { conditions, what }),
                None => {}
            }
        }
        let mut keys = HashSet::new();
        let mut fields = compiled.parts.iter().map(|part| part.what.field());
        compiled.is_flat = fields.all(|field| field.is_some_and(|field| keys.insert(&field.key)));
        compiled
    }

    /// `None` for what costs nothing and is no level: introspection, and what validation will refuse.
    fn selection(&mut self, selection: &'a Selection, ty: &str) -> Option<What> {
        match selection {
            Selection::Field(field) => self.field(&field.node, ty).map(What::Field),
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                let on = condition.map_or(ty, |condition| &condition.node.on.node);
                Some(What::Inline(self.set(&fragment.node.selection_set.node, on)))
            }
            Selection::FragmentSpread(spread) => {
                self.fragment(&spread.node.fragment_name.node).map(What::Fragment)
            }
        }
    }

    fn fragment(&mut self, name: &'a str) -> Option<usize> {
        if let Some(place) = self.known.get(name) {
            return Some(*place);
        }
        let fragment = &self.document.fragments.get(name)?.node;
        let set = self.set(&fragment.selection_set.node, &fragment.type_condition.node.on.node);
        self.fragments.push(set);
        self.known.insert(name, self.fragments.len() - 1);
        Some(self.fragments.len() - 1)
    }

    fn field(&mut self, field: &'a FieldNode, ty: &str) -> Option<Field> {
        let shape = self.shape;
        let known = shape.field(ty, &field.name.node)?;
        let size = || Size {
            level: if ty == shape.root(OperationType::Query) { Level::Root } else { Level::Nested },
            first: number(field, "first"),
            last: number(field, "last"),
        };
        let step = match known.kind {
            Kind::Own => Step::Own,
            Kind::Related => Step::Related,
            Kind::Total => Step::Total,
            Kind::Through => Step::Through,
            Kind::Rows => Step::Rows,
            Kind::Sized(argument) => Step::Sized(length(field, argument)),
            Kind::Each(argument, list) => Step::Each(length_within(field, argument, list)),
            Kind::Connection => Step::Page(size()),
            Kind::Aggregate => Step::Aggregate(size()),
            Kind::Batch => {
                let size = part(field, "batch", "maxSize");
                Step::Page(Size { level: Level::Batch, first: size, last: Number::Absent })
            }
        };
        let mut search = Search::default();
        if let Some(filter) = field.get_argument("filter") {
            search.gather(&filter.node);
        }
        let inner = self.set(&field.selection_set.node, &known.ty);
        Some(Field { key: field.response_key().node.clone(), on: ty.into(), step, search, inner })
    }
}

impl What {
    /// The field, if it is one.
    pub(super) fn field(&self) -> Option<&Field> {
        if let Self::Field(field) = self { Some(field) } else { None }
    }
}

impl Field {
    /// True for what only makes a level.
    fn is_plain(&self) -> bool {
        matches!(self.step, Step::Own)
            && self.search.is_empty()
            && self.inner.leaf.is_none()
            && self.inner.parts.is_empty()
    }
}

/// The conditions that depend on variables; `None` where a constant takes the selection away.
fn conditions(directives: &[Positioned<Directive>]) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    for directive in directives {
        let left_out = match directive.node.name.node.as_str() {
            "skip" => true,
            "include" => false,
            _ => continue,
        };
        match directive.node.get_argument("if").map(|value| &value.node) {
            Some(Value::Boolean(value)) if *value == left_out => return None,
            Some(Value::Variable(variable)) => {
                conditions.push(Condition { variable: variable.clone(), left_out });
            }
            _ => {}
        }
    }
    Some(conditions)
}

fn number(field: &FieldNode, argument: &str) -> Number {
    match field.get_argument(argument).map(|value| &value.node) {
        Some(Value::Variable(name)) => Number::Variable(name.clone()),
        Some(Value::Number(number)) => Number::of_literal(number),
        _ => Number::Absent,
    }
}

/// A number within an argument.
fn part(field: &FieldNode, argument: &str, entry: &'static str) -> Number {
    match field.get_argument(argument).map(|value| &value.node) {
        Some(Value::Variable(name)) => Number::Entry(name.clone(), entry),
        Some(Value::Object(entries)) => match entries.get(entry) {
            Some(Value::Variable(name)) => Number::Variable(name.clone()),
            Some(Value::Number(number)) => Number::of_literal(number),
            _ => Number::Absent,
        },
        _ => Number::Absent,
    }
}

fn length(field: &FieldNode, argument: &str) -> Length {
    length_of(field.get_argument(argument).map(|value| &value.node))
}

/// The length of a list that lies in an argument.
fn length_within(field: &FieldNode, argument: &str, list: &'static str) -> Length {
    match field.get_argument(argument).map(|value| &value.node) {
        Some(Value::Variable(name)) => Length::Within(name.clone(), list),
        Some(Value::Object(fields)) => length_of(fields.get(list)),
        _ => Length::Fixed(1),
    }
}

fn length_of(list: Option<&Value>) -> Length {
    match list {
        Some(Value::Variable(name)) => Length::Variable(name.clone()),
        Some(Value::List(values)) => Length::Fixed(values.len() as u64),
        _ => Length::Fixed(1),
    }
}

//! From the tree of the parser to the one that is executed.
//!
//! Every recursion here follows one of the parser's, which is bounded ([`super::MOST_DEPTH`]).

use std::collections::{HashMap, hash_map::Entry};

use apollo_compiler::{Name as SourceName, Node, ast, parser::SourceSpan};
use async_graphql::{Name, Pos, Positioned};
use async_graphql_parser::types::{
    BaseType, Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition, FragmentSpread,
    InlineFragment, OperationDefinition, OperationType, Selection, SelectionSet, Type, TypeCondition,
    VariableDefinition,
};
use async_graphql_value::{ConstValue, Number, Value, indexmap::IndexMap};

use super::positions::Positions;

/// Why a document that was read cannot be executed.
pub(super) struct Conflict {
    pub(super) message: String,
    pub(super) at: Pos,
}

type Converted<T> = Result<T, Conflict>;

/// Converts a document. Definitions of types are left to validation, which refuses them.
pub(super) fn document(document: &ast::Document, positions: &Positions<'_>) -> Converted<ExecutableDocument> {
    let converter = Converter(positions);
    let (mut operations, mut fragments) = (Vec::new(), HashMap::new());
    for definition in &document.definitions {
        match definition {
            ast::Definition::OperationDefinition(operation) => {
                operations.push((operation.name.as_ref(), converter.operation(operation)?));
            }
            ast::Definition::FragmentDefinition(fragment) => {
                let at = converter.at(fragment.location());
                match fragments.entry(name(&fragment.name)) {
                    Entry::Occupied(known) => {
                        let message = format!("the document has two fragments {}", known.key());
                        return Err(Conflict { message, at });
                    }
                    Entry::Vacant(free) => {
                        free.insert(converter.fragment(fragment)?);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(ExecutableDocument { operations: one_or_named(operations)?, fragments })
}

/// One operation without a name, or any number with different names.
fn one_or_named(
    mut operations: Vec<(Option<&SourceName>, Positioned<OperationDefinition>)>,
) -> Converted<DocumentOperations> {
    if let [(None, _)] = operations.as_slice()
        && let Some((_, only)) = operations.pop()
    {
        return Ok(DocumentOperations::Single(only));
    }
    let mut named = HashMap::new();
    for (its, operation) in operations {
        let at = operation.pos;
        let Some(its) = its else {
            let message = "an operation without a name must be the only one of its document".to_owned();
            return Err(Conflict { message, at });
        };
        if named.insert(name(its), operation).is_some() {
            return Err(Conflict { message: format!("the document has two operations {its}"), at });
        }
    }
    if named.is_empty() {
        let message = "the document has no operation".to_owned();
        return Err(Conflict { message, at: Pos { line: 1, column: 1 } });
    }
    Ok(DocumentOperations::Multiple(named))
}

struct Converter<'a>(&'a Positions<'a>);

impl Converter<'_> {
    fn at(&self, span: Option<SourceSpan>) -> Pos {
        self.0.of(span.map_or(0, |span| span.offset()))
    }

    fn operation(&self, node: &Node<ast::OperationDefinition>) -> Converted<Positioned<OperationDefinition>> {
        let at = self.at(node.location());
        let variables = node.variables.iter().map(|variable| self.variable(variable));
        let operation = OperationDefinition {
            ty: match node.operation_type {
                ast::OperationType::Query => OperationType::Query,
                ast::OperationType::Mutation => OperationType::Mutation,
                ast::OperationType::Subscription => OperationType::Subscription,
            },
            variable_definitions: variables.collect::<Converted<_>>()?,
            directives: self.directives(&node.directives)?,
            selection_set: self.selections(&node.selection_set, at)?,
        };
        Ok(Positioned::new(operation, at))
    }

    fn fragment(&self, node: &Node<ast::FragmentDefinition>) -> Converted<Positioned<FragmentDefinition>> {
        let at = self.at(node.location());
        let fragment = FragmentDefinition {
            type_condition: self.type_condition(&node.type_condition),
            directives: self.directives(&node.directives)?,
            selection_set: self.selections(&node.selection_set, at)?,
        };
        Ok(Positioned::new(fragment, at))
    }

    fn variable(&self, node: &Node<ast::VariableDefinition>) -> Converted<Positioned<VariableDefinition>> {
        let default = node.default_value.as_ref().map(|value| self.constant(value)).transpose()?;
        let variable = VariableDefinition {
            name: self.name(&node.name),
            var_type: Positioned::new(ty(&node.ty), self.at(node.ty.location())),
            directives: self.directives(&node.directives)?,
            default_value: default,
        };
        Ok(Positioned::new(variable, self.at(node.location())))
    }

    fn selections(&self, all: &[ast::Selection], at: Pos) -> Converted<Positioned<SelectionSet>> {
        // A loop, not an iterator: fewer calls inside each other for each level.
        let mut items = Vec::with_capacity(all.len());
        for selection in all {
            items.push(self.selection(selection)?);
        }
        Ok(Positioned::new(SelectionSet { items }, at))
    }

    /// What lies inside is converted first, and the rest in calls that have ended by then: little is on the stack for
    /// each level.
    fn selection(&self, selection: &ast::Selection) -> Converted<Positioned<Selection>> {
        let at = self.at(selection.location());
        let inside = match selection {
            ast::Selection::Field(node) => node.selection_set.as_slice(),
            ast::Selection::InlineFragment(node) => node.selection_set.as_slice(),
            ast::Selection::FragmentSpread(_) => &[],
        };
        let inside = self.selections(inside, at)?;
        self.selection_with(selection, at, inside)
    }

    fn selection_with(
        &self,
        selection: &ast::Selection,
        at: Pos,
        inside: Positioned<SelectionSet>,
    ) -> Converted<Positioned<Selection>> {
        let selection = match selection {
            ast::Selection::Field(node) => Selection::Field(Positioned::new(self.field(node, inside)?, at)),
            ast::Selection::FragmentSpread(node) => {
                let directives = self.directives(&node.directives)?;
                let spread = FragmentSpread { fragment_name: self.name(&node.fragment_name), directives };
                Selection::FragmentSpread(Positioned::new(spread, at))
            }
            ast::Selection::InlineFragment(node) => {
                let fragment = InlineFragment {
                    type_condition: node.type_condition.as_ref().map(|ty| self.type_condition(ty)),
                    directives: self.directives(&node.directives)?,
                    selection_set: inside,
                };
                Selection::InlineFragment(Positioned::new(fragment, at))
            }
        };
        Ok(Positioned::new(selection, at))
    }

    fn field(&self, node: &ast::Field, inside: Positioned<SelectionSet>) -> Converted<Field> {
        Ok(Field {
            alias: node.alias.as_ref().map(|alias| self.name(alias)),
            name: self.name(&node.name),
            arguments: self.arguments(&node.arguments)?,
            directives: self.directives(&node.directives)?,
            selection_set: inside,
        })
    }

    fn directives(&self, all: &[Node<ast::Directive>]) -> Converted<Vec<Positioned<Directive>>> {
        let one = |node: &Node<ast::Directive>| {
            let directive =
                Directive { name: self.name(&node.name), arguments: self.arguments(&node.arguments)? };
            Ok(Positioned::new(directive, self.at(node.location())))
        };
        all.iter().map(one).collect()
    }

    fn arguments(
        &self,
        all: &[Node<ast::Argument>],
    ) -> Converted<Vec<(Positioned<Name>, Positioned<Value>)>> {
        let one = |node: &Node<ast::Argument>| {
            let value = Positioned::new(self.value(&node.value)?, self.at(node.value.location()));
            Ok((self.name(&node.name), value))
        };
        all.iter().map(one).collect()
    }

    fn value(&self, node: &Node<ast::Value>) -> Converted<Value> {
        Ok(match &**node {
            ast::Value::Null => Value::Null,
            ast::Value::Boolean(value) => Value::Boolean(*value),
            ast::Value::Enum(value) => Value::Enum(name(value)),
            ast::Value::Variable(variable) => Value::Variable(name(variable)),
            ast::Value::String(text) => Value::String(text.clone()),
            ast::Value::Int(number) => Value::Number(self.number(number.as_str(), node)?),
            ast::Value::Float(number) => Value::Number(self.number(number.as_str(), node)?),
            ast::Value::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.value(item)?);
                }
                Value::List(values)
            }
            ast::Value::Object(entries) => {
                let mut values = IndexMap::with_capacity(entries.len());
                for (key, value) in entries {
                    values.insert(name(key), self.value(value)?);
                }
                Value::Object(values)
            }
        })
    }

    fn constant(&self, node: &Node<ast::Value>) -> Converted<Positioned<ConstValue>> {
        let at = self.at(node.location());
        let message = || "a default value cannot hold a variable".to_owned();
        let value = self.value(node)?.into_const().ok_or_else(|| Conflict { message: message(), at })?;
        Ok(Positioned::new(value, at))
    }

    fn number(&self, text: &str, node: &Node<ast::Value>) -> Converted<Number> {
        text.parse().map_err(|_| Conflict {
            message: format!("the number {} is out of range", crate::error::quoted(text, 40)),
            at: self.at(node.location()),
        })
    }

    fn type_condition(&self, ty: &SourceName) -> Positioned<TypeCondition> {
        Positioned::new(TypeCondition { on: self.name(ty) }, self.at(ty.location()))
    }

    fn name(&self, source: &SourceName) -> Positioned<Name> {
        Positioned::new(name(source), self.at(source.location()))
    }
}

fn name(name: &SourceName) -> Name {
    Name::new(name.as_str())
}

fn ty(source: &ast::Type) -> Type {
    let (base, nullable) = match source {
        ast::Type::Named(named) => (BaseType::Named(name(named)), true),
        ast::Type::NonNullNamed(named) => (BaseType::Named(name(named)), false),
        ast::Type::List(inner) => (BaseType::List(Box::new(ty(inner))), true),
        ast::Type::NonNullList(inner) => (BaseType::List(Box::new(ty(inner))), false),
    };
    Type { base, nullable }
}

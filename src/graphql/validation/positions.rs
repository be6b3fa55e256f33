//! What apollo-compiler leaves out: variables inside lists and input objects, a default of null where null
//! is not allowed, input fields given twice, and the texts of our own scalars.
//!
//! Documents come here found valid otherwise, so that the shape of every value is known to be right.

use std::collections::HashSet;

use apollo_compiler::{
    Name, Node, Schema,
    ast::{Argument, Directive, InputValueDefinition, Type, Value, VariableDefinition},
    executable::{ExecutableDocument, Operation, Selection, SelectionSet},
    parser::SourceSpan,
};
use async_graphql::indexmap::IndexMap;

use super::{VariableTypes, fault, scalars};
use crate::{error::Code, graphql::error::Refused};

/// Checks every value of a document where it stands, and gives the types of the variables.
pub(super) fn check(schema: &Schema, document: &ExecutableDocument) -> Result<VariableTypes, Refused> {
    let (mut found, mut types) = (IndexMap::new(), VariableTypes::new());
    for operation in document.operations.iter() {
        let variables = &operation.variables;
        let (fragments, needed) = (HashSet::new(), HashSet::new());
        let mut walk = Walk { schema, document, variables, fragments, needed, found: &mut found };
        walk.operation(operation);
        let name = operation.name.as_ref().map(Name::to_string);
        types.insert(name, variables.iter().map(|variable| walk.type_of(variable)).collect());
    }
    if found.is_empty() {
        return Ok(types);
    }
    Err(Refused::of_many(found.iter().map(|(at, message)| {
        fault(Code::GraphqlValidationFailed, message, at.line_column(&document.sources))
    })))
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    variables: &'a [Node<VariableDefinition>],
    /// Fragments that were walked.
    fragments: HashSet<&'a Name>,
    /// Variables that decide what is left out: they may have a default and a type with null, but not null.
    needed: HashSet<&'a Name>,
    /// What is wrong, by its place: fragments are walked again for each operation that spreads them.
    found: &'a mut IndexMap<SourceSpan, String>,
}

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a Operation) {
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                self.value(default, &variable.ty, false);
            }
        }
        self.directives(&operation.directives);
        self.set(&operation.selection_set);
    }

    fn set(&mut self, set: &'a SelectionSet) {
        for selection in &set.selections {
            self.directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.arguments, &field.definition.arguments);
                    self.set(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = spread.fragment_def(self.document);
                    let fragment = fragment.filter(|fragment| self.fragments.insert(&fragment.name));
                    if let Some(fragment) = fragment {
                        self.directives(&fragment.directives);
                        self.set(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &'a [Node<Directive>]) {
        for directive in directives {
            if let Some(definition) = self.schema.directive_definitions.get(&directive.name) {
                self.arguments(&directive.arguments, &definition.arguments);
            }
            let values = directive.arguments.iter().map(|argument| &argument.value);
            self.needed.extend(values.filter_map(|value| value.as_variable()));
        }
    }

    /// The type that a variable's value must have. `@skip(if: null)` would be executed as `if: false`.
    fn type_of(&self, variable: &VariableDefinition) -> Type {
        let ty = Type::clone(&variable.ty);
        if self.needed.contains(&variable.name) { ty.non_null() } else { ty }
    }

    fn arguments(&mut self, given: &'a [Node<Argument>], known: &'a [Node<InputValueDefinition>]) {
        for argument in given {
            if let Some(definition) = known.iter().find(|known| known.name == argument.name) {
                self.value(&argument.value, &definition.ty, definition.default_value.is_some());
            }
        }
    }

    /// A value where one of a type is wanted; `has_default` where the place has one of its own.
    fn value(&mut self, value: &'a Node<Value>, ty: &Type, has_default: bool) {
        match &**value {
            Value::Variable(name) => self.variable(name, ty, has_default, value.location()),
            Value::Null => {}
            Value::List(items) if ty.is_list() => {
                for item in items {
                    self.value(item, ty.item_type(), false);
                }
            }
            _ if ty.is_list() => self.value(value, ty.item_type(), false),
            Value::Object(fields) if self.schema.get_input_object(ty.inner_named_type()).is_some() => {
                self.fields(fields, ty.inner_named_type());
            }
            _ => {
                let (scalar, text) = (ty.inner_named_type(), value.as_str());
                self.tell(value.location(), || {
                    let too_long = text.and_then(|text| scalars::too_long(scalar, text));
                    too_long.or_else(|| scalars::misread(scalar, &value.serialize().no_indent(), text))
                });
            }
        }
    }

    fn fields(&mut self, fields: &'a [(Name, Node<Value>)], ty: &Name) {
        let Some(object) = self.schema.get_input_object(ty) else { return };
        let mut given = HashSet::new();
        for (name, value) in fields {
            if !given.insert(name) {
                self.tell(name.location(), || Some(format!("{ty} has the field {name} twice")));
            }
            if let Some(field) = object.fields.get(name) {
                self.value(value, &field.ty, field.default_value.is_some());
            }
        }
    }

    /// Whether a variable may stand where a type is wanted (section 5.8.5 of the specification).
    fn variable(&mut self, name: &Name, wanted: &Type, has_default: bool, at: Option<SourceSpan>) {
        let Some(variable) = self.variables.iter().find(|variable| variable.name == *name) else { return };
        let never_null = variable.default_value.as_ref().is_some_and(|default| !default.is_null());
        let fits = if wanted.is_non_null() && !variable.ty.is_non_null() && (never_null || has_default) {
            variable.ty.is_assignable_to(&wanted.clone().nullable())
        } else {
            variable.ty.is_assignable_to(wanted)
        };
        if !fits {
            let given = &variable.ty;
            self.tell(at, || {
                Some(format!("the variable ${name} is of type {given}; {wanted} is needed here"))
            });
        }
    }

    /// Notes what is wrong at a place, if anything is and nothing was said of it before.
    fn tell(&mut self, at: Option<SourceSpan>, wrong: impl FnOnce() -> Option<String>) {
        let place = at.filter(|at| !self.found.contains_key(at));
        if let (Some(at), Some(message)) = (place, place.and_then(|_| wrong())) {
            self.found.insert(at, message);
        }
    }
}

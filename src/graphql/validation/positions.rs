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

use super::{fault, scalars};
use crate::{error::Code, graphql::error::Refused};

/// Checks every value of a document where it stands.
pub(super) fn check(schema: &Schema, document: &ExecutableDocument) -> Result<(), Refused> {
    let mut found = Vec::new();
    for operation in document.operations.iter() {
        let fragments = HashSet::new();
        Walk { schema, document, variables: &operation.variables, fragments, found: &mut found }
            .operation(operation);
    }
    if found.is_empty() {
        return Ok(());
    }
    // A fragment that several operations spread is seen with the variables of each.
    let mut told = HashSet::new();
    found.retain(|wrong| told.insert(wrong.clone()));
    Err(Refused::of_many(found.iter().map(|(message, at)| {
        fault(Code::GraphqlValidationFailed, message, at.and_then(|at| at.line_column(&document.sources)))
    })))
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    variables: &'a [Node<VariableDefinition>],
    /// Fragments that were walked.
    fragments: HashSet<&'a Name>,
    found: &'a mut Vec<(String, Option<SourceSpan>)>,
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
        }
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
                let wrong = scalars::misread(ty.inner_named_type(), value, value.as_str());
                self.found.extend(wrong.map(|wrong| (wrong, value.location())));
            }
        }
    }

    fn fields(&mut self, fields: &'a [(Name, Node<Value>)], ty: &Name) {
        let Some(object) = self.schema.get_input_object(ty) else { return };
        let mut given = HashSet::new();
        for (name, value) in fields {
            if !given.insert(name) {
                self.found.push((format!("{ty} has the field {name} twice"), name.location()));
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
            let message = format!("the variable ${name} is of type {given}; {wanted} is needed here");
            self.found.push((message, at));
        }
    }
}

//! Reads the values of variables as the specification says (section 6.1.2): each becomes what its type
//! wants, or the request is refused.

use apollo_compiler::{
    Schema,
    ast::Type,
    schema::{EnumType, ExtendedType, InputObjectType},
};
use async_graphql::{Positioned, ServerError, Value, Variables};
use async_graphql_parser::types::{OperationDefinition, VariableDefinition};

use super::{MOST_CHARACTERS, Validator, VariableTypes, scalars};
use crate::{
    error::Code,
    graphql::error::{Refused, refusal},
};

/// Why a value does not fit, and where in it.
struct Misfit {
    path: String,
    message: String,
}

impl Validator {
    /// Puts every variable of an operation into the form of its type.
    pub(in crate::graphql) fn read_variables(
        &self,
        types: &VariableTypes,
        (name, operation): (Option<&str>, &OperationDefinition),
        variables: &mut Variables,
    ) -> Result<(), Refused> {
        let types = types.get(&name.map(str::to_owned)).map(Vec::as_slice).unwrap_or_default();
        let mut wrong = Vec::new();
        for (definition, ty) in operation.variable_definitions.iter().zip(types) {
            let Some(value) = variables.get_mut(&definition.node.name.node) else { continue };
            if let Err(misfit) = read(&self.schema, value, ty) {
                wrong.push(refuse(definition, misfit));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(Refused::of_many(wrong.into_iter())) }
    }
}

fn refuse(definition: &Positioned<VariableDefinition>, misfit: Misfit) -> ServerError {
    let Misfit { path, message } = misfit;
    let name = &definition.node.name.node;
    let message = format!("the variable ${name}{path:.MOST_CHARACTERS$}: {message}");
    let mut error = refusal(Code::BadUserInput, message);
    error.locations.push(definition.pos);
    error
}

fn read(schema: &Schema, value: &mut Value, ty: &Type) -> Result<(), Misfit> {
    if *value == Value::Null {
        let message = format!("null is given, {ty} is needed");
        return if ty.is_non_null() { Err(Misfit::here(message)) } else { Ok(()) };
    }
    if ty.is_list() {
        return read_list(schema, value, ty.item_type());
    }
    match schema.types.get(ty.inner_named_type()) {
        Some(ExtendedType::InputObject(object)) => read_object(schema, value, object),
        Some(ExtendedType::Enum(known)) => read_enum(value, known),
        _ => read_scalar(value, ty.inner_named_type()),
    }
}

/// One value stands for a list of it.
fn read_list(schema: &Schema, value: &mut Value, item: &Type) -> Result<(), Misfit> {
    if !matches!(value, Value::List(_)) {
        *value = Value::List(vec![std::mem::take(value)]);
    }
    let Value::List(items) = value else { return Ok(()) };
    for (index, value) in items.iter_mut().enumerate() {
        read(schema, value, item).map_err(|misfit| misfit.inside(&format!("[{index}]")))?;
    }
    Ok(())
}

fn read_object(schema: &Schema, value: &mut Value, ty: &InputObjectType) -> Result<(), Misfit> {
    let Value::Object(given) = value else { return Err(Misfit::of(value, &ty.name)) };
    let unknown = given.keys().find(|name| !ty.fields.contains_key(name.as_str()));
    if let Some(unknown) = unknown {
        return Err(Misfit::here(format!("{} has no field {unknown:.80}", ty.name)));
    }
    for (name, field) in &ty.fields {
        match given.get_mut(name.as_str()) {
            Some(value) => read(schema, value, &field.ty),
            None if field.is_required() => {
                Err(Misfit::here(format!("no value is given, {} is needed", field.ty)))
            }
            None => Ok(()),
        }
        .map_err(|misfit| misfit.inside(&format!(".{name}")))?;
    }
    Ok(())
}

fn read_enum(value: &Value, ty: &EnumType) -> Result<(), Misfit> {
    let known = |name: &str| ty.values.keys().any(|value| value == name);
    match value {
        Value::String(name) if known(name) => Ok(()),
        Value::Enum(name) if known(name) => Ok(()),
        _ => Err(Misfit::of(value, &ty.name)),
    }
}

fn read_scalar(value: &mut Value, scalar: &str) -> Result<(), Misfit> {
    let fits = match (scalar, &*value) {
        ("Int", Value::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        ("Float", Value::Number(_))
        | ("String" | "ID", Value::String(_))
        | ("Boolean", Value::Boolean(_)) => true,
        ("ID", Value::Number(number)) if number.is_i64() || number.is_u64() => {
            *value = Value::String(number.to_string());
            true
        }
        ("Int" | "Float" | "String" | "Boolean" | "ID", _) => false,
        _ => {
            let text = if let Value::String(text) = &*value { Some(text.as_str()) } else { None };
            return scalars::misread(scalar, &*value, text)
                .map_or(Ok(()), |message| Err(Misfit::here(message)));
        }
    };
    if fits { Ok(()) } else { Err(Misfit::of(value, scalar)) }
}

impl Misfit {
    fn here(message: String) -> Self {
        Self { path: String::new(), message }
    }

    fn of(value: &Value, ty: &str) -> Self {
        Self::here(format!("{:.80} is not of type {ty}", value.to_string()))
    }

    fn inside(self, step: &str) -> Self {
        Self { path: format!("{step}{}", self.path), ..self }
    }
}

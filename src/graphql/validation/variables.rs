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

/// Input objects and lists inside each other: five levels of `and`, `or` and `not` are ten.
const MOST_DEPTH: usize = 32;
/// Input objects of an operation's variables. Each takes some hundred bytes and a call of the parser once it is read.
const MOST_OBJECTS: usize = 1_000;

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
        let mut reader = Reader { schema: &self.schema, objects: 0 };
        for (definition, ty) in operation.variable_definitions.iter().zip(types) {
            let Some(value) = variables.get_mut(&definition.node.name.node) else { continue };
            if let Err(misfit) = reader.read(value, ty, 0) {
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

/// Reads the values of an operation's variables, and counts what is in them.
struct Reader<'a> {
    schema: &'a Schema,
    objects: usize,
}

impl Reader<'_> {
    /// Reads a value that lies in `depth` input objects and lists.
    fn read(&mut self, value: &mut Value, ty: &Type, depth: usize) -> Result<(), Misfit> {
        if *value == Value::Null {
            let message = format!("null is given, {ty} is needed");
            return if ty.is_non_null() { Err(Misfit::here(message)) } else { Ok(()) };
        }
        if depth > MOST_DEPTH {
            let message = format!("input objects and lists lie more than {MOST_DEPTH} deep in each other");
            return Err(Misfit::here(message));
        }
        if ty.is_list() {
            return self.read_list(value, ty.item_type(), depth + 1);
        }
        let schema = self.schema;
        match schema.types.get(ty.inner_named_type()) {
            Some(ExtendedType::InputObject(object)) => self.read_object(value, object, depth + 1),
            Some(ExtendedType::Enum(known)) => read_enum(value, known),
            _ => read_scalar(value, ty.inner_named_type()),
        }
    }

    /// One value stands for a list of it.
    fn read_list(&mut self, value: &mut Value, item: &Type, depth: usize) -> Result<(), Misfit> {
        if !matches!(value, Value::List(_)) {
            *value = Value::List(vec![std::mem::take(value)]);
        }
        let Value::List(items) = value else { return Ok(()) };
        for (index, value) in items.iter_mut().enumerate() {
            self.read(value, item, depth).map_err(|misfit| misfit.inside(&format!("[{index}]")))?;
        }
        Ok(())
    }

    fn read_object(&mut self, value: &mut Value, ty: &InputObjectType, depth: usize) -> Result<(), Misfit> {
        let Value::Object(given) = value else { return Err(Misfit::of(value, &ty.name)) };
        self.objects += 1;
        if self.objects > MOST_OBJECTS {
            let message =
                format!("the variables have more than {MOST_OBJECTS} input objects; split the operation");
            return Err(Misfit::here(message));
        }
        let unknown = given.keys().find(|name| !ty.fields.contains_key(name.as_str()));
        if let Some(unknown) = unknown {
            return Err(Misfit::here(format!("{} has no field {unknown:.80}", ty.name)));
        }
        for (name, field) in &ty.fields {
            match given.get_mut(name.as_str()) {
                Some(value) => self.read(value, &field.ty, depth),
                None if field.is_required() => {
                    Err(Misfit::here(format!("no value is given, {} is needed", field.ty)))
                }
                None => Ok(()),
            }
            .map_err(|misfit| misfit.inside(&format!(".{name}")))?;
        }
        Ok(())
    }
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
        ("Float", Value::Number(_)) | ("Boolean", Value::Boolean(_)) => true,
        ("String" | "ID", Value::String(text)) => {
            return scalars::too_long(scalar, text).map_or(Ok(()), |message| Err(Misfit::here(message)));
        }
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

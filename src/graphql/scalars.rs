//! Scalars: moments, exact amounts and JSON as published.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime as ChronoDateTime, SecondsFormat};
use serde_json::value::RawValue;

use super::error::{Error, Nullable};
use crate::{ocds::model::Time, store::StoreError};

/// A moment in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DateTime(pub(super) Time);

/// An exact amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal(pub(super) rust_decimal::Decimal);

/// A JSON value that is passed on byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Json(Value);

/// A moment as RFC 3339 text. Answers are in UTC; an argument needs its offset: `2024-01-31T00:00:00Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        moment(text).map(Self).ok_or_else(|| {
            InputValueError::custom(format!("{text:?} is not a moment; write it as 2024-01-31T00:00:00Z"))
        })
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if moment(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// An exact decimal number as text, such as `9007199254740993.01`: never rounded, no exponent.
#[Scalar(name = "Decimal", specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        number(text).map(Self).ok_or_else(|| {
            InputValueError::custom(format!("{text:?} is not a decimal number such as \"12.50\""))
        })
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if number(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.normalize().to_string())
    }
}

/// A JSON value. What was published is given as it was, and its numbers keep every digit.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

impl Json {
    /// An argument as a JSON text: a text is taken to be one, any other value is written as one.
    pub(super) fn into_text(self) -> Result<String, Error> {
        match self.0 {
            Value::String(text) => Ok(text),
            value => serde_json::to_string(&value).map_err(|error| Error::Internal(error.to_string())),
        }
    }

    /// The value of a stored JSON text. It is passed on as it is, so it is checked to be JSON.
    pub(super) fn stored(text: String) -> Result<Self, Error> {
        let raw = RawValue::from_string(text).map_err(|error| corrupt(&error))?;
        async_graphql::to_value(&raw).map(Self).map_err(|error| corrupt(&error))
    }
}

/// A stored JSON text; `None` stays absent.
pub(super) fn json(text: Option<&str>) -> Nullable<Json> {
    text.map(|text| Json::stored(text.to_owned()))
}

/// A stored JSON list of texts; `None` is an empty list.
pub(super) fn texts(json: Option<&str>) -> Result<Vec<String>, Error> {
    json.map_or(Ok(Vec::new()), |json| serde_json::from_str(json).map_err(|error| corrupt(&error)))
}

fn corrupt(error: &dyn std::fmt::Display) -> Error {
    StoreError::Corrupt(format!("a JSON text: {error}")).into()
}

fn moment(text: &str) -> Option<Time> {
    ChronoDateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc())
}

fn number(text: &str) -> Option<rust_decimal::Decimal> {
    rust_decimal::Decimal::from_str_exact(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_beyond_floating_point_are_written_exactly() {
        let amount = number("9007199254740993.010").unwrap();
        assert_eq!(Decimal(amount).to_value(), Value::from("9007199254740993.01"));
    }

    #[test]
    fn json_keeps_every_digit() {
        let json = Json::stored(r#"{"amount":9007199254740993.010}"#.to_owned()).unwrap();
        let written = serde_json::to_string(&json.to_value()).unwrap();
        assert_eq!(written, r#"{"amount":9007199254740993.010}"#);
        assert!(Json::stored("{".to_owned()).is_err());
    }

    #[test]
    fn a_moment_needs_its_offset() {
        assert!(DateTime::is_valid(&Value::from("2024-01-31T00:00:00+05:30")));
        assert!(!DateTime::is_valid(&Value::from("2024-01-31")));
        let moment = DateTime::parse(Value::from("2024-01-31T00:00:00+05:30")).unwrap();
        assert_eq!(moment.to_value(), Value::from("2024-01-30T18:30:00Z"));
    }
}

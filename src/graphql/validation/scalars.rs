//! The texts that our own scalars take, wherever they come from: the document or a variable.

use std::fmt::Display;

use async_graphql::{ScalarType, Value};

use crate::graphql::scalars::{DateTime, Decimal};

/// Says why a value is not one of a scalar of ours; `text` is what it says if it is a text. Nothing is
/// said of other scalars.
pub(super) fn misread(scalar: &str, value: &dyn Display, text: Option<&str>) -> Option<String> {
    let (reads, example): (fn(&Value) -> bool, _) = match scalar {
        "DateTime" => (DateTime::is_valid, "2024-01-31T00:00:00Z"),
        "Decimal" => (Decimal::is_valid, "12.50"),
        _ => return None,
    };
    if text.is_some_and(|text| reads(&Value::from(text))) {
        return None;
    }
    let shown: String = value.to_string().chars().take(80).collect();
    Some(format!("{shown} is not a {scalar}; write it as \"{example}\""))
}

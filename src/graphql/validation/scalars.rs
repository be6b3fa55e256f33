//! The texts that our own scalars take, wherever they come from: the document or a variable.

use std::fmt::Display;

use async_graphql::{ScalarType, Value};

use crate::graphql::scalars::{DateTime, Decimal};

/// Bytes of a text or id in an argument. The longest cursor has some 600, and an imported ocid, currency or
/// classification at most 300 characters.
pub(in crate::graphql) const MAX_TEXT_BYTES: usize = 1_024;

/// Says why a text is too long to be used, or to be looked up in any cache.
pub(super) fn too_long(scalar: &str, text: &str) -> Option<String> {
    let is_bounded = matches!(scalar, "String" | "ID") && text.len() > MAX_TEXT_BYTES;
    is_bounded
        .then(|| format!("the value has {} bytes, {MAX_TEXT_BYTES} at most: give a shorter one", text.len()))
}

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

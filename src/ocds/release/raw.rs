//! The bytes of what lies within a record or package, exactly as published.

use std::collections::HashMap;

use serde_json::value::RawValue;

/// The elements of the list under a key of an object; an object there counts as a list of one.
pub(super) fn elements<'a>(object: &'a [u8], key: &str) -> Vec<&'a [u8]> {
    let members: HashMap<String, &RawValue> = serde_json::from_slice(object).unwrap_or_default();
    let Some(raw) = members.get(key).map(|raw| raw.get()) else { return Vec::new() };
    if raw.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
        return elements.into_iter().map(|raw| raw.get().as_bytes()).collect();
    }
    if raw.starts_with('{') { vec![raw.as_bytes()] } else { Vec::new() }
}

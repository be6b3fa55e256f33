//! The merge routine of the standard: what the releases about one process say together.
//!
//! Of a field the latest value counts, and `null` removes it. Objects merge field by field; so do the
//! objects of an array that have the same `id`. An array is replaced as a whole where the rules say so,
//! where it holds anything but objects, and where none of its objects has an id. What changes its type
//! from one release to the next is never lost to an error: an object joins the array it belongs to, and
//! of other types the later one counts.

use std::borrow::Cow;
use std::collections::HashMap;

use super::json::{Member, Value};
use super::rules::{Rule, Rules};

/// Merges releases that are in the order of their dates. The result is tagged `compiled`, and has the
/// date of the latest and an id made of both.
pub fn merge<'a>(releases: &[Value<'a>], rules: &Rules) -> Value<'a> {
    let mut merged: Vec<Member<'a>> = vec![
        (Cow::Borrowed("tag"), Value::Array(vec![Value::String(Cow::Borrowed("compiled"))])),
        (Cow::Borrowed("id"), Value::Null),
        (Cow::Borrowed("date"), Value::Null),
        (Cow::Borrowed("ocid"), Value::Null),
    ];
    for release in releases {
        let (ocid, date) =
            (release.get("ocid").unwrap_or(&Value::Null), release.get("date").unwrap_or(&Value::Null));
        let id = format!("{}-{}", text(ocid), text(date));
        put(&mut merged, "id", Value::String(Cow::Owned(id)));
        put(&mut merged, "date", date.clone());
        put(&mut merged, "ocid", ocid.clone());
        merge_members(&mut merged, release.as_object().unwrap_or_default(), Some(rules), true);
    }
    merged.retain(|(_, value)| *value != Value::Null);
    Value::Object(merged)
}

fn text<'v>(value: &'v Value<'_>) -> &'v str {
    value.scalar_text().unwrap_or_default()
}

fn put<'a>(members: &mut Vec<Member<'a>>, key: &str, value: Value<'a>) {
    match find(members, key) {
        Some(known) => *known = value,
        None => members.push((Cow::Owned(key.to_owned()), value)),
    }
}

fn find<'m, 'a>(members: &'m mut [Member<'a>], key: &str) -> Option<&'m mut Value<'a>> {
    members.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
}

/// Merges members into those of an object.
fn merge_members<'a>(
    target: &mut Vec<Member<'a>>,
    source: &[Member<'a>],
    rules: Option<&Rules>,
    outermost: bool,
) {
    for member @ (key, value) in source {
        let rules = rules.and_then(|rules| rules.of(key));
        let rule = rules.and_then(Rules::rule);
        // Before 1.1.4 the schema did not say so of `tag`; of `ocid` 1.0 says so by mistake.
        if rule == Some(Rule::Omit) || (outermost && matches!(key.as_ref(), "tag" | "ocid" | "id" | "date")) {
            continue;
        }
        let by_parts = rule != Some(Rule::WholeList)
            && match value {
                Value::Array(elements) => elements.iter().all(is_object),
                value => is_object(value),
            };
        match value {
            Value::Null => target.retain(|(name, _)| name != key),
            _ if by_parts => merge_parts(target, member, rules),
            value => put(target, key, value.clone()),
        }
    }
}

fn is_object(value: &Value<'_>) -> bool {
    matches!(value, Value::Object(_))
}

/// Merges an object or a list of objects into what a key has. What is left with nothing goes.
fn merge_parts<'a>(target: &mut Vec<Member<'a>>, (key, source): &Member<'a>, rules: Option<&Rules>) {
    let index = target.iter().position(|(name, _)| name == key).unwrap_or(target.len());
    if index == target.len() {
        target.push((key.clone(), Value::Null));
    }
    let known = &mut target[index].1;
    if !source.is_empty() {
        join(known, source);
    }
    match (&mut *known, source) {
        (Value::Object(known), Value::Object(members)) => merge_members(known, members, rules, false),
        (Value::Array(known), Value::Array(elements)) => merge_elements(known, elements, rules),
        (Value::Array(known), object) => merge_elements(known, std::slice::from_ref(object), rules),
        _ => {}
    }
    let nothing = match known {
        Value::Object(members) => members.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        known => *known == Value::Null,
    };
    if nothing {
        target.remove(index);
    }
}

/// Gives a known value the type it needs to take a source in: an object becomes a list where the source
/// is one, a scalar gives way.
fn join<'a>(known: &mut Value<'a>, source: &Value<'a>) {
    *known = match (std::mem::replace(known, Value::Null), source) {
        (object @ Value::Object(_), Value::Array(_)) => Value::Array(vec![object]),
        (known @ (Value::Object(_) | Value::Array(_)), _) => known,
        (_, Value::Array(_)) => Value::Array(Vec::new()),
        _ => Value::Object(Vec::new()),
    };
}

/// Merges objects into those of an array that have the same id; the others are appended.
fn merge_elements<'a>(target: &mut Vec<Value<'a>>, source: &[Value<'a>], rules: Option<&Rules>) {
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (index, element) in target.iter().enumerate() {
        if let Some(id) = id(element) {
            by_id.entry(id.to_owned()).or_insert(index);
        }
    }
    if by_id.is_empty() && !source.is_empty() && source.iter().all(|element| id(element).is_none()) {
        target.clear();
    }
    for element in source {
        let members = element.as_object().unwrap_or_default();
        let known = id(element).and_then(|id| by_id.get(id)).and_then(|&index| target.get_mut(index));
        if let Some(Value::Object(known)) = known {
            merge_members(known, members, rules, false);
            continue;
        }
        let mut object = Vec::new();
        merge_members(&mut object, members, rules, false);
        if let Some(id) = id(element) {
            by_id.insert(id.to_owned(), target.len());
        }
        target.push(Value::Object(object));
    }
    target.retain(|element| !matches!(element, Value::Object(members) if members.is_empty()));
}

fn id<'v>(element: &'v Value<'_>) -> Option<&'v str> {
    element.get("id")?.scalar_text()
}

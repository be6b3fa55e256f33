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
        merge_members(&mut merged, release.as_object().unwrap_or_default(), Some(rules.root()), true);
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

/// Merges members into those of an object. True if any of them had something to say.
fn merge_members<'a>(
    target: &mut Vec<Member<'a>>,
    source: &[Member<'a>],
    rules: Option<&Rules>,
    outermost: bool,
) -> bool {
    let mut said = false;
    for (key, value) in source {
        let rules = rules.and_then(|rules| rules.of(key));
        let rule = rules.and_then(Rules::rule);
        // Before 1.1.4 the schema did not say so of `tag`; of `ocid` 1.0 says so by mistake.
        if rule == Some(Rule::Omit) || (outermost && matches!(key.as_ref(), "tag" | "ocid" | "id" | "date")) {
            continue;
        }
        said |= match value {
            Value::Array(elements) if rule != Some(Rule::WholeList) && elements.iter().all(is_object) => {
                merge_list(target, key, elements, rules)
            }
            Value::Object(members) if rule != Some(Rule::WholeList) => {
                merge_object(target, key, members, rules)
            }
            value => replace(target, key, value),
        };
    }
    said
}

fn is_object(value: &Value<'_>) -> bool {
    matches!(value, Value::Object(_))
}

fn replace<'a>(target: &mut Vec<Member<'a>>, key: &Cow<'a, str>, value: &Value<'a>) -> bool {
    if *value == Value::Null {
        target.retain(|(name, _)| name != key);
    } else if let Some(known) = find(target, key) {
        *known = value.clone();
    } else {
        target.push((key.clone(), value.clone()));
    }
    true
}

fn merge_object<'a>(
    target: &mut Vec<Member<'a>>,
    key: &Cow<'a, str>,
    source: &[Member<'a>],
    rules: Option<&Rules>,
) -> bool {
    match find(target, key) {
        Some(Value::Object(known)) => merge_members(known, source, rules, false),
        Some(Value::Array(known)) if known.iter().all(is_object) => {
            merge_elements(known, &[Value::Object(source.to_vec())], rules)
        }
        known => {
            let mut object = Vec::new();
            let said = merge_members(&mut object, source, rules, false);
            match known {
                _ if !said => {}
                Some(known) => *known = Value::Object(object),
                None => target.push((key.clone(), Value::Object(object))),
            }
            said
        }
    }
}

fn merge_list<'a>(
    target: &mut Vec<Member<'a>>,
    key: &Cow<'a, str>,
    source: &[Value<'a>],
    rules: Option<&Rules>,
) -> bool {
    match find(target, key) {
        Some(Value::Array(known)) => merge_elements(known, source, rules),
        Some(known @ Value::Object(_)) => {
            let mut list = vec![std::mem::replace(known, Value::Null)];
            let said = merge_elements(&mut list, source, rules);
            *known = Value::Array(list);
            said
        }
        known => {
            let mut list = Vec::new();
            let said = merge_elements(&mut list, source, rules);
            match known {
                _ if !said => {}
                Some(known) => *known = Value::Array(list),
                None => target.push((key.clone(), Value::Array(list))),
            }
            said
        }
    }
}

/// Merges objects into those of an array that have the same id; the others are appended.
fn merge_elements<'a>(target: &mut Vec<Value<'a>>, source: &[Value<'a>], rules: Option<&Rules>) -> bool {
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (index, element) in target.iter().enumerate() {
        if let Some(id) = id(element) {
            by_id.entry(id.to_owned()).or_insert(index);
        }
    }
    if by_id.is_empty() && !source.is_empty() && source.iter().all(|element| id(element).is_none()) {
        target.clear();
    }
    let mut said = false;
    for element in source {
        let members = element.as_object().unwrap_or_default();
        let known = id(element).and_then(|id| by_id.get(id)).and_then(|&index| target.get_mut(index));
        if let Some(Value::Object(known)) = known {
            said |= merge_members(known, members, rules, false);
            continue;
        }
        let mut object = Vec::new();
        if merge_members(&mut object, members, rules, false) {
            if let Some(id) = id(element) {
                by_id.insert(id.to_owned(), target.len());
            }
            target.push(Value::Object(object));
            said = true;
        }
    }
    said
}

fn id<'v>(element: &'v Value<'_>) -> Option<&'v str> {
    element.get("id")?.scalar_text()
}

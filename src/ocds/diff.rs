//! Which fields of a compiled release changed.
//!
//! A path names keys, and elements by their id (by position where they have none): `tender/status`,
//! `awards/7/value/amount`. What was added or removed is named once, without what is in it. As in JSON
//! Pointer, `~` in a key is `~0` and `/` is `~1`.

use std::collections::{BTreeSet, HashMap};

use super::json::Value;

/// The largest number of paths.
pub const MAX_PATHS: usize = 100;

/// What merging says of itself, not of the process.
const BOOKKEEPING: [&str; 2] = ["id", "tag"];

/// The paths whose values differ, sorted. Where there are more than [`MAX_PATHS`], those deepest inside
/// are given by what they lie in, and what is still too much is cut off.
pub fn changed_paths(old: &Value<'_>, new: &Value<'_>) -> Vec<String> {
    let mut paths = BTreeSet::new();
    let mut walk = Walk { path: Vec::new(), paths: &mut paths };
    walk.value(old, new);
    paths.retain(|path| !matches!(path.as_slice(), [key, ..] if BOOKKEEPING.contains(&key.as_str())));
    let deepest = paths.iter().map(Vec::len).max().unwrap_or_default();
    for depth in (1..deepest).rev() {
        if paths.len() <= MAX_PATHS {
            break;
        }
        paths = paths.into_iter().map(|path| path.into_iter().take(depth).collect()).collect();
    }
    paths.into_iter().take(MAX_PATHS).map(|path| path.join("/")).collect()
}

struct Walk<'w> {
    path: Vec<String>,
    paths: &'w mut BTreeSet<Vec<String>>,
}

impl Walk<'_> {
    fn value(&mut self, old: &Value<'_>, new: &Value<'_>) {
        match (old, new) {
            (Value::Object(_), Value::Object(_)) => self.members(old, new),
            (Value::Array(old), Value::Array(new)) => self.elements(old, new),
            _ if old == new => {}
            _ => self.changed(),
        }
    }

    fn changed(&mut self) {
        self.paths.insert(self.path.clone());
    }

    fn under(&mut self, step: &str, then: impl FnOnce(&mut Self)) {
        self.path.push(step.replace('~', "~0").replace('/', "~1"));
        then(self);
        self.path.pop();
    }

    fn members(&mut self, old: &Value<'_>, new: &Value<'_>) {
        for (key, was) in old.as_object().unwrap_or_default() {
            self.under(key, |walk| match new.get(key) {
                Some(is) => walk.value(was, is),
                None => walk.changed(),
            });
        }
        for (key, _) in new.as_object().unwrap_or_default() {
            if old.get(key).is_none() {
                self.under(key, Self::changed);
            }
        }
    }

    fn elements(&mut self, old: &[Value<'_>], new: &[Value<'_>]) {
        if let (Some(old), Some(new)) = (by_id(old), by_id(new)) {
            for (id, was) in &old {
                self.under(id, |walk| match new.get(id) {
                    Some(is) => walk.value(was, is),
                    None => walk.changed(),
                });
            }
            for id in new.keys().filter(|id| !old.contains_key(*id)) {
                self.under(id, Self::changed);
            }
        } else if old.len() == new.len() {
            for (index, (was, is)) in old.iter().zip(new).enumerate() {
                self.under(&index.to_string(), |walk| walk.value(was, is));
            }
        } else {
            self.changed();
        }
    }
}

/// The elements by id, if each has one of its own.
fn by_id<'v, 'a>(elements: &'v [Value<'a>]) -> Option<HashMap<&'v str, &'v Value<'a>>> {
    let by_id: HashMap<_, _> = elements
        .iter()
        .map(|element| Some((element.get("id")?.scalar_text()?, element)))
        .collect::<Option<_>>()?;
    (by_id.len() == elements.len()).then_some(by_id)
}

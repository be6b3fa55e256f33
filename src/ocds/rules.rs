//! Which fields the merge routine leaves out, and which lists it replaces as a whole.
//!
//! The rules of a schema follow from it ([`Rules::from_schema`]); those of OCDS 1.1 are written out
//! below, and a test compares them with the published schema.

use std::sync::LazyLock;

use super::json::Value;

/// What the merge routine does with a field other than merging it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It says something of its release only, and is left out.
    Omit,
    /// It is a list that is replaced as a whole.
    WholeList,
}

/// The rules for an object and what is in it. A list has the rules of its elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    rule: Option<Rule>,
    /// By key, in the order of the keys.
    fields: Vec<(String, Rules)>,
}

/// Lists that OCDS 1.1 replaces as a whole.
const WHOLE_LISTS: &[&str] = &[
    "awards.amendment.changes",
    "awards.amendments.changes",
    "awards.items.additionalClassifications",
    "awards.suppliers.additionalIdentifiers",
    "buyer.additionalIdentifiers",
    "contracts.amendment.changes",
    "contracts.amendments.changes",
    "contracts.implementation.transactions.payee.additionalIdentifiers",
    "contracts.implementation.transactions.payer.additionalIdentifiers",
    "contracts.items.additionalClassifications",
    "contracts.relatedProcesses.relationship",
    "parties.additionalIdentifiers",
    "parties.roles",
    "relatedProcesses.relationship",
    "tender.additionalProcurementCategories",
    "tender.amendment.changes",
    "tender.amendments.changes",
    "tender.items.additionalClassifications",
    "tender.procuringEntity.additionalIdentifiers",
    "tender.submissionMethod",
    "tender.tenderers.additionalIdentifiers",
];

static OCDS_1_1: LazyLock<Rules> = LazyLock::new(|| {
    let mut rules = Rules::default();
    for field in ["date", "id", "tag"] {
        rules.set(field.split('.'), Rule::Omit);
    }
    for list in WHOLE_LISTS {
        rules.set(list.split('.'), Rule::WholeList);
    }
    rules
});

impl Rules {
    /// The rules of OCDS 1.1, which hold for the data of 1.0 as well.
    pub fn ocds_1_1() -> &'static Self {
        &OCDS_1_1
    }

    /// The rules that a release schema states, of either version.
    pub fn from_schema(schema: &Value<'_>) -> Self {
        let mut rules = Self::default();
        properties(schema, schema, &mut Vec::new(), &mut rules);
        rules
    }

    /// The rules of a field.
    pub(super) fn of(&self, key: &str) -> Option<&Self> {
        let at = self.fields.binary_search_by(|(name, _)| name.as_str().cmp(key)).ok()?;
        Some(&self.fields[at].1)
    }

    /// What happens to the field itself.
    pub(super) fn rule(&self) -> Option<Rule> {
        self.rule
    }

    fn set<'p>(&mut self, path: impl IntoIterator<Item = &'p str>, rule: Rule) {
        let mut rules = self;
        for key in path {
            let at = match rules.fields.binary_search_by(|(name, _)| name.as_str().cmp(key)) {
                Ok(at) => at,
                Err(at) => {
                    rules.fields.insert(at, (key.to_owned(), Self::default()));
                    at
                }
            };
            rules = &mut rules.fields[at].1;
        }
        rules.rule = Some(rule);
    }
}

/// How deep objects of a schema nest at most; one that contains itself ends here.
const MAX_DEPTH: usize = 16;

fn properties<'s>(schema: &'s Value<'s>, object: &'s Value<'s>, path: &mut Vec<&'s str>, rules: &mut Rules) {
    let fields = object.get("properties").and_then(Value::as_object).unwrap_or_default();
    if path.len() == MAX_DEPTH {
        return;
    }
    for (key, field) in fields {
        path.push(key);
        let field = resolved(schema, field);
        if is_set(field, "omitWhenMerged", "ocdsOmit") {
            rules.set(path.iter().copied(), Rule::Omit);
        } else if has_type(field, "array") {
            list(schema, field, path, rules);
        } else if has_type(field, "object") {
            properties(schema, field, path, rules);
        }
        path.pop();
    }
}

fn list<'s>(schema: &'s Value<'s>, field: &'s Value<'s>, path: &mut Vec<&'s str>, rules: &mut Rules) {
    let Some(items) = field.get("items").map(|items| resolved(schema, items)) else { return };
    let objects = types(items).all(|name| name == "object");
    let without_id = items.get("properties").is_some_and(|properties| properties.get("id").is_none());
    if is_set(field, "wholeListMerge", "ocdsVersion") || !objects || without_id {
        rules.set(path.iter().copied(), Rule::WholeList);
    } else {
        properties(schema, items, path, rules);
    }
}

fn is_set(field: &Value<'_>, name: &str, strategy: &str) -> bool {
    field.get(name) == Some(&Value::Bool(true))
        || field.get("mergeStrategy").and_then(Value::as_str) == Some(strategy)
}

fn types<'v>(field: &'v Value<'_>) -> impl Iterator<Item = &'v str> {
    let types = field.get("type");
    let several = types.and_then(Value::as_array).unwrap_or_default().iter().filter_map(Value::as_str);
    types.and_then(Value::as_str).into_iter().chain(several)
}

fn has_type(field: &Value<'_>, name: &str) -> bool {
    types(field).any(|known| known == name)
}

/// The definition that `{"$ref": "#/definitions/…"}` points to.
fn resolved<'s>(schema: &'s Value<'s>, field: &'s Value<'s>) -> &'s Value<'s> {
    let path = field.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/"));
    let found = path.and_then(|path| path.split('/').try_fold(schema, |value, key| value.get(key)));
    found.unwrap_or(field)
}

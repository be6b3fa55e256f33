//! The manifest of trusted documents: a JSON file that a build of the clients writes.
//!
//! Two formats are read: an object of texts by id, as Relay's compiler and graphql-codegen write it, and
//! Apollo's `apollo-persisted-query-manifest`. What must stay true: a manifest is used whole or not at all,
//! and what is wrong with it is said with the document's id, all of it at once.

use std::{collections::HashMap, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    super::error::Refused,
    hash::{DocumentHash, PREFIX},
    quoted,
};

/// The value of `format` in Apollo's manifests, and the version that is read.
const APOLLO_FORMAT: &str = "apollo-persisted-query-manifest";
const APOLLO_VERSION: u64 = 1;
/// Problems that are told; the rest are counted.
const MOST_PROBLEMS: usize = 10;

/// Documents that are trusted, by id and by the hash of their text.
#[derive(Clone, Default)]
pub struct Manifest {
    documents: Vec<Trusted>,
    by_id: HashMap<String, Arc<str>>,
    by_hash: HashMap<DocumentHash, Arc<str>>,
}

/// Why a manifest cannot be used: all that is wrong with it, at most ten problems in words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ManifestError {
    problems: Vec<String>,
    more: usize,
}

/// One document of a manifest.
#[derive(Clone)]
struct Trusted {
    id: String,
    /// The name of its operation, where the manifest tells it.
    name: Option<String>,
    text: Arc<str>,
}

/// Apollo's format. The kind of the operation is in its text.
#[derive(Deserialize)]
struct Apollo {
    format: String,
    version: u64,
    operations: Vec<ApolloOperation>,
}

#[derive(Deserialize)]
struct ApolloOperation {
    id: String,
    name: Option<String>,
    body: String,
}

/// The members of an object as they stand in the file, those of one name too.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl Manifest {
    /// Reads a manifest. Whether its documents fit the schema is another question.
    pub fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        let members: Members<'_> = serde_json::from_slice(json).map_err(|error| {
            let advice = "write {\"ID\": \"TEXT\", …} or Apollo's manifest";
            ManifestError::one(format!("it is not a JSON object: {error}; {advice}"))
        })?;
        let mut problems = Vec::new();
        let is_apollos = members.0.iter().any(|(name, _)| name == "format");
        let documents = if is_apollos {
            apollo(json)?
        } else {
            members.0.into_iter().filter_map(|member| plain(member, &mut problems)).collect()
        };
        let mut manifest = Self::default();
        for document in documents {
            manifest.add(document, &mut problems);
        }
        ManifestError::of_many(problems).map_or(Ok(manifest), Err)
    }

    /// How many documents it has.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The document that a client names: by its id, or by the hash of its text.
    pub(super) fn find(&self, name: &str) -> Option<&Arc<str>> {
        self.by_id.get(name).or_else(|| self.by_hash.get(&DocumentHash::parse(name)?))
    }

    /// Whether a text with this hash is in it.
    pub(super) fn holds(&self, hash: DocumentHash) -> bool {
        self.by_hash.contains_key(&hash)
    }

    /// Holds every document against rules; tells all that break them.
    pub(in crate::graphql) fn check(
        &self,
        rules: impl Fn(&str) -> Result<(), Refused>,
    ) -> Result<(), ManifestError> {
        let problem = |document: &Trusted| {
            rules(&document.text).err().map(|refused| format!("{document}: {}", told(&refused)))
        };
        let problems = self.documents.iter().filter_map(problem).collect();
        ManifestError::of_many(problems).map_or(Ok(()), Err)
    }

    fn add(&mut self, document: Trusted, problems: &mut Vec<String>) {
        let hash = DocumentHash::of(&document.text);
        if document.id.starts_with(PREFIX) && DocumentHash::parse(&document.id) != Some(hash) {
            problems.push(format!("{document}: the hash of its text is another, {PREFIX}{hash}"));
        } else if self.by_id.get(&document.id).is_some_and(|other| *other != document.text) {
            problems.push(format!("{document}: another document has the same id"));
        } else if document.id.is_empty() {
            problems.push(format!("{document}: the id is empty"));
        }
        self.by_id.insert(document.id.clone(), document.text.clone());
        self.by_hash.insert(hash, document.text.clone());
        self.documents.push(document);
    }
}

/// A member of a plain manifest.
fn plain((id, text): (String, &RawValue), problems: &mut Vec<String>) -> Option<Trusted> {
    let Ok(text) = serde_json::from_str::<String>(text.get()) else {
        problems.push(format!("the document {}: its text is not a JSON string", quoted(&id)));
        return None;
    };
    Some(Trusted { id, name: None, text: text.into() })
}

fn apollo(json: &[u8]) -> Result<Vec<Trusted>, ManifestError> {
    let Apollo { format, version, operations } = serde_json::from_slice(json)
        .map_err(|error| ManifestError::one(format!("it is not Apollo's manifest: {error}")))?;
    if format != APOLLO_FORMAT || version != APOLLO_VERSION {
        return Err(ManifestError::one(format!(
            "its format is {} version {version}; {APOLLO_FORMAT:?} version {APOLLO_VERSION} is read",
            quoted(&format)
        )));
    }
    let document = |ApolloOperation { id, name, body }| Trusted { id, name, text: body.into() };
    Ok(operations.into_iter().map(document).collect())
}

/// The first of what is wrong with a document, and where.
fn told(Refused(errors): &Refused) -> String {
    let Some(first) = errors.first() else { return String::new() };
    let place = first.locations.first();
    let place = place.map(|at| format!(" (line {}, column {})", at.line, at.column)).unwrap_or_default();
    let more = match errors.len() {
        0 | 1 => String::new(),
        all => format!("; and {} more", all - 1),
    };
    format!("{}{place}{more}", first.message)
}

impl ManifestError {
    fn one(problem: String) -> Self {
        Self { problems: vec![problem], more: 0 }
    }

    fn of_many(mut problems: Vec<String>) -> Option<Self> {
        let more = problems.len().saturating_sub(MOST_PROBLEMS);
        problems.truncate(MOST_PROBLEMS);
        (!problems.is_empty()).then_some(Self { problems, more })
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the manifest of trusted documents cannot be used:")?;
        self.problems.iter().try_for_each(|problem| write!(out, "\n  {problem}"))?;
        if self.more > 0 {
            write!(out, "\n  and {} more", self.more)?;
        }
        Ok(())
    }
}

impl fmt::Display for Trusted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the document {}", quoted(&self.id))?;
        self.name.as_ref().map_or(Ok(()), |name| write!(out, " ({name:.80})"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

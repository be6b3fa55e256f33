//! From a piece of input to the releases in it, each with the bytes as published.

use sha2::{Digest, Sha256};

use super::issue::{Issue, IssueKind, Issues};
use super::json::{ParseError, Value};
use super::model::{Publisher, Time};
use super::moment;
use super::reader::Piece;

/// The tag of a release that already is the merge of all before it.
const COMPILED: &str = "compiled";

/// A release as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRelease {
    /// The contracting process it is about.
    pub ocid: String,
    /// The publisher's id of the release.
    pub id: Option<String>,
    /// Its date.
    pub date: Option<Time>,
    /// Whether it is the merge of all releases before it.
    pub compiled: bool,
    /// What it announces, as published.
    pub tag: Vec<String>,
    /// Its bytes: those published, unless it lay within a record or had to be mended to be JSON.
    pub json: Vec<u8>,
    /// The SHA-256 of `json`.
    pub digest: [u8; 32],
}

/// Reads a publisher's stored release again.
impl SourceRelease {
    /// The release of these bytes. An ocid that it lacks is taken from the record around it.
    fn new(json: Vec<u8>, value: &Value<'_>, record_ocid: Option<&str>, compiled: bool) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::scalar_text).map(str::trim).filter(|t| !t.is_empty());
        let ocid = text("ocid").or(record_ocid)?.to_owned();
        let tag = tags(value);
        let compiled = compiled || tag.iter().any(|tag| tag.eq_ignore_ascii_case(COMPILED));
        let digest = Sha256::digest(&json).into();
        let date = text("date").and_then(moment::parse);
        let id = text("id").map(str::to_owned);
        Some(Self { ocid, id, date, compiled, tag, json, digest })
    }
}

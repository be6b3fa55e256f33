//! From a piece of input to the releases in it, each with the bytes as published.

use sha2::{Digest, Sha256};

use super::issue::{Issue, IssueKind, Issues, LONGEST_KEY};
use super::json::{ParseError, Value};
use super::model::{Publisher, Time};
use super::moment;
use super::reader::{Piece, PieceKind};

mod mend;
mod raw;

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
    /// Its bytes as published, but for half characters that had to be mended.
    pub json: Vec<u8>,
    /// The SHA-256 of `json`.
    pub digest: [u8; 32],
}

/// A release of a piece, read.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundRelease<'p> {
    /// The release as published.
    pub source: SourceRelease,
    /// Its content, so that it need not be parsed again. It has an ocid in any case.
    pub value: Value<'p>,
}

/// What a piece of input holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found<'p> {
    /// Its releases, in the order published.
    pub releases: Vec<FoundRelease<'p>>,
    /// What it says of its publisher: a package does, and the `packageInfo` of some bare releases.
    pub publisher: Option<Publisher>,
    /// Whether the piece is a package or a record, which may hold any number of releases.
    pub holds_releases: bool,
}

/// Reads a piece. A bare release is one release; a record holds those embedded in it, or else its
/// compiled release; a package within a list, all of either. What cannot be read is added to `issues`.
pub fn read<'p>(piece: &'p Piece, issues: &mut Issues) -> Found<'p> {
    let error = match read_bytes(&piece.bytes, piece.kind, issues) {
        Ok(found) => return found,
        Err(error) => error,
    };
    if let Some(Ok(found)) = mend::mended(&piece.bytes).map(|bytes| owned(&bytes, piece.kind, issues)) {
        issues.push(Issue::new(IssueKind::InvalidJson, "", "", mend::MESSAGE));
        return found;
    }
    issues.push(unparsed(&error, &piece.bytes));
    Found::default()
}

fn owned(bytes: &[u8], kind: PieceKind, issues: &mut Issues) -> Result<Found<'static>, ParseError> {
    let Found { releases, publisher, holds_releases } = read_bytes(bytes, kind, issues)?;
    let own =
        |FoundRelease { source, value }: FoundRelease<'_>| FoundRelease { source, value: value.into_owned() };
    Ok(Found { releases: releases.into_iter().map(own).collect(), publisher, holds_releases })
}

fn read_bytes<'p>(bytes: &'p [u8], kind: PieceKind, issues: &mut Issues) -> Result<Found<'p>, ParseError> {
    let mut found = Found::default();
    let value = Value::parse(bytes)?;
    if kind == PieceKind::Package {
        found.holds_releases = true;
        found.publisher = publisher(&value);
    } else {
        found.holds_releases = shape(&value) != Shape::Release;
        read_value(bytes, value, &mut found, issues);
    }
    Ok(found)
}

impl SourceRelease {
    /// The release of these bytes, for instance those stored for it, about the process of `ocid` unless
    /// it says otherwise. None where the bytes are not JSON.
    pub fn from_json(ocid: &str, json: Vec<u8>) -> Option<Self> {
        let value = Value::parse(&json).ok()?;
        let head = Head::of(&value, Some(ocid))?;
        Some(head.with(json))
    }
}

/// What a release says of itself.
struct Head {
    ocid: String,
    id: Option<String>,
    date: Option<Time>,
    tag: Vec<String>,
}

impl Head {
    /// None without an ocid, which a record may lend its releases.
    fn of(release: &Value<'_>, record_ocid: Option<&str>) -> Option<Self> {
        Some(Self {
            ocid: text(release, "ocid").or(record_ocid)?.to_owned(),
            id: text(release, "id").map(str::to_owned),
            date: text(release, "date").and_then(moment::parse),
            tag: tags(release),
        })
    }

    fn with(self, json: Vec<u8>) -> SourceRelease {
        let Self { ocid, id, date, tag } = self;
        let compiled = tag.iter().any(|tag| tag.eq_ignore_ascii_case(COMPILED));
        let digest = Sha256::digest(&json).into();
        SourceRelease { ocid, id, date, compiled, tag, json, digest }
    }
}

fn text<'v>(value: &'v Value<'_>, key: &str) -> Option<&'v str> {
    value.get(key)?.scalar_text().map(str::trim).filter(|text| !text.is_empty())
}

fn tags(release: &Value<'_>) -> Vec<String> {
    let tags = match release.get("tag") {
        Some(Value::Array(tags)) => tags.as_slice(),
        Some(tag) => std::slice::from_ref(tag),
        None => &[],
    };
    tags.iter().filter_map(Value::scalar_text).map(|tag| tag.trim().to_owned()).collect()
}

fn has(value: &Value<'_>, key: &str) -> bool {
    value.get(key).is_some_and(|value| !value.is_empty())
}

/// What a value is, by the keys that say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Package,
    Record,
    Release,
}

fn shape(value: &Value<'_>) -> Shape {
    let in_record = ["ocid", "compiledRelease", "versionedRelease"].iter().any(|key| has(value, key));
    if has(value, "records") || (has(value, "releases") && !in_record) {
        Shape::Package
    } else if ["releases", "compiledRelease", "versionedRelease"].iter().any(|key| has(value, key)) {
        Shape::Record
    } else {
        Shape::Release
    }
}

fn read_value<'p>(bytes: &'p [u8], value: Value<'p>, found: &mut Found<'p>, issues: &mut Issues) {
    match shape(&value) {
        Shape::Package => read_package(bytes, &value, found, issues),
        Shape::Record => read_record(bytes, &value, found, issues),
        Shape::Release => read_release(bytes, value, None, found, issues),
    }
}

/// A package that is an element of a list, so that the reader did not take it apart.
fn read_package<'p>(bytes: &'p [u8], value: &Value<'_>, found: &mut Found<'p>, issues: &mut Issues) {
    found.publisher = publisher(value);
    for key in ["releases", "records"] {
        for (element, value) in elements(bytes, key) {
            read_value(element, value, found, issues);
        }
    }
}

/// The elements of the list under a key that say something, with their bytes.
fn elements<'p>(bytes: &'p [u8], key: &str) -> impl Iterator<Item = (&'p [u8], Value<'p>)> {
    let parsed = raw::elements(bytes, key).into_iter().map(|element| (element, Value::parse(element)));
    parsed.filter_map(|(element, value)| Some((element, value.ok().filter(|value| !value.is_empty())?)))
}

fn read_record<'p>(bytes: &'p [u8], record: &Value<'_>, found: &mut Found<'p>, issues: &mut Issues) {
    let ocid = text(record, "ocid");
    let (linked, embedded): (Vec<_>, Vec<_>) =
        elements(bytes, "releases").partition(|(_, value)| is_linked(value));
    if !embedded.is_empty() {
        if !linked.is_empty() {
            let message = format!("{} of its releases are only linked; left out", linked.len());
            issues.push(not_here(IssueKind::LinkedRelease, record, &message));
        }
        return embedded.into_iter().for_each(|(json, value)| read_release(json, value, ocid, found, issues));
    }
    if has(record, "compiledRelease") {
        for (json, value) in elements(bytes, "compiledRelease") {
            let before = found.releases.len();
            read_release(json, value, ocid, found, issues);
            found.releases[before..].iter_mut().for_each(|release| release.source.compiled = true);
        }
    } else if has(record, "versionedRelease") {
        let message = "a record with nothing but a versioned release, which is not read";
        issues.push(not_here(IssueKind::VersionedOnly, record, message));
    } else {
        let message = "a record whose releases are only linked, without a compiled release";
        issues.push(not_here(IssueKind::LinkedRelease, record, message));
    }
}

fn not_here(kind: IssueKind, record: &Value<'_>, message: &str) -> Issue {
    Issue::new(kind, "releases", text(record, "ocid").unwrap_or_default(), message)
}

fn is_linked(release: &Value<'_>) -> bool {
    has(release, "url") && !has(release, "ocid") && !has(release, "id")
}

fn read_release<'p>(
    json: &[u8],
    mut value: Value<'p>,
    record_ocid: Option<&str>,
    found: &mut Found<'p>,
    issues: &mut Issues,
) {
    if let Some(info) = value.get("packageInfo") {
        found.publisher = found.publisher.take().or_else(|| publisher(info));
    }
    let Some(head) = Head::of(&value, record_ocid) else { return issues.push(without_ocid(&value)) };
    if head.ocid.chars().nth(LONGEST_KEY).is_some() {
        let message = format!("a release whose ocid is longer than {LONGEST_KEY} characters; left out");
        return issues.push(Issue::new(IssueKind::TooLong, "ocid", &head.ocid, message));
    }
    value.set_ocid(&head.ocid);
    found.releases.push(FoundRelease { source: head.with(json.to_vec()), value });
}

fn without_ocid(value: &Value<'_>) -> Issue {
    let kind = if is_linked(value) {
        (IssueKind::LinkedRelease, "a release that is only linked; its content is not here")
    } else if ["tender", "planning", "awards", "contracts", "buyer", "parties", "tag"]
        .iter()
        .any(|key| has(value, key))
    {
        (IssueKind::MissingOcid, "a release without an ocid; left out")
    } else {
        (IssueKind::NotOcds, "neither a release, a record nor a package; left out")
    };
    Issue::new(kind.0, "", &value.to_string(), kind.1)
}

fn unparsed(error: &ParseError, bytes: &[u8]) -> Issue {
    let kind = if error.not_utf8 { IssueKind::NotUtf8 } else { IssueKind::InvalidJson };
    let near =
        bytes.get(error.offset.saturating_sub(20)..bytes.len().min(error.offset + 20)).unwrap_or_default();
    Issue::new(kind, "", &String::from_utf8_lossy(near), format!("{error} of it; left out"))
}

/// What a package says of its publisher; none when it says nothing.
fn publisher(package: &Value<'_>) -> Option<Publisher> {
    let owned = |value: Option<&Value<'_>>| {
        let text = value?.scalar_text()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let of = package.get("publisher");
    let publisher = Publisher {
        name: owned(of.and_then(|of| of.get("name"))).or_else(|| owned(of)),
        uri: owned(of.and_then(|of| of.get("uri"))),
        license: owned(package.get("license")),
        publication_policy: owned(package.get("publicationPolicy")),
        published: text(package, "publishedDate").and_then(moment::parse),
    };
    (publisher != Publisher::default()).then_some(publisher)
}

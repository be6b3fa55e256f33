//! From a piece of input to the releases in it, each with the bytes as published.

use sha2::{Digest, Sha256};

use super::issue::{Issue, IssueKind, Issues};
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

/// What a piece of input holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Its releases, in the order published.
    pub releases: Vec<SourceRelease>,
    /// What it says of its publisher: a package does, and the `packageInfo` of some bare releases.
    pub publisher: Option<Publisher>,
}

/// Reads a piece. A bare release is one release; a record holds those embedded in it, or else its
/// compiled release; a package within a list, all of either. What cannot be read is added to `issues`.
pub fn read(piece: &Piece, issues: &mut Issues) -> Found {
    let mut found = Found::default();
    if let Err(error) = read_bytes(&piece.bytes, piece.kind, &mut found, issues) {
        match mend::mended(&piece.bytes).map(|bytes| read_bytes(&bytes, piece.kind, &mut found, issues)) {
            Some(Ok(())) => issues.push(Issue::new(IssueKind::InvalidJson, "", "", mend::MESSAGE)),
            _ => issues.push(unparsed(&error, &piece.bytes)),
        }
    }
    found
}

fn read_bytes(
    bytes: &[u8],
    kind: PieceKind,
    found: &mut Found,
    issues: &mut Issues,
) -> Result<(), ParseError> {
    let value = Value::parse(bytes)?;
    if kind == PieceKind::Package {
        found.publisher = publisher(&value);
    } else {
        read_value(bytes, &value, found, issues);
    }
    Ok(())
}

impl SourceRelease {
    /// The release of these bytes, for instance those stored for it. None without an ocid.
    pub fn from_json(json: Vec<u8>) -> Option<Self> {
        let value = Value::parse(&json).ok()?;
        let head = Head::of(&value, None)?;
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

fn read_value(bytes: &[u8], value: &Value<'_>, found: &mut Found, issues: &mut Issues) {
    let in_record = ["ocid", "compiledRelease", "versionedRelease"].iter().any(|key| has(value, key));
    if has(value, "records") || (has(value, "releases") && !in_record) {
        read_package(bytes, value, found, issues);
    } else if ["releases", "compiledRelease", "versionedRelease"].iter().any(|key| has(value, key)) {
        read_record(bytes, value, found, issues);
    } else {
        read_release(bytes, value, None, found, issues);
    }
}

/// A package that is an element of a list, so that the reader did not take it apart.
fn read_package(bytes: &[u8], value: &Value<'_>, found: &mut Found, issues: &mut Issues) {
    found.publisher = publisher(value);
    for key in ["releases", "records"] {
        for element in raw::elements(bytes, key) {
            if let Ok(value) = Value::parse(element) {
                read_value(element, &value, found, issues);
            }
        }
    }
}

fn read_record(bytes: &[u8], record: &Value<'_>, found: &mut Found, issues: &mut Issues) {
    let ocid = text(record, "ocid");
    let before = found.releases.len();
    let mut linked = 0;
    for element in raw::elements(bytes, "releases") {
        let Ok(release) = Value::parse(element) else { continue };
        if is_linked(&release) {
            linked += 1;
        } else {
            read_release(element, &release, ocid, found, issues);
        }
    }
    let embedded = found.releases.len() - before;
    if embedded > 0 && linked > 0 {
        issues.push(not_here(
            IssueKind::LinkedRelease,
            record,
            &format!("{linked} of its releases are only linked"),
        ));
    }
    if embedded > 0 || read_compiled(bytes, ocid, found, issues) {
        return;
    }
    if has(record, "versionedRelease") {
        let message = "a record with nothing but a versioned release, which is not read";
        issues.push(not_here(IssueKind::VersionedOnly, record, message));
    } else if linked > 0 {
        let message = "a record whose releases are only linked, without a compiled release";
        issues.push(not_here(IssueKind::LinkedRelease, record, message));
    }
}

/// Reads the compiled release of a record, whatever its tag says. False if there is none.
fn read_compiled(bytes: &[u8], ocid: Option<&str>, found: &mut Found, issues: &mut Issues) -> bool {
    let mut any = false;
    for element in raw::elements(bytes, "compiledRelease") {
        let Ok(release) = Value::parse(element) else { continue };
        any = true;
        read_release(element, &release, ocid, found, issues);
        if let Some(release) = found.releases.last_mut() {
            release.compiled = true;
        }
    }
    any
}

fn not_here(kind: IssueKind, record: &Value<'_>, message: &str) -> Issue {
    Issue::new(kind, "releases", text(record, "ocid").unwrap_or_default(), message)
}

fn is_linked(release: &Value<'_>) -> bool {
    has(release, "url") && !has(release, "ocid") && !has(release, "id")
}

fn read_release(json: &[u8], value: &Value<'_>, ocid: Option<&str>, found: &mut Found, issues: &mut Issues) {
    if let Some(info) = value.get("packageInfo") {
        found.publisher = found.publisher.take().or_else(|| publisher(info));
    }
    match Head::of(value, ocid) {
        Some(head) => found.releases.push(head.with(json.to_vec())),
        None => issues.push(without_ocid(value)),
    }
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

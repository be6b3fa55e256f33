//! From a chunk of input to processes that are ready to be written. Pure computing, on its own threads.
//!
//! A chunk is compiled and encoded as if the store did not have its processes, which is mostly so; where
//! it has some of them, [`super::apply`] encodes those that it writes anew.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use super::{
    change,
    read::Chunk,
    report::{Place, PlacedIssue},
};
use crate::{
    ocds::{
        compile::compile,
        issue::{Issue, IssueKind, Issues},
        json::{ParseError, Value},
        model::{Process, Publisher},
        normalise::normalise,
        release::{self, FoundRelease, SourceRelease},
    },
    store::{
        Backend, StoreError, id,
        write::{self, NewChange, ReleaseRow, Rows, StoredRelease},
    },
};

/// The dataset written to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) dataset: i64,
    pub(super) backend: Backend,
}

/// A chunk that is ready to be written.
pub(super) struct Prepared {
    pub(super) files: u64,
    pub(super) releases: u64,
    pub(super) processes: Vec<PreparedProcess>,
    /// The rows of all these processes, if all are new.
    pub(super) rows: Rows,
    pub(super) publisher: Option<Publisher>,
    pub(super) issues: Vec<PlacedIssue>,
    /// How long it took to read, and to prepare.
    pub(super) reading: Duration,
    pub(super) preparing: Duration,
}

/// A process as the releases of one chunk tell of it.
pub(super) struct PreparedProcess {
    pub(super) process: Process,
    /// Its releases, each text once.
    pub(super) releases: Vec<SourceRelease>,
    /// What the change log is to say of it, if it is new.
    pub(super) created: NewChange,
}

/// Prepares a chunk.
pub(super) fn prepare(chunk: Chunk, target: Target) -> Result<Prepared, StoreError> {
    let started = Instant::now();
    let Chunk { pieces, issues, files, reading } = chunk;
    let mut gathered = Gathered { issues, ..Gathered::default() };
    for (file, piece) in &pieces {
        let place = Place { file: file.to_string(), line: piece.line, offset: piece.offset };
        let mut issues = Issues::new();
        let found = release::read(piece, &mut issues);
        gathered.piece(found, issues, &place);
    }
    let mut processes = Vec::with_capacity(gathered.order.len());
    let mut rows = Rows::new(target.backend);
    for ocid in std::mem::take(&mut gathered.order) {
        let Some((releases, place)) = gathered.releases.remove(&ocid) else { continue };
        let mut found = Issues::new();
        let prepared = prepare_process(&ocid, releases, target, &mut found);
        encode(&mut rows, &prepared.process, &prepared.releases, target)?;
        processes.push(prepared);
        let placed =
            |issue| PlacedIssue { place: place.clone(), ocid: Some(ocid.clone()), issue, refused: false };
        gathered.issues.extend(found.into_iter().map(placed));
    }
    Ok(Prepared {
        files,
        releases: gathered.count,
        processes,
        rows,
        publisher: gathered.publisher,
        issues: gathered.issues,
        reading,
        preparing: started.elapsed(),
    })
}

/// The releases of a chunk by process, processes in the order they first come up.
#[derive(Default)]
struct Gathered<'p> {
    order: Vec<String>,
    releases: HashMap<String, (Vec<FoundRelease<'p>>, Place)>,
    publisher: Option<Publisher>,
    count: u64,
    issues: Vec<PlacedIssue>,
}

impl<'p> Gathered<'p> {
    fn piece(&mut self, found: release::Found<'p>, issues: Issues, place: &Place) {
        for issue in issues {
            let refused = refuses(&issue);
            self.issues.push(PlacedIssue { place: place.clone(), ocid: None, issue, refused });
        }
        if let Some(said) = found.publisher {
            self.publisher = Some(self.publisher.take().unwrap_or_default().and(said));
        }
        for release in found.releases {
            self.count += 1;
            let (releases, _) = self.releases.entry(release.source.ocid.clone()).or_insert_with(|| {
                self.order.push(release.source.ocid.clone());
                (Vec::new(), place.clone())
            });
            releases.push(release);
        }
    }
}

/// Whether an issue of a piece means that something in it was left out.
fn refuses(issue: &Issue) -> bool {
    matches!(
        issue.kind,
        IssueKind::InvalidJson
            | IssueKind::NotUtf8
            | IssueKind::TooLarge
            | IssueKind::NotOcds
            | IssueKind::MissingOcid
            | IssueKind::TooLong
            | IssueKind::VersionedOnly
    )
}

fn prepare_process(
    ocid: &str,
    found: Vec<FoundRelease<'_>>,
    target: Target,
    issues: &mut Issues,
) -> PreparedProcess {
    let id = id::process(target.dataset, ocid);
    // Most processes come as one release, which is read already.
    let (process, releases) = match <[FoundRelease<'_>; 1]>::try_from(found) {
        Ok([FoundRelease { source, value }]) => (named(ocid, normalise(&value, issues)), vec![source]),
        Err(found) => {
            let releases = distinct(found.into_iter().map(|found| found.source).collect());
            (compile_process(ocid, &releases, issues), releases)
        }
    };
    let created = change::created(target.dataset, id, &process);
    PreparedProcess { process, releases, created }
}

/// Drops releases whose text came before.
pub(super) fn distinct(mut releases: Vec<SourceRelease>) -> Vec<SourceRelease> {
    let mut seen = HashSet::new();
    releases.retain(|release| seen.insert(release.digest));
    releases
}

/// The id of a release in the store. It is that of the text, not the publisher's: publishers reuse ids,
/// and what they published is kept whatever it is called.
pub(super) fn release_id(process: i64, release: &SourceRelease) -> i64 {
    id::release(process, &release.digest)
}

/// Compiles and normalises. The ocid is the caller's: a record's releases may lack it.
pub(super) fn compile_process(ocid: &str, releases: &[SourceRelease], issues: &mut Issues) -> Process {
    process_of(ocid, compile(releases), issues)
}

/// The process that a compiled release tells of.
pub(super) fn process_of(
    ocid: &str,
    compiled: Result<Value<'_>, ParseError>,
    issues: &mut Issues,
) -> Process {
    let process = match compiled {
        Ok(value) => normalise(&value, issues),
        // The bytes were parsed when they were read, so this is for releases damaged in the store.
        Err(error) => {
            issues.push(Issue::new(IssueKind::InvalidJson, "", "", error.to_string()));
            Process::default()
        }
    };
    named(ocid, process)
}

/// The ocid is the one the release was found under: a record's releases may lack it.
fn named(ocid: &str, process: Process) -> Process {
    Process { ocid: ocid.to_owned(), ..process }
}

/// Adds the rows of a process with its releases in the order of their dates, as they are merged.
pub(super) fn encode(
    rows: &mut Rows,
    process: &Process,
    releases: &[SourceRelease],
    target: Target,
) -> Result<(), StoreError> {
    let id = id::process(target.dataset, &process.ocid);
    let mut ordered: Vec<_> = releases.iter().collect();
    ordered.sort_by_key(|release| release.date);
    let row = |release: &SourceRelease| {
        Ok(ReleaseRow {
            id: release_id(id, release),
            local_id: release.id.clone(),
            date: release.date,
            tags: tags(release),
            body: write::compress(&release.json)?,
        })
    };
    let releases = ordered.into_iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
    rows.push(target.dataset, process, &releases);
    Ok(())
}

/// The tags of a release, joined. That of a record's compiled release may say so or not: here it does,
/// because the record is gone when the process is compiled again.
fn tags(release: &SourceRelease) -> Option<String> {
    let mut tags: Vec<&str> = release.tag.iter().map(String::as_str).collect();
    if release.compiled && !tags.iter().any(|tag| is_compiled(tag)) {
        tags.push(COMPILED);
    }
    Some(tags.join(",")).filter(|tags| !tags.is_empty())
}

/// The tag of a release that stands for all before it.
const COMPILED: &str = "compiled";

fn is_compiled(tag: &str) -> bool {
    tag.eq_ignore_ascii_case(COMPILED)
}

/// A stored release of a process as the reader gave it.
pub(super) fn restore(ocid: &str, stored: StoredRelease) -> Result<SourceRelease, StoreError> {
    let StoredRelease { id, tags, json, .. } = stored;
    let mut release = SourceRelease::from_json(ocid, json.into_bytes())
        .ok_or_else(|| StoreError::Corrupt(format!("release {id} of {ocid} is not JSON any more")))?;
    release.compiled = tags.is_some_and(|tags| tags.split(',').any(is_compiled));
    Ok(release)
}

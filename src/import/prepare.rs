//! From a chunk of input to processes that are ready to be written. Pure computing, on its own threads.
//!
//! Each process is compiled and encoded as if the store did not have it, which is mostly so; where the
//! store has releases of it already, [`super::apply`] compiles anew.

use std::collections::{HashMap, HashSet};

use super::{
    change,
    read::Chunk,
    report::{Place, PlacedIssue},
};
use crate::{
    ocds::{
        compile::compile,
        issue::{Issue, IssueKind, Issues},
        model::{Process, Publisher},
        normalise::normalise,
        release::{self, FoundRelease, SourceRelease},
    },
    store::{
        Backend, StoreError, id,
        write::{self, NewChange, ReleaseRow, Rows},
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
    pub(super) index: u64,
    pub(super) files: u64,
    pub(super) releases: u64,
    pub(super) processes: Vec<PreparedProcess>,
    pub(super) publisher: Option<Publisher>,
    pub(super) issues: Vec<PlacedIssue>,
}

/// A process as the releases of one chunk tell of it.
pub(super) struct PreparedProcess {
    pub(super) id: i64,
    /// Its releases, each text once.
    pub(super) releases: Vec<SourceRelease>,
    /// What to write when the store does not have the process.
    pub(super) fresh: Compiled,
}

/// A compiled process, encoded, and what the change log is to say of it.
pub(super) struct Compiled {
    pub(super) ocid: String,
    pub(super) rows: Rows,
    pub(super) change: NewChange,
}

/// Prepares a chunk.
pub(super) fn prepare(chunk: Chunk, target: Target) -> Result<Prepared, StoreError> {
    let mut gathered = Gathered { issues: chunk.issues, ..Gathered::default() };
    for (file, piece) in &chunk.pieces {
        let place = Place { file: file.to_string(), line: piece.line, offset: piece.offset };
        let mut issues = Issues::new();
        let found = release::read(piece, &mut issues);
        gathered.piece(found, issues, &place);
    }
    let mut processes = Vec::with_capacity(gathered.order.len());
    for ocid in std::mem::take(&mut gathered.order) {
        let Some((releases, place)) = gathered.releases.remove(&ocid) else { continue };
        let mut found = Issues::new();
        processes.push(prepare_process(&ocid, releases, target, &mut found)?);
        let placed =
            |issue| PlacedIssue { place: place.clone(), ocid: Some(ocid.clone()), issue, refused: false };
        gathered.issues.extend(found.into_iter().map(placed));
    }
    Ok(Prepared {
        index: chunk.index,
        files: chunk.files,
        releases: gathered.count,
        processes,
        publisher: gathered.publisher,
        issues: gathered.issues,
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
        self.publisher = found.publisher.or(self.publisher.take());
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
            | IssueKind::VersionedOnly
    )
}

fn prepare_process(
    ocid: &str,
    found: Vec<FoundRelease<'_>>,
    target: Target,
    issues: &mut Issues,
) -> Result<PreparedProcess, StoreError> {
    let id = id::process(target.dataset, ocid);
    // Most processes come as one release, which is read already.
    let (process, releases) = match <[FoundRelease<'_>; 1]>::try_from(found) {
        Ok([FoundRelease { source, value }]) => (named(ocid, normalise(&value, issues)), vec![source]),
        Err(found) => {
            let releases = distinct(found.into_iter().map(|found| found.source).collect());
            (compile_process(ocid, &releases, issues), releases)
        }
    };
    let rows = encode(&process, &releases, target)?;
    let change = change::created(target.dataset, id, &process);
    Ok(PreparedProcess { id, releases, fresh: Compiled { ocid: ocid.to_owned(), rows, change } })
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

/// Compiles and normalises.
pub(super) fn compile_process(ocid: &str, releases: &[SourceRelease], issues: &mut Issues) -> Process {
    let process = match compile(releases) {
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

/// Encodes a process with its releases in the order of their dates, as they are merged.
pub(super) fn encode(
    process: &Process,
    releases: &[SourceRelease],
    target: Target,
) -> Result<Rows, StoreError> {
    let id = id::process(target.dataset, &process.ocid);
    let mut ordered: Vec<_> = releases.iter().collect();
    ordered.sort_by_key(|release| release.date);
    let row = |release: &SourceRelease| {
        Ok(ReleaseRow {
            id: release_id(id, release),
            local_id: release.id.clone(),
            date: release.date,
            tags: Some(release.tag.join(",")).filter(|tags| !tags.is_empty()),
            compiled: release.compiled,
            body: write::compress(&release.json)?,
        })
    };
    let releases = ordered.into_iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
    let mut rows = Rows::new(target.backend);
    rows.push(target.dataset, process, &releases);
    Ok(rows)
}

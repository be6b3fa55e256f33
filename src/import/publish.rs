//! Publishing: some releases at a time, each told what became of it.
//!
//! A release is read, merged and written as the import does, by the same code, so that it does not matter by
//! which way it came. Beyond that the standard is held to: a release has an id, and what was published under
//! it is not published again with another content. (Files are not: publishers reuse ids, and what they
//! published is there.) By its id a release that is published again is known and changes nothing, so that
//! whoever got no answer publishes again. One without an id is therefore rejected.
//!
//! What must stay true: what is rejected costs only itself; all else of a call is one transaction, written
//! whole or not at all, also where the caller gives up; publishers of one dataset wait for each other;
//! the time of a call does not grow with the dataset.

use std::collections::{HashMap, HashSet};

use chrono::Utc;

use super::{
    apply::{blocking, compile_with_stored},
    change,
    prepare::{PreparedProcess, Target, compile_process, release_id},
};
use crate::{
    ocds::{
        issue::{Issue, IssueKind, Issues},
        json::Value,
        model::{Process, Publisher},
        normalise::normalise,
        reader::{Piece, PieceKind},
        release::{self, FoundRelease, SourceRelease},
        same::same,
    },
    store::{
        Database, StoreError, id,
        query::keys,
        write::{Growth, NamedReleases, Patience, Transaction, dataset},
    },
};

/// What became of a release, and of which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The process it is about; `None` where that cannot be read.
    pub ocid: Option<String>,
    /// The publisher's id of the release; `None` where it has none that can be read.
    pub release_id: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was rejected; of the others, what in them could not be read as it was meant.
    pub issues: Issues,
}

/// What became of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is stored; its process was not there before the call.
    Created,
    /// It is stored; its process was there.
    Updated,
    /// It was stored already, or came twice in the call.
    Unchanged,
    /// It is not stored.
    Rejected,
}

/// Publishes releases, each the text of a JSON object, in a dataset, which is created where it is not there.
/// Tells of each what became of it, in the order given. Where all that comes was there or is rejected,
/// nothing is written.
pub async fn publish(
    database: &Database,
    dataset: &str,
    releases: Vec<String>,
) -> Result<Vec<Published>, StoreError> {
    let target = Target { dataset: id::dataset(dataset), backend: database.backend() };
    let read = blocking(move || releases.iter().map(|text| Incoming::read(text, target)).collect());
    let read: Vec<Result<Incoming, Published>> = read.await?;
    if read.iter().all(Result::is_err) {
        return Ok(read.into_iter().filter_map(Result::err).collect());
    }
    let mut transaction = Transaction::begin_on(database, target.dataset, Patience::Request).await?;
    let stored = Stored::find(&mut transaction, &read).await?;
    let (judged, known) = blocking(move || (Judged::of(read, &stored, target), stored.processes)).await?;
    let Judged { results, processes, publisher } = judged;
    if processes.is_empty() {
        return Ok(results);
    }
    dataset::ensure(&mut transaction, dataset).await?;
    let ids = processes.iter().map(|process| process.created.process);
    let known = ids.filter(|id| known.contains(id)).collect();
    let compiled = compile_with_stored(&mut transaction, processes, known, target).await?;
    let growth = Growth::of(&mut transaction, &compiled.stored, &compiled.rows).await?;
    let (_, changes) = compiled.write(&mut transaction).await?;
    let now = Utc::now();
    dataset::grow(&mut transaction, target.dataset, &publisher, now, growth).await?;
    transaction.commit(now, &changes).await?;
    Ok(results)
}

/// A release that can be stored.
struct Incoming {
    source: SourceRelease,
    /// The publisher's id, as it is stored.
    name: String,
    /// Its process's id in the store, and its own.
    process: i64,
    id: i64,
    /// The process as this release alone tells of it.
    told: Process,
    publisher: Option<Publisher>,
    issues: Issues,
}

impl Incoming {
    /// Reads a text, or rejects it.
    fn read(text: &str, target: Target) -> Result<Self, Published> {
        let bytes = text.trim_start_matches('\u{FEFF}').trim().as_bytes().to_vec();
        let piece = Piece { kind: PieceKind::Release, bytes, line: 1, offset: 0 };
        let mut issues = Issues::new();
        let mut found = release::read(&piece, &mut issues);
        let single = found.releases.pop().filter(|_| !found.holds_releases);
        let Some(FoundRelease { source, value }) = single else {
            if found.holds_releases {
                issues.clear();
                issues.push(not_a_release());
            }
            return Err(Published { ocid: None, release_id: None, outcome: Outcome::Rejected, issues });
        };
        let Some(name) = source.id.as_deref().map(|id| keys::text(id).into_owned()) else {
            let issues = vec![without_id()];
            return Err(Published {
                ocid: Some(source.ocid),
                release_id: None,
                outcome: Outcome::Rejected,
                issues,
            });
        };
        let told = normalise(&value, &mut issues);
        // The award may be told of by a release that came before, or that comes later.
        issues.retain(|issue| issue.kind != IssueKind::DanglingAward);
        let process = id::process(target.dataset, &source.ocid);
        let id = release_id(process, &source);
        let told = Process { ocid: source.ocid.clone(), ..told };
        Ok(Self { source, name, process, id, told, publisher: found.publisher, issues })
    }

    fn becomes(self, outcome: Outcome) -> Published {
        let Self { source, issues, .. } = self;
        Published { ocid: Some(source.ocid), release_id: source.id, outcome, issues }
    }
}

/// What the store has of what came.
struct Stored {
    processes: HashSet<i64>,
    names: NamedReleases,
    /// The texts of those that have the id of one that came with another text.
    texts: HashMap<i64, String>,
}

impl Stored {
    async fn find(
        transaction: &mut Transaction,
        read: &[Result<Incoming, Published>],
    ) -> Result<Self, StoreError> {
        let incoming = || read.iter().filter_map(|read| read.as_ref().ok());
        let processes: HashSet<i64> = incoming().map(|release| release.process).collect();
        let processes: Vec<i64> = processes.into_iter().collect();
        let processes = transaction.known_processes(&processes).await?;
        let known: Vec<i64> = processes.iter().copied().collect();
        let names = transaction.named_releases(&known).await?;
        let others = incoming().filter_map(|release| {
            let ids = names.get(&(release.process, release.name.clone()))?;
            (!ids.contains(&release.id)).then_some(ids)
        });
        let others: HashSet<i64> = others.flatten().copied().collect();
        let others: Vec<i64> = others.into_iter().collect();
        let texts = transaction.release_texts(&others).await?;
        Ok(Self { processes, names, texts })
    }

    /// Whether a release is stored; `None` where none has its id.
    fn has(&self, release: &Incoming) -> Option<bool> {
        let ids = self.names.get(&(release.process, release.name.clone()))?;
        let says_the_same = |id: &i64| {
            let text = self.texts.get(id);
            text.is_some_and(|text| is_same(text.as_bytes(), &release.source.json))
        };
        Some(ids.contains(&release.id) || ids.iter().any(says_the_same))
    }
}

/// What is to become of what came.
struct Judged {
    results: Vec<Published>,
    /// The processes to be written, in the order they first come up.
    processes: Vec<PreparedProcess>,
    publisher: Publisher,
}

impl Judged {
    fn of(read: Vec<Result<Incoming, Published>>, stored: &Stored, target: Target) -> Self {
        let mut gathered = Gathered::default();
        let mut publisher = Publisher::default();
        let mut results = Vec::with_capacity(read.len());
        for read in read {
            let mut release = match read {
                Ok(release) => release,
                Err(rejected) => {
                    results.push(rejected);
                    continue;
                }
            };
            let outcome = match stored.has(&release).or_else(|| gathered.has(&release)) {
                Some(true) => Outcome::Unchanged,
                Some(false) => {
                    release.issues = vec![id_taken(&release.name)];
                    Outcome::Rejected
                }
                None => {
                    publisher = publisher.and(release.publisher.take().unwrap_or_default());
                    gathered.add(&mut release);
                    let is_known = stored.processes.contains(&release.process);
                    if is_known { Outcome::Updated } else { Outcome::Created }
                }
            };
            results.push(release.becomes(outcome));
        }
        Self { results, processes: gathered.prepare(target), publisher }
    }
}

/// What is new in a call, by process.
#[derive(Default)]
struct Gathered {
    order: Vec<i64>,
    processes: HashMap<i64, Vec<(SourceRelease, Process)>>,
    /// Where each stands in the list of its process, by the publisher's id.
    names: HashMap<(i64, String), usize>,
}

impl Gathered {
    /// Whether a release came before in the call; `None` where none of its id did.
    fn has(&self, release: &Incoming) -> Option<bool> {
        let place = self.names.get(&(release.process, release.name.clone()))?;
        let (earlier, _) = self.processes.get(&release.process)?.get(*place)?;
        Some(earlier.digest == release.source.digest || is_same(&earlier.json, &release.source.json))
    }

    fn add(&mut self, release: &mut Incoming) {
        let releases = self.processes.entry(release.process).or_insert_with(|| {
            self.order.push(release.process);
            Vec::new()
        });
        self.names.insert((release.process, release.name.clone()), releases.len());
        releases.push((release.source.clone(), std::mem::take(&mut release.told)));
    }

    fn prepare(mut self, target: Target) -> Vec<PreparedProcess> {
        let prepared = self.order.iter().filter_map(|id| Some((*id, self.processes.remove(id)?)));
        prepared.filter_map(|(id, releases)| prepare(id, releases, target)).collect()
    }
}

/// A process as the releases of one call tell of it.
fn prepare(id: i64, releases: Vec<(SourceRelease, Process)>, target: Target) -> Option<PreparedProcess> {
    let (releases, mut told): (Vec<_>, Vec<_>) = releases.into_iter().unzip();
    let ocid = releases.first()?.ocid.clone();
    let process = match told.pop().filter(|_| told.is_empty()) {
        Some(single) => single,
        None => compile_process(&ocid, &releases, &mut Issues::new()),
    };
    let created = change::created(target.dataset, id, &process);
    Some(PreparedProcess { process, releases, created })
}

fn is_same(left: &[u8], right: &[u8]) -> bool {
    let (left, right) = (Value::parse(left), Value::parse(right));
    left.ok().zip(right.ok()).is_some_and(|(left, right)| same(&left, &right))
}

fn not_a_release() -> Issue {
    let message = "a package or a record; publish the releases in it one by one";
    Issue::new(IssueKind::NotARelease, "", "", message)
}

fn without_id() -> Issue {
    let message = "a release without an id; give it one that no other release of its process has";
    Issue::new(IssueKind::MissingId, "id", "", message)
}

fn id_taken(name: &str) -> Issue {
    let message = "the id is taken by another text of this process, and a release does not change; publish \
                   it under a new id";
    Issue::new(IssueKind::IdTaken, "id", name, message)
}

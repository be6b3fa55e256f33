//! Writes a prepared chunk: one transaction, whole processes, the change log with them.

use std::collections::{BTreeMap, HashMap};

use chrono::Utc;

use super::{
    change,
    prepare::{Prepared, PreparedProcess, Target, compile_process, distinct, encode, release_id, restore},
};
use crate::{
    ocds::{compile::compile, diff::changed_paths, issue::Issues},
    store::{
        Database, StoreError,
        write::{ChangeKind, NewChange, Rows, StoredRelease, Transaction},
    },
};

/// What became of a chunk's processes.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) written: BTreeMap<ChangeKind, u64>,
    pub(super) unchanged: u64,
}

/// Writes what is new in a chunk. With nothing new, nothing is written, not even a change.
pub(super) async fn apply(
    database: &Database,
    target: Target,
    chunk: Prepared,
) -> Result<Applied, StoreError> {
    let Prepared { processes, rows, .. } = chunk;
    let mut transaction = Transaction::begin(database).await?;
    let releases: Vec<i64> = processes.iter().flat_map(release_ids).collect();
    let known = transaction.known_releases(&releases).await?;
    let total = processes.len();
    let is_new = |process: &PreparedProcess| release_ids(process).any(|id| !known.contains(&id));
    let news: Vec<_> = processes.into_iter().filter(is_new).collect();
    let mut applied = Applied { unchanged: (total - news.len()) as u64, ..Applied::default() };
    if news.is_empty() {
        return Ok(applied);
    }
    let ids: Vec<i64> = news.iter().map(|process| process.created.process).collect();
    let stored: Vec<i64> = transaction.known_processes(&ids).await?.into_iter().collect();
    let (rows, changes) = if stored.is_empty() && news.len() == total {
        (rows, news.into_iter().map(|process| process.created).collect())
    } else {
        let releases = transaction.releases(&stored).await?;
        tokio::task::spawn_blocking(move || compile_all(news, releases, target))
            .await
            .map_err(|error| StoreError::Corrupt(format!("compiling a process failed: {error}")))??
    };
    for change in &changes {
        *applied.written.entry(change.kind).or_default() += 1;
    }
    transaction.remove(&stored).await?;
    transaction.insert(rows).await?;
    transaction.commit(Utc::now(), &changes).await?;
    Ok(applied)
}

fn release_ids(process: &PreparedProcess) -> impl Iterator<Item = i64> {
    process.releases.iter().map(|release| release_id(process.created.process, release))
}

/// The rows of processes of which some are stored already, and what is to be said of each.
fn compile_all(
    processes: Vec<PreparedProcess>,
    mut stored: HashMap<i64, Vec<StoredRelease>>,
    target: Target,
) -> Result<(Rows, Vec<NewChange>), StoreError> {
    let mut rows = Rows::new(target.backend);
    let mut changes = Vec::with_capacity(processes.len());
    for process in processes {
        changes.push(match stored.remove(&process.created.process) {
            Some(stored) => update(&mut rows, process, stored, target)?,
            None => {
                encode(&mut rows, &process.process, &process.releases, target)?;
                process.created
            }
        });
    }
    Ok((rows, changes))
}

/// Compiles a process from the releases it has and those that came, and tells what that changed.
fn update(
    rows: &mut Rows,
    process: PreparedProcess,
    stored: Vec<StoredRelease>,
    target: Target,
) -> Result<NewChange, StoreError> {
    let PreparedProcess { releases: incoming, created: NewChange { process: id, ocid, .. }, .. } = process;
    let old = stored.into_iter().map(|release| restore(&ocid, release)).collect::<Result<Vec<_>, _>>()?;
    let new = distinct(old.iter().cloned().chain(incoming).collect());
    let mut issues = Issues::new();
    let before = compile_process(&ocid, &old, &mut issues);
    let after = compile_process(&ocid, &new, &mut issues);
    let paths = match (compile(&old), compile(&new)) {
        (Ok(old), Ok(new)) => changed_paths(&old, &new),
        _ => Vec::new(),
    };
    encode(rows, &after, &new, target)?;
    Ok(change::updated(target.dataset, id, &before, &after, paths))
}

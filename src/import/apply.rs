//! Writes a prepared chunk: one transaction, whole processes, the change log with them.

use std::collections::{BTreeMap, HashMap};

use chrono::Utc;

use super::{
    change,
    prepare::{Compiled, Prepared, PreparedProcess, Target, compile_process, distinct, encode, release_id},
};
use crate::{
    ocds::{compile::compile, diff::changed_paths, issue::Issues, release::SourceRelease},
    store::{
        Database, StoreError,
        write::{ChangeKind, Rows, StoredRelease, Transaction},
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
    chunk: &mut Prepared,
) -> Result<Applied, StoreError> {
    let processes = std::mem::take(&mut chunk.processes);
    let mut transaction = Transaction::begin(database).await?;
    let known =
        transaction.known_releases(&processes.iter().flat_map(release_ids).collect::<Vec<_>>()).await?;
    let news = |process: &PreparedProcess| release_ids(process).any(|id| !known.contains(&id));
    let (news, old): (Vec<_>, Vec<_>) = processes.into_iter().partition(news);
    let mut applied = Applied { unchanged: old.len() as u64, ..Applied::default() };
    if news.is_empty() {
        return Ok(applied);
    }
    let ids: Vec<i64> = news.iter().map(|process| process.id).collect();
    let stored: Vec<i64> = transaction.known_processes(&ids).await?.into_iter().collect();
    let releases = transaction.releases(&stored).await?;
    let compiled = tokio::task::spawn_blocking(move || compile_all(news, releases, target))
        .await
        .map_err(|error| StoreError::Corrupt(format!("compiling a process failed: {error}")))??;
    let mut rows = Rows::new(target.backend);
    let mut changes = Vec::with_capacity(compiled.len());
    for Compiled { rows: mut more, change, .. } in compiled {
        rows.append(&mut more);
        *applied.written.entry(change.kind).or_default() += 1;
        changes.push(change);
    }
    transaction.remove(&stored).await?;
    transaction.insert(rows).await?;
    transaction.commit(Utc::now(), &changes).await?;
    Ok(applied)
}

fn compile_all(
    processes: Vec<PreparedProcess>,
    mut releases: HashMap<i64, Vec<StoredRelease>>,
    target: Target,
) -> Result<Vec<Compiled>, StoreError> {
    let compile = |process: PreparedProcess| match releases.remove(&process.id) {
        Some(stored) => update(process, stored, target),
        None => Ok(process.fresh),
    };
    processes.into_iter().map(compile).collect()
}

fn release_ids(process: &PreparedProcess) -> impl Iterator<Item = i64> {
    process.releases.iter().map(|release| release_id(process.id, release))
}

/// Compiles a process from the releases it has and those that came, and tells what that changed.
fn update(
    process: PreparedProcess,
    stored: Vec<StoredRelease>,
    target: Target,
) -> Result<Compiled, StoreError> {
    let PreparedProcess { id, releases: incoming, fresh } = process;
    let ocid = fresh.ocid;
    let old = restore(stored, &ocid)?;
    let new = distinct(old.iter().cloned().chain(incoming).collect());
    let mut issues = Issues::new();
    let before = compile_process(&ocid, &old, &mut issues);
    let after = compile_process(&ocid, &new, &mut issues);
    let paths = match (compile(&old), compile(&new)) {
        (Ok(old), Ok(new)) => changed_paths(&old, &new),
        _ => Vec::new(),
    };
    let rows = encode(&after, &new, target)?;
    let change = change::updated(target.dataset, id, &before, &after, paths);
    Ok(Compiled { ocid, rows, change })
}

/// Stored releases as the reader gave them.
pub(super) fn restore(stored: Vec<StoredRelease>, ocid: &str) -> Result<Vec<SourceRelease>, StoreError> {
    let restore = |StoredRelease { id, json, compiled }| {
        let release = SourceRelease::from_json(json.into_bytes(), ocid);
        let release = release.ok_or_else(|| StoreError::Corrupt(format!("release {id} is not JSON")))?;
        // A record's compiled release need not be tagged so; the store remembers.
        Ok(SourceRelease { compiled: compiled || release.compiled, ..release })
    };
    stored.into_iter().map(restore).collect()
}

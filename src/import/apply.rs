//! Writes a prepared chunk: one transaction, whole processes, the change log with them.

use std::collections::{BTreeMap, HashMap};

use chrono::Utc;

use super::{
    change,
    prepare::{Prepared, PreparedProcess, Target, distinct, encode, process_of, release_id, restore},
};
use crate::{
    ocds::{compile::compile, diff::changed_paths, issue::Issues},
    store::{
        Database, StoreError,
        write::{
            ChangeKind, NewChange, Patience, Rows, StoredRelease, Transaction, dataset,
            deferred::{self, Deferred},
        },
    },
};

/// What became of a chunk's processes.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) written: BTreeMap<ChangeKind, u64>,
    pub(super) unchanged: u64,
    pub(super) rows: u64,
}

/// Processes after which an import counts as a large one. Dropping and building every index of small tables
/// takes a tenth of a second.
const LARGE: usize = 1000;

/// Gathers chunks into transactions. What is not yet committed when the writer is dropped is gone.
pub(super) struct Writer<'a> {
    database: &'a Database,
    dataset: &'a str,
    target: Target,
    /// Processes written in one transaction, about.
    batch: usize,
    open: Option<Transaction>,
    changes: Vec<NewChange>,
    indexes: Indexes,
}

/// What is to become of the indexes.
enum Indexes {
    /// They stay in place.
    Kept,
    /// The database is new: they are put off if the import turns out to be a large one.
    Dispensable,
    /// They are built when the import ends.
    PutOff(Deferred),
}

impl<'a> Writer<'a> {
    pub(super) async fn new(
        database: &'a Database,
        dataset: &'a str,
        target: Target,
        batch: usize,
    ) -> Result<Self, StoreError> {
        let new = deferred::is_worth_it(database).await?;
        let indexes = if new { Indexes::Dispensable } else { Indexes::Kept };
        Ok(Self { database, dataset, target, batch, open: None, changes: Vec::new(), indexes })
    }

    /// Writes what is new in a chunk. With nothing new, nothing is written, not even a change.
    pub(super) async fn apply(&mut self, chunk: Prepared) -> Result<Applied, StoreError> {
        let mut transaction = match self.open.take() {
            Some(transaction) => transaction,
            None => Transaction::begin_on(self.database, self.target.dataset, Patience::Unlimited).await?,
        };
        let (applied, mut changes) = apply(&mut transaction, self.dataset, self.target, chunk).await?;
        self.changes.append(&mut changes);
        // Without changes there is nothing to commit, and no reason to keep other writers waiting.
        if self.changes.is_empty() {
            return Ok(applied);
        }
        self.open = Some(transaction);
        let full = match self.indexes {
            Indexes::Dispensable => self.batch.min(LARGE),
            Indexes::Kept | Indexes::PutOff(_) => self.batch,
        };
        if self.changes.len() >= full {
            self.commit().await?;
            self.put_off().await?;
        }
        Ok(applied)
    }

    /// Commits what is not yet committed.
    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let Some(transaction) = self.open.take() else { return Ok(()) };
        transaction.commit(Utc::now(), &std::mem::take(&mut self.changes)).await
    }

    /// Builds the indexes that were put off, by this import or by one that did not live to build them.
    pub(super) async fn build(self) -> Result<(), StoreError> {
        drop(self.open);
        match self.indexes {
            Indexes::PutOff(deferred) => deferred.build().await,
            Indexes::Kept | Indexes::Dispensable => deferred::build_left(self.database).await,
        }
    }

    async fn put_off(&mut self) -> Result<(), StoreError> {
        if matches!(self.indexes, Indexes::Dispensable) {
            self.indexes = Deferred::put_off(self.database).await?.map_or(Indexes::Kept, Indexes::PutOff);
        }
        Ok(())
    }
}

async fn apply(
    transaction: &mut Transaction,
    dataset: &str,
    target: Target,
    chunk: Prepared,
) -> Result<(Applied, Vec<NewChange>), StoreError> {
    let Prepared { processes, rows, .. } = chunk;
    let releases: Vec<i64> = processes.iter().flat_map(release_ids).collect();
    let known = transaction.known_releases(&releases).await?;
    let total = processes.len();
    let is_new = |process: &PreparedProcess| release_ids(process).any(|id| !known.contains(&id));
    let news: Vec<_> = processes.into_iter().filter(is_new).collect();
    let mut applied = Applied { unchanged: (total - news.len()) as u64, ..Applied::default() };
    if news.is_empty() {
        return Ok((applied, Vec::new()));
    }
    dataset::ensure(transaction, dataset).await?;
    let ids: Vec<i64> = news.iter().map(|process| process.created.process).collect();
    let stored: Vec<i64> = transaction.known_processes(&ids).await?.into_iter().collect();
    let compiled = if stored.is_empty() && news.len() == total {
        let changes = news.into_iter().map(|process| process.created).collect();
        Compiled { stored, rows, changes }
    } else {
        compile_with_stored(transaction, news, stored, target).await?
    };
    for change in &compiled.changes {
        *applied.written.entry(change.kind).or_default() += 1;
    }
    let (rows, changes) = compiled.write(transaction).await?;
    applied.rows = rows;
    Ok((applied, changes))
}

/// Processes that are ready to be written, each with what the change log is to say of it.
pub(super) struct Compiled {
    /// Those that are stored: what is written takes their place.
    pub(super) stored: Vec<i64>,
    pub(super) rows: Rows,
    pub(super) changes: Vec<NewChange>,
}

impl Compiled {
    /// Writes the rows, and returns how many. The dataset must be there.
    pub(super) async fn write(
        self,
        transaction: &mut Transaction,
    ) -> Result<(u64, Vec<NewChange>), StoreError> {
        transaction.remove(&self.stored).await?;
        Ok((transaction.insert(self.rows).await?, self.changes))
    }
}

/// Compiles processes from the releases that came and those that are stored; `stored` are the processes that
/// are.
pub(super) async fn compile_with_stored(
    transaction: &mut Transaction,
    processes: Vec<PreparedProcess>,
    stored: Vec<i64>,
    target: Target,
) -> Result<Compiled, StoreError> {
    let releases = transaction.releases(&stored).await?;
    let named = transaction.organizations(&stored).await?;
    let compile = move || compile_all(processes, releases, &named, target);
    let (rows, changes) = blocking(compile).await??;
    Ok(Compiled { stored, rows, changes })
}

/// Computes where it keeps no other task from going on.
pub(super) async fn blocking<T: Send + 'static>(
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let computed = tokio::task::spawn_blocking(compute).await;
    computed.map_err(|error| StoreError::Corrupt(format!("compiling a process failed: {error}")))
}

fn release_ids(process: &PreparedProcess) -> impl Iterator<Item = i64> {
    process.releases.iter().map(|release| release_id(process.created.process, release))
}

/// The rows of processes of which some are stored already, naming these organisations, and what is to be
/// said of each.
fn compile_all(
    processes: Vec<PreparedProcess>,
    mut stored: HashMap<i64, Vec<StoredRelease>>,
    named: &HashMap<i64, Vec<i64>>,
    target: Target,
) -> Result<(Rows, Vec<NewChange>), StoreError> {
    let mut rows = Rows::new(target.backend);
    let mut changes = Vec::with_capacity(processes.len());
    for process in processes {
        changes.push(if let Some(stored) = stored.remove(&process.created.process) {
            let named = named.get(&process.created.process).map_or(&[][..], Vec::as_slice);
            update(&mut rows, process, stored, named, target)?
        } else {
            encode(&mut rows, &process.process, &process.releases, target)?;
            process.created
        });
    }
    Ok((rows, changes))
}

/// Compiles a process from the releases it has and those that came, and tells what that changed.
fn update(
    rows: &mut Rows,
    process: PreparedProcess,
    stored: Vec<StoredRelease>,
    named: &[i64],
    target: Target,
) -> Result<NewChange, StoreError> {
    let PreparedProcess { releases: incoming, created: NewChange { process: id, ocid, .. }, .. } = process;
    let old = stored.into_iter().map(|release| restore(&ocid, release)).collect::<Result<Vec<_>, _>>()?;
    let new = distinct(old.iter().cloned().chain(incoming).collect());
    let (before, after) = (compile(&old), compile(&new));
    let paths = match (&before, &after) {
        (Ok(before), Ok(after)) => changed_paths(before, after),
        _ => Vec::new(),
    };
    let before = process_of(&ocid, before, &mut Issues::new());
    let after = process_of(&ocid, after, &mut Issues::new());
    encode(rows, &after, &new, target)?;
    Ok(change::updated(target.dataset, id, &before, &after, paths, named))
}

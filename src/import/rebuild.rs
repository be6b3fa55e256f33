//! Compiles processes anew from their stored releases.

use chrono::Utc;

use super::{
    change,
    prepare::{Target, compile_process, encode, restore},
};
use crate::{
    ocds::{issue::Issues, model::Publisher},
    store::{
        Database, StoreError, id,
        write::{NewChange, Patience, Rows, Transaction, analyze, dataset},
    },
};

/// How many processes are rebuilt at a time.
const BATCH: u32 = 200;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Processes compiled anew.
    pub seen: u64,
    /// Processes whose rows were not what their releases say, and were written.
    pub changed: u64,
}

/// Rebuilds every process of a dataset. Rows are compared before and after, and only a difference is
/// committed: a sound database is not changed, and its change log stays as it is.
pub async fn rebuild(database: &Database, name: &str) -> Result<Rebuilt, StoreError> {
    let target = Target { dataset: id::dataset(name), backend: database.backend() };
    let mut rebuilt = Rebuilt::default();
    let mut after = -1;
    loop {
        let batch = dataset::processes(database, target.dataset, after, BATCH).await?;
        let Some((last, _)) = batch.last() else { break };
        after = *last;
        rebuilt.seen += batch.len() as u64;
        if batch.len() > 1 && !differs(database, target, &batch).await? {
            continue;
        }
        for process in &batch {
            rebuilt.changed += u64::from(differs(database, target, std::slice::from_ref(process)).await?);
        }
    }
    let mut transaction = Transaction::begin_on(database, target.dataset, Patience::Unlimited).await?;
    dataset::set_compiled(&mut transaction, target.dataset).await?;
    if rebuilt.changed > 0 {
        dataset::refresh(&mut transaction, target.dataset, &Publisher::default(), None).await?;
    }
    transaction.commit(Utc::now(), &[]).await?;
    if rebuilt.changed > 0 {
        analyze(database).await?;
    }
    Ok(rebuilt)
}

/// Whether the rows of these processes differ from what their releases say. A single process that
/// differs is written; of several, nothing is, so that the caller can take them one by one. A process
/// without a stored release is left as it is.
async fn differs(
    database: &Database,
    target: Target,
    processes: &[(i64, String)],
) -> Result<bool, StoreError> {
    let ids: Vec<i64> = processes.iter().map(|(id, _)| *id).collect();
    let mut transaction = Transaction::begin_on(database, target.dataset, Patience::Unlimited).await?;
    let mut stored = transaction.releases(&ids).await?;
    let ids: Vec<i64> = stored.keys().copied().collect();
    let before = transaction.fingerprint(&ids).await?;
    let named = transaction.organizations(&ids).await?;
    let mut rows = Rows::new(target.backend);
    let mut changes: Vec<NewChange> = Vec::new();
    for (id, ocid) in processes {
        let Some(stored) = stored.remove(id) else { continue };
        let releases =
            stored.into_iter().map(|release| restore(ocid, release)).collect::<Result<Vec<_>, _>>()?;
        let process = compile_process(ocid, &releases, &mut Issues::new());
        encode(&mut rows, &process, &releases, target)?;
        let named = named.get(id).map_or(&[][..], Vec::as_slice);
        changes.push(change::mended(target.dataset, *id, &process, named));
    }
    transaction.remove(&ids).await?;
    transaction.remove_orphans(&rows).await?;
    transaction.insert(rows).await?;
    let differs = transaction.fingerprint(&ids).await? != before;
    if differs && processes.len() == 1 {
        transaction.commit(Utc::now(), &changes).await?;
    }
    Ok(differs)
}

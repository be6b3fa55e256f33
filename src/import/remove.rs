//! Removes a dataset with everything imported into it.

use chrono::Utc;

use super::change;
use crate::store::{
    Database, StoreError, id,
    write::{Patience, Transaction, dataset},
};

/// How many processes are removed in one transaction.
const BATCH: u32 = 1000;

/// Removes a dataset, some processes at a time, each with an entry in the change log; the last is of the
/// dataset itself. Returns how many
/// there were. A removal that was interrupted is finished by the next one.
pub async fn remove(database: &Database, name: &str) -> Result<u64, StoreError> {
    let target = id::dataset(name);
    let mut removed = 0;
    loop {
        let batch = dataset::processes(database, target, -1, BATCH).await?;
        let mut transaction = Transaction::begin_on(database, target, Patience::Unlimited).await?;
        if batch.is_empty() {
            dataset::remove(&mut transaction, target).await?;
            transaction.commit(Utc::now(), &[]).await?;
            return Ok(removed);
        }
        removed += batch.len() as u64;
        let ids: Vec<i64> = batch.iter().map(|(id, _)| *id).collect();
        let mut named = transaction.organizations(&ids).await?;
        transaction.remove(&ids).await?;
        let change = |(id, ocid)| {
            let named = named.remove(&id).unwrap_or_default();
            change::removed(target, id, ocid, &named)
        };
        let changes: Vec<_> = batch.into_iter().map(change).collect();
        transaction.commit(Utc::now(), &changes).await?;
    }
}

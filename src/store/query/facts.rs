//! What filters ask of processes beyond their rows, read for many processes by one statement each: who was
//! awarded, who bid, what was bought, which words. A filter is then judged without the database
//! ([`super::verdict`]).
//!
//! All of it lies in the process's own rows. Awards and bids lead to those whom they name: their tables have
//! no index by process.

use std::{collections::HashMap, marker::PhantomData};

use super::keys::{self, Sql};
use crate::store::{Backend, Database, StoreError, cells::FromCell};

/// Values that processes name, each once.
pub struct Named<T>(Sql, PhantomData<fn() -> T>);

impl Named<i64> {
    /// The organisations that were awarded.
    pub fn suppliers() -> Self {
        let select = "SELECT DISTINCT a.process_id, s.organization_id FROM awards a JOIN award_suppliers s ON s.award_id = a.id";
        Self(Sql::where_in(select, "a.process_id"), PhantomData)
    }

    /// The organisations that made a bid, or are listed among the tenderers.
    pub fn tenderers() -> Self {
        let made =
            "SELECT b.process_id, m.organization_id FROM bids b JOIN bid_tenderers m ON m.bid_id = b.id";
        let made = Sql::where_in(made, "b.process_id");
        let listed = Sql::where_in("SELECT t.process_id, t.organization_id FROM tenderers t", "t.process_id");
        let both = |backend| format!("{} UNION {}", made.on(backend), listed.on(backend));
        Self(Sql::new(both(Backend::Postgres), both(Backend::Sqlite)), PhantomData)
    }
}

impl Named<String> {
    /// The classifications of the items of the tender, the awards and the contracts.
    pub fn classifications() -> Self {
        let select = "SELECT DISTINCT t.process_id, t.classification_id FROM items t";
        let all = Sql::where_in(select, "t.process_id");
        Self(all.map(|all| format!("{all} AND t.classification_id IS NOT NULL")), PhantomData)
    }
}

impl<T: FromCell + Ord> Named<T> {
    /// Those of each process, in their order; a process that names none is left out. One statement.
    pub async fn read(
        &self,
        database: &Database,
        processes: &[i64],
    ) -> Result<HashMap<i64, Vec<T>>, StoreError> {
        let backend = database.backend();
        let rows = database.fetch(self.0.on(backend), [keys::value(backend, processes)], |cells| {
            Ok((cells.take::<i64>()?, cells.take::<T>()?))
        });
        let mut named: HashMap<i64, Vec<T>> = HashMap::new();
        for (process, value) in rows.await? {
            named.entry(process).or_default().push(value);
        }
        for values in named.values_mut() {
            values.sort_unstable();
        }
        Ok(named)
    }
}

/// The words of each process as both databases find them: sorted by their bytes, each once, with blanks
/// between. A process without words is left out. One statement.
pub async fn words(database: &Database, processes: &[i64]) -> Result<HashMap<i64, String>, StoreError> {
    // SQLite has kept the text that was written.
    let sql = match database.backend() {
        Backend::Sqlite => {
            "SELECT process_id, terms FROM process_search \
             WHERE process_id IN (SELECT value FROM json_each($1))"
        }
        _ => {
            "SELECT process_id, (SELECT string_agg(word, ' ' ORDER BY word COLLATE \"C\") \
             FROM unnest(tsvector_to_array(terms)) AS word) FROM process_search WHERE process_id = ANY($1)"
        }
    };
    let keys = [keys::value(database.backend(), processes)];
    let rows = database.fetch(sql, keys, |cells| Ok((cells.take()?, cells.take()?))).await?;
    Ok(rows.into_iter().collect())
}

//! Rows by an id: constant SQL, one statement for any number of ids.

use std::{collections::HashMap, sync::OnceLock};

use super::keys::{self, Sql};
use crate::store::{
    Database, StoreError,
    entity::{
        award, bid, contract, dataset, document, item, organization, process, process_details, release,
        transaction,
    },
    row::{Record, Row, Table},
};

/// The rows of a table, each found by the id in one column.
#[derive(Debug)]
pub struct ById {
    table: &'static Table,
    /// The column of the id.
    id: &'static str,
    sql: OnceLock<Sql>,
}

/// Datasets.
pub static DATASETS: ById = ById::of::<dataset::Model>("id");
/// Contracting processes.
pub static PROCESSES: ById = ById::of::<process::Model>("id");
/// The side rows of processes, by the ids of the processes.
pub static DETAILS: ById = ById::of::<process_details::Model>("process_id");
/// Organisations.
pub static ORGANIZATIONS: ById = ById::of::<organization::Model>("id");
/// Bids.
pub static BIDS: ById = ById::of::<bid::Model>("id");
/// Awards.
pub static AWARDS: ById = ById::of::<award::Model>("id");
/// Contracts.
pub static CONTRACTS: ById = ById::of::<contract::Model>("id");
/// Items.
pub static ITEMS: ById = ById::of::<item::Model>("id");
/// Documents.
pub static DOCUMENTS: ById = ById::of::<document::Model>("id");
/// Transactions of contracts.
pub static TRANSACTIONS: ById = ById::of::<transaction::Model>("id");
/// Releases.
pub static RELEASES: ById = ById::of::<release::Model>("id");

impl ById {
    const fn of<R: Record>(id: &'static str) -> Self {
        Self { table: R::TABLE, id, sql: OnceLock::new() }
    }

    /// The rows with these ids; an id without a row is left out. One statement.
    pub async fn read(&self, database: &Database, ids: &[i64]) -> Result<HashMap<i64, Row>, StoreError> {
        let Self { table, id, sql } = self;
        let select = || format!("SELECT {} FROM {} t", table.select_list("t"), table.name);
        let sql = sql.get_or_init(|| Sql::where_in(&select(), &format!("t.{id}")));
        let backend = database.backend();
        let rows = database.rows(table, sql.on(backend), [keys::value(backend, ids)]).await?;
        let column = table.column(id).unwrap_or_default();
        Ok(rows.into_iter().map(|row| (row.integer(column), row)).collect())
    }

    /// The process that a row of the table is a part of, where the row names it.
    pub fn process(&self, row: &Row) -> Option<i64> {
        self.table.column("process_id").map(|column| row.integer(column))
    }
}

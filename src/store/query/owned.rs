//! The lists that rows have of other rows, found for many owners by one statement: the awards of
//! processes, the processes that organisations buy, the bids that they made.

use std::collections::HashMap;

use super::{
    award, bid,
    collection::Collection,
    contract,
    keys::{self, Sql},
    process,
};
use crate::store::{Database, StoreError};

/// A list that each owner has, of rows of one table.
#[derive(Debug)]
pub struct Owned {
    /// The rows.
    pub collection: &'static Collection,
    /// Where rows and owners meet: the rows' table, or one that names several owners of a row. There an
    /// owner may be named twice; the row is once in its list all the same.
    pub(super) names: &'static str,
    /// The owner, in `names`.
    pub(super) owner: &'static str,
    /// The row's id, in `names`.
    pub(super) row: &'static str,
}

/// The processes that organisations buy.
pub const PROCESSES_BOUGHT: Owned = Owned::told_by(process::COLLECTION, "buyer_id");
/// The processes that organisations manage.
pub const PROCESSES_MANAGED: Owned = Owned::told_by(process::COLLECTION, "procuring_entity_id");
/// The bids of processes.
pub const BIDS: Owned = Owned::told_by(bid::COLLECTION, "process_id");
/// The bids that organisations made.
pub const BIDS_MADE: Owned = Owned::named_in(bid::COLLECTION, "bid_tenderers", "bid_id");
/// The awards of processes.
pub const AWARDS: Owned = Owned::told_by(award::COLLECTION, "process_id");
/// The awards that went to organisations.
pub const AWARDS_WON: Owned = Owned::named_in(award::COLLECTION, "award_suppliers", "award_id");
/// The contracts of processes.
pub const CONTRACTS: Owned = Owned::told_by(contract::COLLECTION, "process_id");
/// The contracts that organisations supply under.
pub const CONTRACTS_WON: Owned = Owned::named_in(contract::COLLECTION, "contract_suppliers", "contract_id");

impl Owned {
    const fn told_by(collection: &'static Collection, owner: &'static str) -> Self {
        Self { collection, names: collection.table.name, owner, row: "id" }
    }

    const fn named_in(collection: &'static Collection, names: &'static str, row: &'static str) -> Self {
        Self { collection, names, owner: "organization_id", row }
    }

    /// Whether each row tells its one owner itself.
    pub(super) fn is_told(&self) -> bool {
        self.row == "id"
    }

    /// The values of the rows of the owners in the first parameter: a select of `owner`, `amount`,
    /// `currency`, `status`.
    pub(super) fn values(&self) -> Sql {
        let Self { names, owner, row, .. } = self;
        let table = self.collection.table.name;
        if self.is_told() {
            let select = format!("SELECT t.{owner} AS owner, {VALUE} FROM {table} t");
            return Sql::where_in(&select, &format!("t.{owner}"));
        }
        let named = format!("SELECT DISTINCT n.{owner} AS owner, n.{row} AS id FROM {names} n");
        Sql::where_in(&named, &format!("n.{owner}")).map(|named| {
            format!("SELECT o.owner AS owner, {VALUE} FROM ({named}) o JOIN {table} t ON t.id = o.id")
        })
    }
}

/// The same of the rows of `table` below the processes that the owners buy.
pub(super) fn values_bought(table: &str) -> Sql {
    let select =
        format!("SELECT p.buyer_id AS owner, {VALUE} FROM processes p JOIN {table} t ON t.process_id = p.id");
    Sql::where_in(&select, "p.buyer_id")
}

const VALUE: &str = "t.value_amount AS amount, t.value_currency AS currency, t.status AS status";

/// How long the lists of owners are.
pub struct Counts(Sql);

impl Counts {
    /// Of a kind of list.
    pub fn new(owned: &Owned) -> Self {
        let Owned { names, owner, row, .. } = owned;
        let rows = if owned.is_told() { "*".to_owned() } else { format!("DISTINCT t.{row}") };
        let select = format!("SELECT t.{owner}, count({rows}) FROM {names} t");
        let counts = Sql::where_in(&select, &format!("t.{owner}"));
        Self(counts.map(|counts| format!("{counts} GROUP BY t.{owner}")))
    }

    /// The length of each owner's list. One statement.
    pub async fn read(&self, database: &Database, owners: &[i64]) -> Result<HashMap<i64, i64>, StoreError> {
        let backend = database.backend();
        let found = database.fetch(self.0.on(backend), [keys::value(backend, owners)], |cells| {
            Ok((cells.take::<i64>()?, cells.take::<i64>()?))
        });
        let mut counts: HashMap<i64, i64> = owners.iter().map(|owner| (*owner, 0)).collect();
        counts.extend(found.await?);
        Ok(counts)
    }
}

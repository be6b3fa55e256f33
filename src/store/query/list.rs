//! The lists of a process: parts of them, for many parents in one statement.
//!
//! Rows of a list are keyed by (parent, position), positions counted from 0 without gaps. The first
//! five awards of a hundred processes are therefore a hundred short ranges of one clustered index: no
//! window function, no sorting, and the number of rows is known from the parent's row.

use std::{collections::HashMap, fmt::Write as _, sync::OnceLock};

use sea_orm::{DbBackend, Value};
use serde::Serialize;

use super::keys::{self, Sql};
use crate::store::{
    Database, StoreError,
    entity::{award, bid, contract, document, item, organization, party, release, tenderer, transaction},
    row::{Record, Row, RowReader, Rows, Table},
};

/// Positions `from..to` in the list of a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Range {
    /// The id of the row that has the list.
    pub parent: i64,
    /// The first position.
    pub from: i32,
    /// The position behind the last.
    pub to: i32,
    /// The process that the list is a part of. Nothing is read by it; it tells which writes touch the list.
    pub process: i64,
}

/// The lists that rows of one table have of rows of another.
#[derive(Debug)]
pub struct List {
    table: &'static Table,
    /// The column of the row that has the list.
    parent: &'static str,
    /// Whether each row is read with the organisation that it names: then it is followed by that one.
    with_organization: bool,
    sql: OnceLock<Sql>,
}

/// The awards of processes.
pub static AWARDS: List = List::of::<award::Model>("process_id");
/// The bids of processes.
pub static BIDS: List = List::of::<bid::Model>("process_id");
/// The contracts of processes.
pub static CONTRACTS: List = List::of::<contract::Model>("process_id");
/// The releases of processes.
pub static RELEASES: List = List::of::<release::Model>("process_id");
/// The items of tenders, awards and contracts.
pub static ITEMS: List = List::of::<item::Model>("parent_id");
/// The documents of processes, bids, awards and contracts.
pub static DOCUMENTS: List = List::of::<document::Model>("parent_id");
/// The transactions of contracts.
pub static TRANSACTIONS: List = List::of::<transaction::Model>("contract_id");
/// The parties of processes, each followed by its organisation.
pub static PARTIES: List = List::with_organization::<party::Model>("process_id");
/// The tenderers of processes, each followed by its organisation.
pub static TENDERERS: List = List::with_organization::<tenderer::Model>("process_id");

impl List {
    const fn of<R: Record>(parent: &'static str) -> Self {
        Self { table: R::TABLE, parent, with_organization: false, sql: OnceLock::new() }
    }

    const fn with_organization<R: Record>(parent: &'static str) -> Self {
        Self { table: R::TABLE, parent, with_organization: true, sql: OnceLock::new() }
    }

    /// The rows of each range, in order. One statement.
    pub async fn read(
        &self,
        database: &Database,
        ranges: &[Range],
    ) -> Result<HashMap<Range, Rows>, StoreError> {
        let backend = database.backend();
        let sql = self.sql.get_or_init(|| self.statement()).on(backend);
        let column = |name| self.table.column(name).unwrap_or_default();
        let (parent, position) = (column(self.parent), column("position"));
        let mut members = RowReader::new(self.table);
        let mut organizations = RowReader::new(organization::Model::TABLE);
        let elements = database.fetch(sql, range_values(backend, ranges), |cells| {
            let row = members.read(cells)?;
            let organization = self.with_organization.then(|| organizations.read(cells)).transpose()?;
            Ok(Element { at: (row.integer(parent), row.integer(position)), row, organization })
        });
        Ok(distribute(ranges, elements.await?))
    }

    fn statement(&self) -> Sql {
        let columns = self.table.select_list("t");
        if self.with_organization {
            let columns = format!("{columns}, {}", organization::Model::TABLE.select_list("o"));
            let join = "JOIN organizations o ON o.id = t.organization_id";
            return ranges(&columns, self.table.name, self.parent, join);
        }
        ranges(&columns, self.table.name, self.parent, "")
    }
}

/// The organisations that a row names, in its order: who made a bid, to whom an award went.
pub struct Members(Sql);

impl Members {
    /// The tenderers of bids.
    pub fn of_bids() -> Self {
        Self(organizations_of("bid_tenderers", "bid_id"))
    }

    /// The suppliers of awards.
    pub fn of_awards() -> Self {
        Self(organizations_of("award_suppliers", "award_id"))
    }

    /// The suppliers of contracts.
    pub fn of_contracts() -> Self {
        Self(organizations_of("contract_suppliers", "contract_id"))
    }

    /// Those of each row. One statement.
    pub async fn read(&self, database: &Database, parents: &[i64]) -> Result<HashMap<i64, Rows>, StoreError> {
        let backend = database.backend();
        let mut reader = RowReader::new(organization::Model::TABLE);
        let mut rows = database
            .fetch(self.0.on(backend), [keys::value(backend, parents)], |cells| {
                Ok((cells.take::<i64>()?, cells.take::<i32>()?, reader.read(cells)?))
            })
            .await?;
        rows.sort_unstable_by_key(|(parent, position, _)| (*parent, *position));
        let mut lists: HashMap<i64, Vec<Row>> = parents.iter().map(|key| (*key, Vec::new())).collect();
        for (parent, _, organization) in rows {
            lists.entry(parent).or_default().push(organization);
        }
        Ok(lists.into_iter().map(|(parent, rows)| (parent, rows.into())).collect())
    }
}

/// A row of a list, with the organisation that it was read with.
#[derive(Clone)]
struct Element {
    /// The parent and the position.
    at: (i64, i64),
    row: Row,
    organization: Option<Row>,
}

/// Hands elements to the ranges they lie in. Ranges of one parent may overlap (aliases in one query).
fn distribute(ranges: &[Range], mut elements: Vec<Element>) -> HashMap<Range, Rows> {
    elements.sort_unstable_by_key(|element| element.at);
    elements.dedup_by_key(|element| element.at);
    let slice = |range: &Range| -> Rows {
        let before =
            |position: i32| elements.partition_point(|element| element.at < (range.parent, position.into()));
        let inside = elements.get(before(range.from)..before(range.to)).unwrap_or_default();
        let rows = |element: &Element| [Some(element.row.clone()), element.organization.clone()];
        inside.iter().flat_map(rows).flatten().collect()
    };
    ranges.iter().map(|range| (*range, slice(range))).collect()
}

/// `SELECT … ` over ranges given as three arrays, or as JSON triples on SQLite.
fn ranges(columns: &str, table: &str, parent: &str, join: &str) -> Sql {
    Sql::new(
        format!(
            "SELECT {columns} FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS k (parent, low, high) \
             JOIN {table} t ON t.{parent} = k.parent AND t.position >= k.low AND t.position < k.high {join}"
        ),
        format!(
            "SELECT {columns} FROM json_each($1) k \
             CROSS JOIN {table} t ON t.{parent} = k.value ->> 0 \
             AND t.position >= k.value ->> 1 AND t.position < k.value ->> 2 {join}"
        ),
    )
}

fn organizations_of(table: &str, parent: &str) -> Sql {
    let columns = organization::Model::TABLE.select_list("o");
    let select = format!(
        "SELECT t.{parent}, t.position, {columns} FROM {table} t JOIN organizations o ON o.id = t.organization_id"
    );
    Sql::where_in(&select, &format!("t.{parent}"))
}

fn range_values(backend: DbBackend, ranges: &[Range]) -> Vec<Value> {
    if backend == DbBackend::Sqlite {
        let mut text = String::with_capacity(2 + ranges.len() * 32);
        for (index, Range { parent, from, to, .. }) in ranges.iter().enumerate() {
            let comma = if index == 0 { "[" } else { "," };
            let _ = write!(text, "{comma}[{parent},{from},{to}]");
        }
        text.push_str(if ranges.is_empty() { "[]" } else { "]" });
        return vec![text.into()];
    }
    vec![
        keys::array(ranges.iter().map(|range| range.parent)),
        keys::array(ranges.iter().map(|range| range.from.into())),
        keys::array(ranges.iter().map(|range| range.to.into())),
    ]
}

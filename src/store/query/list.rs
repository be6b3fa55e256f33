//! The lists of a process: parts of them, for many parents in one statement.
//!
//! Rows of a list are keyed by (parent, position), positions counted from 0 without gaps. The first
//! five awards of a hundred processes are therefore a hundred short ranges of one clustered index: no
//! window function, no sorting, and the number of rows is known from the parent's row.

use std::{collections::HashMap, fmt::Write as _, sync::LazyLock};

use sea_orm::{DbBackend, Value};
use serde::{Serialize, de::DeserializeOwned};

use super::keys::{self, Sql};
use crate::store::{
    Database, StoreError,
    entity::{award, bid, contract, document, item, organization, party, release, tenderer, transaction},
    row::Row,
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

/// A row of a list.
pub trait Listed: Row + Clone + Serialize + DeserializeOwned {
    /// The id of the row that has the list.
    fn parent(&self) -> i64;
    /// Its position in the list.
    fn position(&self) -> i32;
    /// The statement for ranges.
    #[doc(hidden)]
    fn ranges_sql(backend: DbBackend) -> &'static str;
}

/// A listed row with an id of its own.
pub trait Node: Listed {
    /// The statement for ids.
    #[doc(hidden)]
    fn ids_sql(backend: DbBackend) -> &'static str;
    /// Its id.
    fn id(&self) -> i64;
    /// The process that it is a part of, where the row tells.
    fn process(&self) -> Option<i64>;
}

macro_rules! listed {
    ($($module:ident: $table:literal by $parent:ident),+ $(,)?) => { $(
        impl Listed for $module::Model {
            fn parent(&self) -> i64 {
                self.$parent
            }
            fn position(&self) -> i32 {
                self.position
            }
            fn ranges_sql(backend: DbBackend) -> &'static str {
                static SQL: LazyLock<Sql> = LazyLock::new(|| {
                    ranges(&$module::Model::columns("t"), $table, stringify!($parent), "")
                });
                SQL.on(backend)
            }
        }
    )+ };
}

macro_rules! node {
    ($($module:ident: $table:literal $(by $process:ident)?),+ $(,)?) => { $(
        impl Node for $module::Model {
            fn ids_sql(backend: DbBackend) -> &'static str {
                static SQL: LazyLock<Sql> = LazyLock::new(|| {
                    let columns = $module::Model::columns("t");
                    Sql::where_in(&format!("SELECT {columns} FROM {} t", $table), "t.id")
                });
                SQL.on(backend)
            }
            fn id(&self) -> i64 {
                self.id
            }
            fn process(&self) -> Option<i64> {
                None$(.or(Some(self.$process)))?
            }
        }
    )+ };
}

listed! {
    award: "awards" by process_id,
    bid: "bids" by process_id,
    contract: "contracts" by process_id,
    party: "parties" by process_id,
    tenderer: "tenderers" by process_id,
    release: "releases" by process_id,
    item: "items" by parent_id,
    document: "documents" by parent_id,
    transaction: "transactions" by contract_id,
}

node! {
    award: "awards" by process_id,
    bid: "bids" by process_id,
    contract: "contracts" by process_id,
    release: "releases" by process_id,
    item: "items" by process_id,
    document: "documents",
    transaction: "transactions",
}

/// The rows of each range, in order. One statement.
pub async fn by_ranges<R: Listed>(
    database: &Database,
    ranges: &[Range],
) -> Result<HashMap<Range, Vec<R>>, StoreError> {
    let sql = R::ranges_sql(database.backend());
    let rows = database.rows::<R>(sql, range_values(database.backend(), ranges)).await?;
    Ok(distribute(ranges, rows, R::parent, R::position))
}

/// The rows with these ids, in no order. One statement.
pub async fn by_ids<R: Node>(database: &Database, ids: &[i64]) -> Result<Vec<R>, StoreError> {
    database.rows(R::ids_sql(database.backend()), [keys::value(database.backend(), ids)]).await
}

/// A party with its organisation.
pub type PartyRow = (party::Model, organization::Model);

/// The parties of each range with their organisations. One statement.
pub async fn parties(
    database: &Database,
    ranges: &[Range],
) -> Result<HashMap<Range, Vec<PartyRow>>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| with_organization::<party::Model>("parties"));
    members(database, &SQL, ranges).await
}

/// A tenderer with its organisation.
pub type TendererRow = (tenderer::Model, organization::Model);

/// The tenderers of each range with their organisations. One statement.
pub async fn tenderers(
    database: &Database,
    ranges: &[Range],
) -> Result<HashMap<Range, Vec<TendererRow>>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| with_organization::<tenderer::Model>("tenderers"));
    members(database, &SQL, ranges).await
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
    pub async fn read(
        &self,
        database: &Database,
        parents: &[i64],
    ) -> Result<HashMap<i64, Vec<organization::Model>>, StoreError> {
        let backend = database.backend();
        let mut rows = database
            .fetch(self.0.on(backend), [keys::value(backend, parents)], |cells| {
                Ok((cells.take::<i64>()?, cells.take::<i32>()?, organization::Model::decode(cells)?))
            })
            .await?;
        rows.sort_unstable_by_key(|(parent, position, _)| (*parent, *position));
        let mut lists: HashMap<i64, Vec<organization::Model>> =
            parents.iter().map(|key| (*key, Vec::new())).collect();
        for (parent, _, organization) in rows {
            lists.entry(parent).or_default().push(organization);
        }
        Ok(lists)
    }
}

async fn members<R: Listed>(
    database: &Database,
    sql: &Sql,
    ranges: &[Range],
) -> Result<HashMap<Range, Vec<(R, organization::Model)>>, StoreError> {
    let backend = database.backend();
    let rows = database
        .fetch(sql.on(backend), range_values(backend, ranges), |cells| {
            Ok((R::decode(cells)?, organization::Model::decode(cells)?))
        })
        .await?;
    Ok(distribute(ranges, rows, |(member, _)| member.parent(), |(member, _)| member.position()))
}

/// Hands rows to the ranges they lie in. Ranges of one parent may overlap (aliases in one query).
fn distribute<T: Clone>(
    ranges: &[Range],
    mut rows: Vec<T>,
    parent: impl Fn(&T) -> i64,
    position: impl Fn(&T) -> i32,
) -> HashMap<Range, Vec<T>> {
    rows.sort_unstable_by_key(|row| (parent(row), position(row)));
    rows.dedup_by_key(|row| (parent(row), position(row)));
    let slice = |range: &Range| {
        let start = rows.partition_point(|row| (parent(row), position(row)) < (range.parent, range.from));
        let end = rows.partition_point(|row| (parent(row), position(row)) < (range.parent, range.to));
        rows.get(start..end).unwrap_or_default().to_vec()
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

fn with_organization<R: Row>(table: &str) -> Sql {
    let columns = format!("{}, {}", R::columns("t"), organization::Model::columns("o"));
    ranges(&columns, table, "process_id", "JOIN organizations o ON o.id = t.organization_id")
}

fn organizations_of(table: &str, parent: &str) -> Sql {
    let columns = organization::Model::columns("o");
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

//! Contracting processes: by id, by ocid, in pages.

use std::{collections::HashMap, sync::LazyLock};

use sea_orm::{
    ColumnTrait, Condition, Value,
    sea_query::{Expr, ExprTrait, Func, Query},
};

use super::keys::{self, Sql};
use crate::{
    ocds::{
        codelist::{Codelist, ProcurementCategory, ProcurementMethod, TenderStatus},
        model::Time,
    },
    store::{
        Database, StoreError,
        entity::{
            process::{Column, Entity, Model},
            process_details,
        },
        page::{self, Ordering, Page, PageRequest, Position, SortKey},
        row::Row,
    },
};

/// Which processes; every part that is given must hold. An empty list matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In one of these datasets.
    pub datasets: Option<Vec<i64>>,
    /// Bought by one of these organisations.
    pub buyers: Option<Vec<i64>>,
    /// With one of these tender statuses.
    pub statuses: Option<Vec<TenderStatus>>,
    /// With one of these procurement methods.
    pub methods: Option<Vec<ProcurementMethod>>,
    /// With one of these main categories.
    pub categories: Option<Vec<ProcurementCategory>>,
    /// Last released at this moment or later.
    pub date_from: Option<Time>,
    /// Last released before this moment.
    pub date_before: Option<Time>,
}

/// An order of processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// By the date of the latest release.
    Date {
        /// Newest first.
        descending: bool,
    },
    /// By ocid.
    Ocid {
        /// Greatest first.
        descending: bool,
    },
}

impl Order {
    /// Where a row stands in this order.
    pub fn position(self, row: &Model) -> Position {
        let key = match self {
            Self::Date { .. } => SortKey::Time(row.date),
            Self::Ocid { .. } => SortKey::Text(Some(row.ocid.clone())),
        };
        Position { key, id: row.id }
    }

    fn ordering(self) -> Ordering<Column> {
        match self {
            Self::Date { descending } => {
                Ordering { column: Column::Date, nullable: true, id: Column::Id, descending }
            }
            Self::Ocid { descending } => {
                Ordering { column: Column::Ocid, nullable: false, id: Column::Id, descending }
            }
        }
    }
}

/// One page of processes.
pub async fn page(
    database: &Database,
    filter: &Filter,
    order: Order,
    request: &PageRequest,
) -> Result<Page<Model>, StoreError> {
    page::fetch(database, &condition(database, filter), order.ordering(), request).await
}

/// The number of processes that match.
pub async fn count(database: &Database, filter: &Filter) -> Result<i64, StoreError> {
    let mut select = Query::select();
    select.expr(Func::count(Expr::col(Column::Id))).from(Entity).cond_where(condition(database, filter));
    let statement = database.backend().build(&select);
    Ok(database.fetch_statement(statement, |cells| cells.take()).await?.first().copied().unwrap_or(0))
}

/// The processes with these ids, in no order. One statement.
pub async fn by_ids(database: &Database, ids: &[i64]) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| Sql::where_in(&select_from("processes"), "t.id"));
    database.rows(SQL.on(database.backend()), [keys::value(database.backend(), ids)]).await
}

/// The side rows of these processes, in no order. One statement.
pub async fn details(database: &Database, ids: &[i64]) -> Result<Vec<process_details::Model>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        let columns = process_details::Model::columns("t");
        Sql::where_in(&format!("SELECT {columns} FROM process_details t"), "t.process_id")
    });
    database.rows(SQL.on(database.backend()), [keys::value(database.backend(), ids)]).await
}

/// The processes with this ocid, one per dataset that has it, in the order of their ids.
pub async fn by_ocid(database: &Database, ocid: &str) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<String> =
        LazyLock::new(|| format!("{} WHERE t.ocid = $1 ORDER BY t.id", select_from("processes")));
    database.rows(&SQL, [ocid.into()]).await
}

/// A page of the processes of one buyer, newest first: of many buyers in one statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BuyerPage {
    /// The buyer.
    pub buyer: i64,
    /// Rows at most.
    pub limit: u32,
    /// Only rows behind this one: its date and id.
    pub after: Option<(Option<Time>, i64)>,
}

/// The processes of buyers, newest first. Each list has one row more than its limit where there are
/// more. One statement: for each buyer a bounded walk of the index (buyer, date, id).
pub async fn by_buyers(
    database: &Database,
    pages: &[BuyerPage],
) -> Result<HashMap<BuyerPage, Vec<Model>>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(buyer_pages_sql);
    let backend = database.backend();
    let longest = pages.iter().map(|page| page.limit).max().unwrap_or(0).saturating_add(1);
    let rows: Vec<(i64, Model)> = database
        .fetch(SQL.on(backend), [buyer_pages_value(pages), i64::from(longest).into()], |cells| {
            Ok((cells.take()?, Model::decode(cells)?))
        })
        .await?;
    let mut lists: Vec<Vec<Model>> = vec![Vec::new(); pages.len()];
    for (index, row) in rows {
        if let Some(list) = usize::try_from(index).ok().and_then(|index| lists.get_mut(index)) {
            list.push(row);
        }
    }
    let newest_first = |a: &Model, b: &Model| (b.date, b.id).cmp(&(a.date, a.id));
    let cut = |(page, mut list): (&BuyerPage, Vec<Model>)| {
        list.sort_unstable_by(newest_first);
        list.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX).saturating_add(1));
        (page.clone(), list)
    };
    Ok(pages.iter().zip(lists).map(cut).collect())
}

/// How many processes each buyer has. One statement.
pub async fn counts_by_buyer(database: &Database, buyers: &[i64]) -> Result<HashMap<i64, i64>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        let counted = Sql::where_in("SELECT t.buyer_id, count(*) FROM processes t", "t.buyer_id");
        let grouped = |backend| format!("{} GROUP BY t.buyer_id", counted.on(backend));
        Sql::new(grouped(sea_orm::DbBackend::Postgres), grouped(sea_orm::DbBackend::Sqlite))
    });
    let value = keys::value(database.backend(), buyers);
    let found = database
        .fetch(SQL.on(database.backend()), [value], |cells| Ok((cells.take::<i64>()?, cells.take::<i64>()?)));
    let mut counts: HashMap<i64, i64> = buyers.iter().map(|buyer| (*buyer, 0)).collect();
    counts.extend(found.await?);
    Ok(counts)
}

fn select_from(table: &str) -> String {
    format!("SELECT {} FROM {table} t", Model::columns("t"))
}

fn condition(database: &Database, filter: &Filter) -> Condition {
    let time = |moment: Time| page::time_value(database.backend(), moment);
    Condition::all()
        .add_option(filter.datasets.as_ref().map(|ids| one_of(Column::DatasetId, ids.iter().copied())))
        .add_option(filter.buyers.as_ref().map(|ids| one_of(Column::BuyerId, ids.iter().copied())))
        .add_option(filter.statuses.as_ref().map(|codes| one_of_codes(Column::Status, codes)))
        .add_option(filter.methods.as_ref().map(|codes| one_of_codes(Column::Method, codes)))
        .add_option(filter.categories.as_ref().map(|codes| one_of_codes(Column::Category, codes)))
        .add_option(filter.date_from.map(|moment| Expr::col(Column::Date).gte(Expr::val(time(moment)))))
        .add_option(filter.date_before.map(|moment| Expr::col(Column::Date).lt(Expr::val(time(moment)))))
}

fn one_of_codes<C: Codelist>(column: Column, codes: &[C]) -> Expr {
    one_of(column, codes.iter().map(|code| code.as_str()))
}

fn one_of<V: Into<Value>>(column: Column, values: impl Iterator<Item = V>) -> Expr {
    let mut values: Vec<Value> = values.map(Into::into).collect();
    match (values.pop(), values.is_empty()) {
        (None, _) => Expr::val(1).eq(0),
        // Equality with one value keeps the index's order; a list of one does not on every plan.
        (Some(only), true) => column.eq(only),
        (Some(last), false) => column.is_in(values.into_iter().chain([last])),
    }
}

/// For each key, the rows with a date and then those without, each a bounded walk of the index.
fn buyer_pages_sql() -> Sql {
    let columns = Model::columns("p");
    let walk = |key: &str, after: &str, rest: &str, order: &str| {
        format!(
            "SELECT id FROM processes WHERE buyer_id = {key} AND {after} AND {rest} ORDER BY {order} LIMIT $2"
        )
    };
    let union = |key: &str, index: &str, dated: &str, undated: &str| {
        let dated = walk(key, dated, "date IS NOT NULL", "date DESC, id DESC");
        let undated = walk(key, undated, "date IS NULL", "id DESC");
        (format!("{index} IN ({dated})"), format!("{index} IN ({undated})"))
    };
    // SQLite has no LATERAL: a correlated IN with its own LIMIT walks the index the same way.
    let (dated, undated) = union(
        "k.value ->> 0",
        "p.id",
        "(k.value ->> 2 IS NULL OR (k.value ->> 1 IS NOT NULL AND (date, id) < (k.value ->> 1, k.value ->> 2)))",
        "(k.value ->> 2 IS NULL OR k.value ->> 1 IS NOT NULL OR id < k.value ->> 2)",
    );
    let sqlite = format!(
        "SELECT k.key, {columns} FROM json_each($1) k CROSS JOIN processes p WHERE {dated} \
         UNION ALL SELECT k.key, {columns} FROM json_each($1) k CROSS JOIN processes p WHERE {undated}"
    );
    let dated = walk(
        "k.buyer",
        "(k.id IS NULL OR (k.date IS NOT NULL AND (date, id) < (k.date, k.id)))",
        "date IS NOT NULL",
        "date DESC, id DESC",
    );
    let undated =
        walk("k.buyer", "(k.id IS NULL OR k.date IS NOT NULL OR id < k.id)", "date IS NULL", "id DESC");
    let postgres = format!(
        "SELECT k.index, {columns} FROM ( \
           SELECT n - 1 AS index, (e ->> 0)::bigint AS buyer, to_timestamp((e ->> 1)::numeric / 1000) AS date, \
             (e ->> 2)::bigint AS id \
           FROM jsonb_array_elements($1::text::jsonb) WITH ORDINALITY AS a (e, n)) k \
         CROSS JOIN LATERAL (({dated}) UNION ALL ({undated}) LIMIT $2) f JOIN processes p ON p.id = f.id"
    );
    Sql::new(postgres, sqlite)
}

/// `[[buyer, date in milliseconds or null, id or null], …]`.
fn buyer_pages_value(pages: &[BuyerPage]) -> Value {
    let row = |page: &BuyerPage| {
        let millis = page.after.and_then(|(date, _)| date).map(|date| date.timestamp_millis());
        (page.buyer, millis, page.after.map(|(_, id)| id))
    };
    serde_json::to_string(&pages.iter().map(row).collect::<Vec<_>>()).unwrap_or_default().into()
}

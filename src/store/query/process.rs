//! Contracting processes: by id, by ocid, by buyer, in lists of all of them.

use std::{collections::HashMap, sync::LazyLock};

use sea_orm::{
    DbBackend, Value,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{
    collection::{By, Collected, VALUE, words_key},
    filter::{Filtered, Term, begins, between, found_in, named_by, one_of, tendered_by, worth},
    keys::{self, Sql},
};
use crate::{
    ocds::model::Time,
    store::{
        Database, StoreError,
        entity::{process::Model, process_details},
        page::SortKey,
        row::Row,
    },
};

impl Filtered for Model {
    fn term(term: &Term, backend: DbBackend) -> Option<Expr> {
        let id = || Expr::col("id");
        Some(match term {
            Term::Search(search) => found_in("process_search", "process_id", search, backend),
            Term::Dataset(ids) => one_of("dataset_id", ids),
            Term::Buyer(ids) => one_of("buyer_id", ids),
            Term::ProcuringEntity(ids) => one_of("procuring_entity_id", ids),
            Term::Supplier(ids) => id().in_subquery(named_by("process_id", "award_suppliers", ids)),
            Term::Tenderer(ids) => id().in_subquery(tendered_by(ids)),
            Term::Status(codes) => one_of("status", codes),
            Term::Method(codes) => one_of("method", codes),
            Term::Category(codes) => one_of("category", codes),
            Term::Classification(prefix) => {
                let mut items = Query::select();
                items.column("process_id").from("items").and_where(begins("classification_id", prefix));
                id().in_subquery(items)
            }
            Term::Amount(range) => worth(VALUE, range, backend),
            Term::Date(range) => between("date", range, backend),
            Term::TenderStart(range) => between("tender_start", range, backend),
            Term::TenderEnd(range) => between("tender_end", range, backend),
        })
    }
}

impl Collected for Model {
    const TABLE: &'static str = "processes";

    fn column(by: By) -> Option<(&'static str, bool)> {
        Some(match by {
            By::Date => ("date", true),
            By::Amount => ("value_amount", false),
            By::Title => ("title_key", true),
            By::Bids => ("bid_count", false),
            By::Ocid => ("ocid", false),
        })
    }

    fn key(&self, by: By) -> SortKey {
        match by {
            By::Date => SortKey::Time(self.date),
            By::Amount => SortKey::Amount(self.value_amount),
            By::Title => words_key(self.title.as_ref()),
            By::Bids => SortKey::Count(self.bid_count.into()),
            By::Ocid => SortKey::Text(Some(self.ocid.clone())),
        }
    }

    fn id(&self) -> i64 {
        self.id
    }
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

/// The processes with these ocids, one per dataset that has it, in the order of their ids. One statement.
pub async fn by_ocids(database: &Database, ocids: &[String]) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| Sql::where_in(&select_from("processes"), "t.ocid"));
    let backend = database.backend();
    let mut rows: Vec<Model> = database.rows(SQL.on(backend), [keys::texts(backend, ocids)]).await?;
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

/// A page of the processes of one buyer, newest first: of many buyers in one statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BuyerPage {
    /// The buyer.
    pub buyer: i64,
    /// Rows at most.
    pub limit: u32,
    /// Take the last rows instead of the first.
    pub backward: bool,
    /// Only rows behind this one (before it when `backward`): its date and id.
    pub from: Option<(Option<Time>, i64)>,
}

/// The processes of buyers, newest first (oldest first when `backward`). Each list has one row more
/// than its limit where there are more. One statement, one more when the keys have both directions:
/// for each buyer a bounded walk of the index (buyer, date, id).
pub async fn by_buyers(
    database: &Database,
    pages: &[BuyerPage],
) -> Result<HashMap<BuyerPage, Vec<Model>>, StoreError> {
    let mut lists = HashMap::with_capacity(pages.len());
    for backward in [false, true] {
        let pages: Vec<&BuyerPage> = pages.iter().filter(|page| page.backward == backward).collect();
        if !pages.is_empty() {
            lists.extend(walk_buyers(database, &pages, backward).await?);
        }
    }
    Ok(lists)
}

async fn walk_buyers(
    database: &Database,
    pages: &[&BuyerPage],
    backward: bool,
) -> Result<Vec<(BuyerPage, Vec<Model>)>, StoreError> {
    static FORWARD: LazyLock<Sql> = LazyLock::new(|| buyer_pages_sql(false));
    static BACKWARD: LazyLock<Sql> = LazyLock::new(|| buyer_pages_sql(true));
    let sql: &Sql = if backward { &BACKWARD } else { &FORWARD };
    let longest = pages.iter().map(|page| page.limit).max().unwrap_or(0).saturating_add(1);
    let values = [buyer_pages_value(pages), i64::from(longest).into()];
    let rows: Vec<(i64, Model)> = database
        .fetch(sql.on(database.backend()), values, |cells| Ok((cells.take()?, Model::decode(cells)?)))
        .await?;
    let mut lists: Vec<Vec<Model>> = vec![Vec::new(); pages.len()];
    for (index, row) in rows {
        if let Some(list) = usize::try_from(index).ok().and_then(|index| lists.get_mut(index)) {
            list.push(row);
        }
    }
    let newest_first = |a: &Model, b: &Model| (b.date, b.id).cmp(&(a.date, a.id));
    let cut = |(page, mut list): (&&BuyerPage, Vec<Model>)| {
        list.sort_unstable_by(|a, b| if backward { newest_first(b, a) } else { newest_first(a, b) });
        list.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX).saturating_add(1));
        (BuyerPage::clone(page), list)
    };
    Ok(pages.iter().zip(lists).map(cut).collect())
}

/// How many processes each buyer has. One statement.
pub async fn counts_by_buyer(database: &Database, buyers: &[i64]) -> Result<HashMap<i64, i64>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        let counted = Sql::where_in("SELECT t.buyer_id, count(*) FROM processes t", "t.buyer_id");
        let grouped = |backend| format!("{} GROUP BY t.buyer_id", counted.on(backend));
        Sql::new(grouped(DbBackend::Postgres), grouped(DbBackend::Sqlite))
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

/// For each key, the rows with a date and those without, each a bounded walk of the index, in the order
/// in which the direction comes to them.
fn buyer_pages_sql(backward: bool) -> Sql {
    let columns = Model::columns("p");
    let (compare, direction) = if backward { (">", "ASC") } else { ("<", "DESC") };
    let walk = |[buyer, date, id]: [&str; 3]| {
        let select = format!("SELECT id FROM processes WHERE buyer_id = {buyer}");
        // The key's row takes away the part of its own kind, and the whole of the part passed before.
        let (dated, undated) = if backward {
            (format!("{date} IS NULL OR"), format!("{date} IS NULL AND"))
        } else {
            (format!("{date} IS NOT NULL AND"), format!("{date} IS NOT NULL OR"))
        };
        let dated = format!(
            "{select} AND date IS NOT NULL AND ({id} IS NULL OR ({dated} (date, id) {compare} ({date}, {id}))) \
             ORDER BY date {direction}, id {direction} LIMIT $2"
        );
        let undated = format!(
            "{select} AND date IS NULL AND ({id} IS NULL OR ({undated} id {compare} {id})) \
             ORDER BY id {direction} LIMIT $2"
        );
        if backward { [undated, dated] } else { [dated, undated] }
    };
    // SQLite has no LATERAL: a correlated IN with its own LIMIT walks the index the same way.
    let [first, second] = walk(["k.value ->> 0", "k.value ->> 1", "k.value ->> 2"]).map(|ids| {
        format!("SELECT k.key, {columns} FROM json_each($1) k CROSS JOIN processes p WHERE p.id IN ({ids})")
    });
    let sqlite = format!("{first} UNION ALL {second}");
    let [first, second] = walk(["k.buyer", "k.date", "k.id"]);
    let postgres = format!(
        "SELECT k.index, {columns} FROM ( \
           SELECT n - 1 AS index, (e ->> 0)::bigint AS buyer, to_timestamp((e ->> 1)::numeric / 1000) AS date, \
             (e ->> 2)::bigint AS id \
           FROM jsonb_array_elements($1::text::jsonb) WITH ORDINALITY AS a (e, n)) k \
         CROSS JOIN LATERAL (({first}) UNION ALL ({second}) LIMIT $2) f JOIN processes p ON p.id = f.id"
    );
    Sql::new(postgres, sqlite)
}

/// `[[buyer, date in milliseconds or null, id or null], …]`.
fn buyer_pages_value(pages: &[&BuyerPage]) -> Value {
    let row = |page: &&BuyerPage| {
        let millis = page.from.and_then(|(date, _)| date).map(|date| date.timestamp_millis());
        (page.buyer, millis, page.from.map(|(_, id)| id))
    };
    serde_json::to_string(&pages.iter().map(row).collect::<Vec<_>>()).unwrap_or_default().into()
}

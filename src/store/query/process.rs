//! Contracting processes: by id, by ocid, in lists of all of them.

use std::sync::LazyLock;

use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{
    collection::{By, Collected, VALUE, words_key},
    filter::{Filtered, Term, begins, between, found_in, named_by, one_of, tendered_by, worth},
    keys::{self, Sql},
};
use crate::store::{
    Database, StoreError,
    entity::{process::Model, process_details},
    page::SortKey,
    row::Row,
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

fn select_from(table: &str) -> String {
    format!("SELECT {} FROM {table} t", Model::columns("t"))
}

//! Contracting processes: by ocid, in lists of all of them.

use std::sync::LazyLock;

use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{
    collection::{By, Collection, VALUE, words_key},
    filter::{Term, begins, between, found_in, named_by, one_of, tendered_by, worth},
    keys::{self, Sql},
};
use crate::store::{
    Database, StoreError,
    entity::process::Model,
    page::SortKey,
    row::{Record, Row},
};

/// The list of all contracting processes.
pub const COLLECTION: &Collection = &Collection { table: Model::TABLE, term, column, key };

#[expect(clippy::unnecessary_wraps, reason = "a function of every collection, and others have none for some")]
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

#[expect(clippy::unnecessary_wraps, reason = "a function of every collection, and others have none for some")]
fn column(by: By) -> Option<(&'static str, bool)> {
    Some(match by {
        By::Date => ("date", true),
        By::Amount => ("value_amount", false),
        By::Title => ("title_key", true),
        By::Bids => ("bid_count", false),
        By::Ocid => ("ocid", false),
    })
}

fn key(row: &Row, by: By) -> SortKey {
    let Some(row) = Model::from_row(row.clone()) else { return SortKey::Count(0) };
    match by {
        By::Date => SortKey::Time(row.date()),
        By::Amount => SortKey::Amount(row.value_amount()),
        By::Title => words_key(row.title()),
        By::Bids => SortKey::Count(row.bid_count().into()),
        By::Ocid => SortKey::Text(Some(row.ocid().to_owned())),
    }
}

/// The processes with these ocids, one per dataset that has it, in the order of their ids. One statement.
pub async fn by_ocids(database: &Database, ocids: &[String]) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        let columns = Model::TABLE.select_list("t");
        Sql::where_in(&format!("SELECT {columns} FROM processes t"), "t.ocid")
    });
    let backend = database.backend();
    let rows = database.rows(Model::TABLE, SQL.on(backend), [keys::texts(backend, ocids)]).await?;
    let mut rows: Vec<Model> = rows.into_iter().filter_map(Model::from_row).collect();
    rows.sort_unstable_by_key(Model::id);
    Ok(rows)
}

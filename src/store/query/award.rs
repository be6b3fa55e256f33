//! Awards: in lists of all of them.

use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait},
};

use super::{
    collection::{By, Collection, own, words_key},
    filter::{Term, named_by},
};
use crate::store::{
    entity::award::Model,
    page::SortKey,
    row::{Record, Row},
};

/// The list of all awards.
pub const COLLECTION: &Collection = &Collection { table: Model::TABLE, term, column, key };

fn term(term: &Term, backend: DbBackend) -> Option<Expr> {
    match term {
        Term::Supplier(ids) => {
            Some(Expr::col("id").in_subquery(named_by("award_id", "award_suppliers", ids)))
        }
        term => own(term, "date", backend),
    }
}

fn column(by: By) -> Option<(&'static str, bool)> {
    match by {
        By::Date => Some(("date", true)),
        By::Amount => Some(("value_amount", false)),
        By::Title => Some(("title_key", true)),
        By::Bids | By::Ocid => None,
    }
}

fn key(row: &Row, by: By) -> SortKey {
    let Some(row) = Model::from_row(row.clone()) else { return SortKey::Count(0) };
    match by {
        By::Amount => SortKey::Amount(row.value_amount()),
        By::Title => words_key(row.title()),
        _ => SortKey::Time(row.date()),
    }
}

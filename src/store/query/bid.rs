//! Bids: in lists of all of them.

use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait},
};

use super::{
    collection::{By, Collection, own},
    filter::{Term, named_by},
};
use crate::store::{
    entity::bid::Model,
    page::SortKey,
    row::{Record, Row},
};

/// The list of all bids.
pub const COLLECTION: &Collection = &Collection { table: Model::TABLE, term, column, key };

fn term(term: &Term, backend: DbBackend) -> Option<Expr> {
    match term {
        Term::Tenderer(ids) => Some(Expr::col("id").in_subquery(named_by("bid_id", "bid_tenderers", ids))),
        term => own(term, "date", backend),
    }
}

fn column(by: By) -> Option<(&'static str, bool)> {
    match by {
        By::Date => Some(("date", true)),
        By::Amount => Some(("value_amount", false)),
        By::Title | By::Bids | By::Ocid => None,
    }
}

fn key(row: &Row, by: By) -> SortKey {
    let Some(row) = Model::from_row(row.clone()) else { return SortKey::Count(0) };
    match by {
        By::Amount => SortKey::Amount(row.value_amount()),
        _ => SortKey::Time(row.date()),
    }
}

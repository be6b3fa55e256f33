//! Items: in lists of all of them.

use sea_orm::{DbBackend, sea_query::Expr};

use super::{
    collection::{By, Collection, words_key},
    filter::{Term, begins, between, found_in, one_of, worth},
};
use crate::store::{
    entity::item::Model,
    page::SortKey,
    row::{Record, Row},
};

/// The list of all items.
pub const COLLECTION: &Collection = &Collection { table: Model::TABLE, term, column, key };

fn term(term: &Term, backend: DbBackend) -> Option<Expr> {
    Some(match term {
        Term::Search(search) => found_in("item_search", "item_id", search, backend),
        Term::Dataset(ids) => one_of("dataset_id", ids),
        Term::Classification(prefix) => begins("classification_id", prefix),
        Term::Amount(range) => worth(["unit_value_amount", "unit_value_currency"], range, backend),
        Term::Date(range) => between("date", range, backend),
        _ => return None,
    })
}

fn column(by: By) -> Option<(&'static str, bool)> {
    match by {
        By::Date => Some(("date", true)),
        By::Amount => Some(("unit_value_amount", false)),
        By::Title => Some(("description_key", true)),
        By::Bids | By::Ocid => None,
    }
}

fn key(row: &Row, by: By) -> SortKey {
    let Some(row) = Model::from_row(row.clone()) else { return SortKey::Count(0) };
    match by {
        By::Amount => SortKey::Amount(row.unit_value_amount()),
        By::Title => words_key(row.description()),
        _ => SortKey::Time(row.date()),
    }
}

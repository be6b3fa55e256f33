//! Items: in lists of all of them.

use sea_orm::{DbBackend, sea_query::Expr};

use super::{
    collection::{By, Collected, words_key},
    filter::{Filtered, Term, begins, between, found_in, one_of, worth},
};
use crate::store::{entity::item::Model, page::SortKey};

impl Filtered for Model {
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
}

impl Collected for Model {
    const TABLE: &'static str = "items";

    fn column(by: By) -> Option<(&'static str, bool)> {
        match by {
            By::Date => Some(("date", true)),
            By::Amount => Some(("unit_value_amount", false)),
            By::Title => Some(("description_key", true)),
            By::Bids | By::Ocid => None,
        }
    }

    fn key(&self, by: By) -> SortKey {
        match by {
            By::Amount => SortKey::Amount(self.unit_value_amount),
            By::Title => words_key(self.description.as_ref()),
            _ => SortKey::Time(self.date),
        }
    }

    fn id(&self) -> i64 {
        self.id
    }
}

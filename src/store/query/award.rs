//! Awards: in lists of all of them.

use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait},
};

use super::{
    collection::{By, Collected, own, words_key},
    filter::{Filtered, Term, named_by},
};
use crate::store::{entity::award::Model, page::SortKey};

impl Filtered for Model {
    fn term(term: &Term, backend: DbBackend) -> Option<Expr> {
        match term {
            Term::Supplier(ids) => {
                Some(Expr::col("id").in_subquery(named_by("award_id", "award_suppliers", ids)))
            }
            term => own(term, "date", backend),
        }
    }
}

impl Collected for Model {
    const TABLE: &'static str = "awards";

    fn column(by: By) -> Option<(&'static str, bool)> {
        match by {
            By::Date => Some(("date", true)),
            By::Amount => Some(("value_amount", false)),
            By::Title => Some(("title_key", true)),
            By::Bids | By::Ocid => None,
        }
    }

    fn key(&self, by: By) -> SortKey {
        match by {
            By::Amount => SortKey::Amount(self.value_amount),
            By::Title => words_key(self.title.as_ref()),
            _ => SortKey::Time(self.date),
        }
    }

    fn id(&self) -> i64 {
        self.id
    }
}

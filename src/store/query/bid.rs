//! Bids: in lists of all of them.

use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait},
};

use super::{
    collection::{By, Collected, VALUE},
    filter::{Filtered, Term, between, named_by, one_of, worth},
};
use crate::store::{entity::bid::Model, page::SortKey};

impl Filtered for Model {
    fn term(term: &Term, backend: DbBackend) -> Option<Expr> {
        Some(match term {
            Term::Dataset(ids) => one_of("dataset_id", ids),
            Term::Tenderer(ids) => Expr::col("id").in_subquery(named_by("bid_id", "bid_tenderers", ids)),
            Term::Status(codes) => one_of("status", codes),
            Term::Amount(range) => worth(VALUE, range, backend),
            Term::Date(range) => between("date", range, backend),
            _ => return None,
        })
    }
}

impl Collected for Model {
    const TABLE: &'static str = "bids";

    fn column(by: By) -> Option<(&'static str, bool)> {
        match by {
            By::Date => Some(("date", true)),
            By::Amount => Some(("value_amount", false)),
            By::Title | By::Bids | By::Ocid => None,
        }
    }

    fn key(&self, by: By) -> SortKey {
        match by {
            By::Amount => SortKey::Amount(self.value_amount),
            _ => SortKey::Time(self.date),
        }
    }

    fn id(&self) -> i64 {
        self.id
    }
}

//! Organisations: in lists of all of them.

use sea_orm::{DbBackend, sea_query::Expr};

use super::{
    collection::{By, Collection, words_key},
    filter::{Term, constant, matches, one_of},
};
use crate::store::{
    entity::organization::Model,
    page::SortKey,
    row::{Record, Row},
    words::Search,
};

/// The list of all organisations.
pub const COLLECTION: &Collection = &Collection { table: Model::TABLE, term, column, key };

/// Organisations are asked for by their words and their dataset only: nothing else is true of them.
#[expect(clippy::unnecessary_wraps, reason = "a function of every collection, and others have none for some")]
fn term(term: &Term, backend: DbBackend) -> Option<Expr> {
    Some(match term {
        Term::Dataset(ids) => one_of("dataset_id", ids),
        Term::Search(search) => organization_words(search, backend),
        _ => constant(false),
    })
}

fn column(by: By) -> Option<(&'static str, bool)> {
    (by == By::Title).then_some(("name_key", true))
}

fn key(row: &Row, _by: By) -> SortKey {
    let Some(row) = Model::from_row(row.clone()) else { return SortKey::Count(0) };
    words_key(row.name())
}

fn organization_words(search: &Search, backend: DbBackend) -> Expr {
    match backend {
        _ if search.is_empty() => constant(true),
        DbBackend::Sqlite => Expr::cust_with_values(
            "id IN (SELECT rowid FROM organizations_words WHERE organizations_words MATCH ?)",
            [search.fts5()],
        ),
        _ => matches(search),
    }
}

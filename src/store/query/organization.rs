//! Organisations: by id, in lists of all of them.

use std::sync::LazyLock;

use sea_orm::{DbBackend, sea_query::Expr};

use super::{
    collection::{By, Collected, words_key},
    filter::{Filtered, Term, constant, matches, one_of},
    keys::{self, Sql},
};
use crate::store::{
    Database, StoreError, entity::organization::Model, page::SortKey, row::Row, words::Search,
};

impl Filtered for Model {
    /// Organisations are asked for by their words and their dataset only: nothing else is true of them.
    fn term(term: &Term, backend: DbBackend) -> Option<Expr> {
        Some(match term {
            Term::Dataset(ids) => one_of("dataset_id", ids),
            Term::Search(search) => organization_words(search, backend),
            _ => constant(false),
        })
    }
}

impl Collected for Model {
    const TABLE: &'static str = "organizations";

    fn column(by: By) -> Option<(&'static str, bool)> {
        (by == By::Title).then_some(("name_key", true))
    }

    fn key(&self, _by: By) -> SortKey {
        words_key(self.name.as_ref())
    }

    fn id(&self) -> i64 {
        self.id
    }
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

/// The organisations with these ids, in no order. One statement.
pub async fn by_ids(database: &Database, ids: &[i64]) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        Sql::where_in(&format!("SELECT {} FROM organizations t", Model::columns("t")), "t.id")
    });
    database.rows(SQL.on(database.backend()), [keys::value(database.backend(), ids)]).await
}

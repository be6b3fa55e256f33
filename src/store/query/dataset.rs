//! Datasets: few, so they are read whole.

use std::sync::LazyLock;

use super::keys::{self, Sql};
use crate::store::{Database, StoreError, entity::dataset::Model, row::Row};

/// All datasets, by name.
pub async fn all(database: &Database) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| format!("{} ORDER BY t.name", select()));
    database.rows(&SQL, []).await
}

/// The datasets with these ids, in no order. One statement.
pub async fn by_ids(database: &Database, ids: &[i64]) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| Sql::where_in(&select(), "t.id"));
    database.rows(SQL.on(database.backend()), [keys::value(database.backend(), ids)]).await
}

fn select() -> String {
    format!("SELECT {} FROM datasets t", Model::columns("t"))
}

//! Datasets: few, so they are read whole.

use std::sync::LazyLock;

use crate::store::{Database, StoreError, entity::dataset::Model, row::Record};

/// All datasets, by name.
pub async fn all(database: &Database) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {} FROM datasets t ORDER BY t.name", Model::TABLE.select_list("t")));
    let rows = database.rows(Model::TABLE, &SQL, []).await?;
    Ok(rows.into_iter().filter_map(Model::from_row).collect())
}

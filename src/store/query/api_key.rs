//! API keys: few, so they are read whole.

use std::sync::LazyLock;

use crate::store::{Database, StoreError, entity::api_key::Model};

/// All keys, the oldest first.
pub async fn all(database: &Database) -> Result<Vec<Model>, StoreError> {
    let sql = format!("{} ORDER BY t.created, t.id", select());
    database.fetch(&sql, [], Model::read).await
}

/// The keys that were not revoked, in no order.
pub async fn valid(database: &Database) -> Result<Vec<Model>, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| format!("{} WHERE t.revoked IS NULL", select()));
    database.fetch(&SQL, [], Model::read).await
}

fn select() -> String {
    format!("SELECT {} FROM api_keys t", Model::COLUMNS)
}

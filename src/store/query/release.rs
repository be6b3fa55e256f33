//! Releases as published.

use std::sync::LazyLock;

use super::keys::{self, Sql};
use crate::store::{Database, StoreError};

/// The JSON of these releases, by id, in no order. One statement.
pub async fn bodies(database: &Database, ids: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
    static SQL: LazyLock<Sql> =
        LazyLock::new(|| Sql::where_in("SELECT t.id, t.body FROM releases t", "t.id"));
    let values = [keys::value(database.backend(), ids)];
    let rows: Vec<(i64, Vec<u8>)> = database
        .fetch(SQL.on(database.backend()), values, |cells| Ok((cells.take()?, cells.take()?)))
        .await?;
    rows.into_iter().map(|(id, body)| decompress(&body).map(|json| (id, json))).collect()
}

/// The JSON of a compressed release.
pub(in crate::store) fn decompress(body: &[u8]) -> Result<String, StoreError> {
    let corrupt = |error: &dyn std::fmt::Display| StoreError::Corrupt(format!("a stored release: {error}"));
    let json = zstd::stream::decode_all(body).map_err(|error| corrupt(&error))?;
    String::from_utf8(json).map_err(|error| corrupt(&error))
}

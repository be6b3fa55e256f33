//! API keys: issued, used, revoked. None of it is told in the change log, which is about what was published.

use chrono::Utc;

use super::transaction::{Connection, Transaction};
use crate::{
    ocds::model::Time,
    store::{Database, StoreError, entity::api_key::Model},
};

/// Adds a key.
pub async fn add(database: &Database, key: &Model) -> Result<(), StoreError> {
    const ADD: &str = "INSERT INTO api_keys (id, name, digest, scope, plan, created, last_used, revoked) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let mut transaction = Transaction::begin(database).await?;
    let timing = transaction.timing(ADD);
    let added = match transaction.connection()? {
        Connection::Postgres(connection) => {
            let query = sqlx::query(ADD).bind(&key.id).bind(&key.name).bind(&key.digest).bind(&key.scope);
            let query = query.bind(&key.plan).bind(key.created).bind(key.last_used).bind(key.revoked);
            query.execute(&mut *connection).await.map(drop)
        }
        Connection::Sqlite(connection) => {
            let millis = |time: Time| time.timestamp_millis();
            let query = sqlx::query(ADD).bind(&key.id).bind(&key.name).bind(&key.digest).bind(&key.scope);
            let query = query.bind(&key.plan).bind(millis(key.created));
            let query = query.bind(key.last_used.map(millis)).bind(key.revoked.map(millis));
            query.execute(&mut *connection).await.map(drop)
        }
    };
    transaction.told(timing, added)?;
    transaction.commit(Utc::now(), &[]).await
}

/// Revokes a key from a moment on. False when there is none with this id, or it was revoked before.
pub async fn revoke(database: &Database, id: &str, at: Time) -> Result<bool, StoreError> {
    const REVOKE: &str = "UPDATE api_keys SET revoked = $2 WHERE id = $1 AND revoked IS NULL";
    let mut transaction = Transaction::begin(database).await?;
    let timing = transaction.timing(REVOKE);
    let revoked = match transaction.connection()? {
        Connection::Postgres(connection) => {
            let done = sqlx::query(REVOKE).bind(id).bind(at).execute(&mut *connection).await;
            done.map(|done| done.rows_affected())
        }
        Connection::Sqlite(connection) => {
            let query = sqlx::query(REVOKE).bind(id).bind(at.timestamp_millis());
            query.execute(&mut *connection).await.map(|done| done.rows_affected())
        }
    };
    let revoked = transaction.told(timing, revoked)?;
    transaction.commit(at, &[]).await?;
    Ok(revoked > 0)
}

/// Notes when these keys were used; where a later use is known, that stays. One statement.
pub async fn used(database: &Database, uses: &[(String, Time)]) -> Result<(), StoreError> {
    const USED: &str = "UPDATE api_keys SET last_used = used.at \
         FROM unnest($1::text[], $2::timestamptz[]) AS used (id, at) \
         WHERE api_keys.id = used.id AND (last_used IS NULL OR last_used < used.at)";
    const USED_SQLITE: &str = "UPDATE api_keys SET last_used = used.value \
         FROM json_each($1) AS used \
         WHERE api_keys.id = used.key AND (last_used IS NULL OR last_used < used.value)";
    let mut transaction = Transaction::begin(database).await?;
    let timing = transaction.timing(USED);
    let noted = match transaction.connection()? {
        Connection::Postgres(connection) => {
            let (ids, times): (Vec<&str>, Vec<Time>) = uses.iter().map(|(id, at)| (id.as_str(), *at)).unzip();
            sqlx::query(USED).bind(ids).bind(times).execute(&mut *connection).await.map(drop)
        }
        Connection::Sqlite(connection) => {
            let millis = uses.iter().map(|(id, at)| (id.clone(), at.timestamp_millis().into()));
            let millis = serde_json::Value::Object(millis.collect()).to_string();
            sqlx::query(USED_SQLITE).bind(millis).execute(&mut *connection).await.map(drop)
        }
    };
    transaction.told(timing, noted)?;
    transaction.commit(Utc::now(), &[]).await
}

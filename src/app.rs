//! The composition root: builds every component from the settings, in one place.

use crate::{
    config::Config,
    store::{Database, Options, StoreError, migrate},
};

/// Connects to the database of the settings.
pub async fn connect(config: &Config) -> Result<Database, StoreError> {
    let settings = &config.database;
    Database::connect(&Options {
        url: settings.url.expose().into(),
        max_connections: settings.max_connections,
        acquire_timeout: settings.acquire_timeout(),
        statement_timeout: settings.statement_timeout(),
    })
    .await
}

/// Connects and brings the tables up to date.
pub async fn connect_migrated(config: &Config) -> Result<Database, StoreError> {
    let database = connect(config).await?;
    migrate::run(&database).await?;
    Ok(database)
}

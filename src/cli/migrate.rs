//! `farol migrate`: the tables, brought up to date.

use clap::Args;

use super::{CliError, ExitStatus, print};
use crate::{app, config::Config, store::migrate};

/// Create the database's tables or bring them up to date
///
/// Runs the migrations that are missing, under a lock, so that several servers may start at once.
/// `farol serve` does the same; run this first where the server's user may not create tables.
#[derive(Args, Debug)]
#[command(after_long_help = "Example:\n\
    \x20 farol migrate --database-url postgres://owner@db/farol")]
pub struct MigrateArgs {}

/// Migrates, and prints what was done.
pub async fn run(_: &MigrateArgs, config: &Config) -> Result<ExitStatus, CliError> {
    let database = app::connect(config).await?;
    let (before, after) = migrate::run(&database).await?;
    database.close().await;
    print(&match (before.applied, after.applied) {
        (before, after) if before == after => format!("schema version {after}: up to date\n"),
        (before, after) => format!("schema version {before} → {after}\n"),
    })?;
    Ok(ExitStatus::Done)
}

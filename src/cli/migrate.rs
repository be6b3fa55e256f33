//! `farol migrate`: the tables, brought up to date.

use clap::Args;

/// Create the database's tables or bring them up to date
///
/// Runs the migrations that are missing, under a lock, so that several servers may start at once.
/// `farol serve` does the same; run this first where the server's user may not create tables.
#[derive(Args, Debug)]
#[command(after_long_help = "Example:\n\
    \x20 farol migrate --database-url postgres://owner@db/farol")]
pub struct MigrateArgs {}

//! `farol serve`: the server.

use clap::Args;

use super::{CliError, ExitStatus, print};
use crate::{app, config::Config, lifecycle, store::query};

/// Serve the GraphQL API
///
/// Opens the database (an SQLite file by default, created when absent), brings its tables up to
/// date and listens on http.listen. SIGTERM and Ctrl-C let requests under way finish, then exit.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n\
    \x20 farol serve --demo                     try it: 5,000 synthetic processes, nothing to install\n\
    \x20 farol serve --listen 0.0.0.0:8080\n\
    \x20 FAROL_DATABASE_URL=postgres://farol@db/farol farol serve")]
pub struct ServeArgs {
    /// Fill an empty database with 5,000 synthetic processes first; one that holds data is left alone
    #[arg(long)]
    pub demo: bool,
}

/// Serves until a signal says to stop.
pub async fn run(args: &ServeArgs, config: &Config) -> Result<ExitStatus, CliError> {
    let shutdown = lifecycle::shutdown_on_signal().map_err(CliError::Signals)?;
    let database = app::connect_migrated(config).await?;
    let empty = query::dataset::all(&database).await?.is_empty();
    let server = app::server(config, &database).await?;
    let address = server.local_addr();
    print(&format!("GraphiQL  http://{address}/\nendpoint  http://{address}/graphql\n"))?;
    if empty && !args.demo {
        print(
            "the database is empty: farol import FILE brings data in, farol serve --demo shows made-up data\n",
        )?;
    }
    server.run(shutdown).await;
    database.close().await;
    Ok(ExitStatus::Done)
}

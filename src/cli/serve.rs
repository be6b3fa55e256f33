//! `farol serve`: the server.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use clap::Args;

use super::{CliError, ExitStatus, print, rebuild::to_rebuild};
use crate::{
    app::{self, App},
    config::Config,
    import::{self, Input, Options, Report},
    lifecycle::{self, Drained},
    store::{Database, entity::dataset, query},
};

/// The dataset that `--demo` fills.
const DEMO_DATASET: &str = "demo";
/// How many processes it gets.
const DEMO_PROCESSES: u64 = 5000;
/// The seed of the demo: always the same data.
const DEMO_SEED: u64 = 1;
/// How long the database has at the end. One that does not answer, or holds a statement up, is left as it is.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

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
    let datasets = query::dataset::all(&database).await?;
    if args.demo && datasets.iter().all(is_unfinished_demo) {
        print("filling the database with made-up data …\n")?;
        let filled = shutdown.run_until_cancelled(fill(&database, config)).await;
        if filled.transpose()?.is_none() {
            close(database).await;
            return Ok(ExitStatus::Done);
        }
    }
    if let Some(warning) = to_rebuild(&database).await? {
        tracing::warn!("{warning}");
    }
    let mut config = config.clone();
    // Whoever tries it out is to meet the API, and not its limits.
    config.rate_limit.enabled &= !args.demo;
    let server = App::build(&config, &database).await?;
    let address = server.local_addr();
    let scheme = if config.http.tls().is_some() { "https" } else { "http" };
    print(&format!("GraphiQL  {scheme}://{address}/\nendpoint  {scheme}://{address}/graphql\n"))?;
    if let Some(address) = server.operations_addr() {
        print(&format!("metrics   http://{address}/metrics\n"))?;
    }
    if datasets.is_empty() && !args.demo {
        print(
            "the database is empty: farol import FILE brings data in, farol serve --demo shows made-up data\n",
        )?;
    }
    if let Drained::Cut(tasks) = server.run(shutdown).await {
        tracing::warn!(
            tasks,
            "connections and requests were cut, for they had not ended in time (http.drain_ms)"
        );
    }
    close(database).await;
    Ok(ExitStatus::Done)
}

/// Closes the database, as far as it lets itself be closed in time.
async fn close(database: Database) {
    if tokio::time::timeout(CLOSE_TIMEOUT, database.close()).await.is_err() {
        let seconds = CLOSE_TIMEOUT.as_secs();
        tracing::warn!(seconds, "the database could not be closed in time; statements may still run in it");
    }
}

/// Whether a dataset is what a demo left that was stopped while it was filled. No dataset at all counts too,
/// since there is none that says otherwise; filling again adds only what is missing.
fn is_unfinished_demo(dataset: &dataset::Model) -> bool {
    dataset.name() == DEMO_DATASET && dataset.processes() < DEMO_PROCESSES.cast_signed()
}

/// Imports generated data, by the path that real files take.
async fn fill(database: &Database, config: &Config) -> Result<(), CliError> {
    let input = Input::Generated { processes: DEMO_PROCESSES, seed: DEMO_SEED };
    let options = Options {
        dataset: DEMO_DATASET.to_owned(),
        batch_processes: config.import.batch_processes,
        workers: config.import.worker_threads(),
        bytes_read: Arc::new(AtomicU64::new(0)),
    };
    let summary = import::run(database, vec![input], &options, &mut Report::new(None)).await?;
    tracing::info!(
        processes = summary.processes,
        seconds = summary.elapsed.as_secs_f64(),
        "demo data generated"
    );
    Ok(())
}

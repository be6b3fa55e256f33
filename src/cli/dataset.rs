//! `farol dataset`: what the database holds, publisher by publisher.

use clap::{Args, Subcommand};

use super::{CliError, ExitStatus, print};
use crate::{
    app,
    config::Config,
    import,
    store::{Database, entity::dataset, query},
};

/// List or remove datasets
///
/// A dataset is what one publisher's files were imported into, with its licence and attribution.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n\
    \x20 farol dataset list\n\
    \x20 farol dataset remove paraguay")]
pub struct DatasetArgs {
    /// What to do
    #[command(subcommand)]
    pub action: DatasetAction,
}

/// What to do with datasets.
#[derive(Debug, Subcommand)]
pub enum DatasetAction {
    /// List the datasets: name, publisher, licence, processes, date range, last import
    List,
    /// Remove a dataset with everything imported into it; subscribers see its processes removed
    Remove {
        /// The dataset's name, as `farol dataset list` shows it
        name: String,
    },
}

/// Lists datasets, or removes one.
pub async fn run(args: &DatasetArgs, config: &Config) -> Result<ExitStatus, CliError> {
    let database = app::connect_migrated(config).await?;
    let datasets = query::dataset::all(&database).await?;
    let text = match &args.action {
        DatasetAction::List if datasets.is_empty() => {
            "no datasets; begin with: farol import FILE\n".to_owned()
        }
        DatasetAction::List => datasets.iter().map(describe).collect(),
        DatasetAction::Remove { name } => remove(&database, name, &datasets).await?,
    };
    database.close().await;
    print(&text)?;
    Ok(ExitStatus::Done)
}

async fn remove(database: &Database, name: &str, datasets: &[dataset::Model]) -> Result<String, CliError> {
    if datasets.iter().all(|dataset| dataset.name() != name) {
        let known = datasets.iter().map(|dataset| dataset.name().to_owned()).collect();
        return Err(CliError::UnknownDataset { name: name.to_owned(), known });
    }
    let removed = import::remove(database, name).await?;
    Ok(format!("{name}: {removed} processes removed\n"))
}

fn describe(dataset: &dataset::Model) -> String {
    let day = |time: Option<crate::ocds::model::Time>| {
        time.map_or_else(|| "unknown".to_owned(), |time| time.format("%Y-%m-%d").to_string())
    };
    let row = |name: &str, value: &str| format!("  {name:<14} {value}\n");
    let publisher = [dataset.publisher_name(), dataset.publisher_uri()];
    let publisher: Vec<&str> = publisher.into_iter().flatten().collect();
    [
        format!("{}\n", dataset.name()),
        row("publisher", &publisher.join(" ")),
        row("licence", dataset.license().unwrap_or("not stated")),
        row("policy", dataset.publication_policy().unwrap_or("not stated")),
        row("releases from", &format!("{} to {}", day(dataset.first_date()), day(dataset.last_date()))),
        row("processes", &dataset.processes().to_string()),
        row("bids", &dataset.bids().to_string()),
        row("awards", &dataset.awards().to_string()),
        row("contracts", &dataset.contracts().to_string()),
        row("organisations", &dataset.organizations().to_string()),
        row("last import", &dataset.last_import().map_or_else(String::new, |time| time.to_rfc3339())),
    ]
    .concat()
}

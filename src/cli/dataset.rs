//! `farol dataset`: what the database holds, publisher by publisher.

use clap::{Args, Subcommand};

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

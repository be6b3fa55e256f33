//! The command line: one file per subcommand, one `run` in each.
//!
//! What must stay true: `main` and the subcommands agree on three exit codes, and nothing else
//! decides one. 0 is done; 1 is done, with some input refused; 2 is a mistake in usage or in the
//! environment (clap exits with 2 by itself for what it cannot parse, and 0 after `--help`).

pub mod dataset;
pub mod doctor;
pub mod generate;
pub mod import;
pub mod key;
pub mod migrate;
pub mod rebuild;
pub mod schema;
pub mod serve;

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{
    app::ServeError,
    auth::NoRandomness,
    config::{ConfigError, Flags, Loaded},
    import::{ImportError, SourceError},
    store::StoreError,
    telemetry::logs::LogError,
};

/// What a person typed.
#[derive(Parser)]
#[command(
    name = "farol",
    version,
    about = "A GraphQL API server for public contracting data (OCDS)",
    after_help = "Exit codes: 0 done, 1 some input was refused, 2 usage or environment.\n\
                  Every setting is a flag too: see --help, or farol.example.toml."
)]
pub struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

/// The subcommands, in the order a newcomer meets them.
#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Import(import::ImportArgs),
    Generate(generate::GenerateArgs),
    Migrate(migrate::MigrateArgs),
    Schema(schema::SchemaArgs),
    Dataset(dataset::DatasetArgs),
    Key(key::KeyArgs),
    Rebuild(rebuild::RebuildArgs),
    Doctor(doctor::DoctorArgs),
}

/// How a subcommand that ran to its end went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything was done.
    Done,
    /// The work was done, but some of the input was refused; the report says which.
    Refused,
}

/// Why a subcommand could not do its work: exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A path to import cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file cannot be written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The import could not go on.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A dataset that is not there.
    #[error("there is no dataset {name:?}; there are: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") })]
    UnknownDataset {
        /// The name as given.
        name: String,
        /// Those that exist.
        known: Vec<String>,
    },
    /// An API key that is not there, or was revoked before.
    #[error("there is no valid API key {id:?}; farol key list shows all of them with their ids")]
    UnknownKey {
        /// The id as given.
        id: String,
    },
    /// An API key cannot be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// A plan that the settings do not have.
    #[error("there is no plan {name:?} in the settings (rate_limit.plans); there are: {}", known.join(", "))]
    UnknownPlan {
        /// The name as given.
        name: String,
        /// Those that exist.
        known: Vec<String>,
    },
    /// The logs cannot be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The server could not be built.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Signals cannot be caught.
    #[error("signals cannot be caught: {0}")]
    Signals(io::Error),
    /// The runtime did not start.
    #[error("the asynchronous runtime cannot start: {0}")]
    Runtime(io::Error),
    /// The answer could not be written.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl Cli {
    /// The settings on this command line.
    pub fn flags(&self) -> &Flags {
        &self.flags
    }

    /// Reads the settings: the file, the process's variables and this command line.
    pub fn load(&self) -> Result<Loaded, CliError> {
        let environment = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
        Ok(Loaded::load(&self.flags, environment)?)
    }

    /// Runs the subcommand.
    pub fn run(self, loaded: &Loaded) -> Result<ExitStatus, CliError> {
        let config = &loaded.config;
        match self.command {
            Command::Serve(args) => block_on(serve::run(&args, config)),
            Command::Import(args) => block_on(import::run(&args, config)),
            Command::Generate(args) => generate::run(&args),
            Command::Migrate(args) => block_on(migrate::run(&args, config)),
            Command::Schema(args) => schema::run(&args),
            Command::Dataset(args) => block_on(dataset::run(&args, config)),
            Command::Key(args) => block_on(key::run(&args, config)),
            Command::Rebuild(args) => block_on(rebuild::run(&args, config)),
            Command::Doctor(args) => block_on(doctor::run(&args, loaded)),
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Done => Self::SUCCESS,
            ExitStatus::Refused => Self::from(1),
        }
    }
}

impl CliError {
    /// The exit code of every subcommand that could not do its work.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(2)
    }
}

/// Runs an asynchronous subcommand to its end.
fn block_on(run: impl Future<Output = Result<ExitStatus, CliError>>) -> Result<ExitStatus, CliError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    runtime.block_on(run)
}

/// Writes an answer to standard output. A reader that has seen enough (`farol schema | head`) is
/// no error.
fn print(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}

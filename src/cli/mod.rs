//! The command line: one file per subcommand, one `run` in each.
//!
//! What must stay true: `main` and the subcommands agree on three exit codes, and nothing else
//! decides one. 0 is done; 1 is done, with some input refused; 2 is a mistake in usage or in the
//! environment (clap exits with 2 by itself for what it cannot parse, and 0 after `--help`).

pub mod dataset;
pub mod doctor;
pub mod generate;
pub mod import;
pub mod migrate;
pub mod rebuild;
pub mod schema;
pub mod serve;

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::config::{ConfigError, Flags, Loaded};

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
    Schema(schema::SchemaArgs),
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
        match self.command {
            Command::Schema(args) => schema::run(&args),
            Command::Doctor(args) => doctor::run(&args, loaded),
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

/// Writes an answer to standard output. A reader that has seen enough (`farol schema | head`) is
/// no error.
fn print(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}

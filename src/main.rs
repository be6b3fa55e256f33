//! The `farol` program: parse, read the settings, start the logs, dispatch, exit code.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use farol::{
    app,
    cli::{Cli, CliError, ExitStatus},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(status) => status.into(),
        Err(error) => {
            // Nothing is to be done where nobody reads it.
            let _ = writeln!(io::stderr(), "farol: {error}");
            error.exit_code()
        }
    }
}

fn run(cli: Cli) -> Result<ExitStatus, CliError> {
    let loaded = cli.load()?;
    // Dropped last, also on failure: then what is left of traces and log lines is sent.
    let _logs = app::start_logs(&loaded.config)?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    cli.run(&loaded)
}

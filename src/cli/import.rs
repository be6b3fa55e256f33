//! `farol import`: OCDS files into the database.

use std::path::PathBuf;

use clap::Args;

/// Import OCDS files
///
/// Reads release packages, record packages, bare releases and JSON Lines, gzipped or not. Input
/// that cannot be read costs its own line or file, never the run: it is reported, and the exit
/// code is 1. Importing a file again changes nothing; an import that was killed is simply run again.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n\
    \x20 farol import assam.jsonl.gz\n\
    \x20 farol import --dataset paraguay --report issues.jsonl downloads/\n\
    \x20 curl https://publisher.example/all.jsonl | farol import --dataset publisher -")]
pub struct ImportArgs {
    /// Files, directories (their files, recursively), or - for standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The dataset that the processes belong to; taken from the file's name when absent
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// Write every issue to FILE as JSON Lines: file, offset or line, and what was wrong
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

//! Settings and command line.

mod command_line;
mod layers;
mod refusals;
mod secrets;

use clap::Parser;
use farol::{
    cli::Cli,
    config::{ConfigError, Loaded},
};

/// Loads the settings that a command line and an environment give. The directory of the tests has
/// no `farol.toml`: a test that wants a file names it with `--config`.
fn load(args: &[&str], environment: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let args = ["farol"].iter().chain(args).chain(&["doctor"]);
    let cli = Cli::try_parse_from(args).unwrap_or_else(|error| panic!("{error}"));
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Loaded::load(cli.flags(), environment.iter().map(owned))
}

/// What a refusal says.
fn refusal(args: &[&str], environment: &[(&str, &str)]) -> String {
    load(args, environment).expect_err("the settings are refused").to_string()
}

/// Writes a settings file; it lives as long as the first value.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("settings.toml");
    std::fs::write(&path, text).expect("the file is written");
    let path = path.display().to_string();
    (directory, path)
}

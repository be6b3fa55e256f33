//! The `farol` program, run to its end.

use std::{env, path::Path, process::Command};

/// What a run of the program left.
pub(crate) struct Output {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// `farol` in a directory, without the settings of whoever runs the tests.
pub(crate) fn command(directory: &Path, variables: &[(&str, &str)], args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farol"));
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FAROL_")) {
        command.env_remove(name);
    }
    // Tests ask more than one caller may; those of the limits switch them on.
    command.env("FAROL_RATE_LIMIT_ENABLED", "false");
    command.current_dir(directory).envs(variables.iter().copied()).args(args);
    command
}

/// Runs it to its end.
pub(crate) fn farol(directory: &Path, variables: &[(&str, &str)], args: &[&str]) -> Output {
    let output = command(directory, variables, args).output().expect("the program starts");
    Output {
        code: output.status.code().expect("the program ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

//! `farol doctor`: is everything in order, and what is to be mended?

use clap::Args;

use super::{CliError, ExitStatus, print};
use crate::config::{self, Effective, Loaded, Origin};

/// Check the settings and say what to mend
///
/// Shows every setting in force and where it comes from, and says what to mend. Passwords are
/// left out.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n\
    \x20 farol doctor\n\
    \x20 farol doctor --example > farol.toml    begin a settings file")]
pub struct DoctorArgs {
    /// Print a settings file with every setting, its default and what it is for
    #[arg(long)]
    example: bool,
}

/// Prints the findings. Settings that cannot be used never come this far: loading refuses them.
pub fn run(args: &DoctorArgs, loaded: &Loaded) -> Result<ExitStatus, CliError> {
    if args.example {
        print(&config::example())?;
    } else {
        print(&settings(loaded))?;
    }
    Ok(ExitStatus::Done)
}

/// The settings in force, those that someone changed with their origin, then the warnings.
fn settings(loaded: &Loaded) -> String {
    let width = loaded.effective.iter().map(|setting| setting.key.len()).max().unwrap_or_default();
    let line = |Effective { key, shown, origin }: &Effective| match origin {
        Origin::Default => format!("  {key:width$}  {shown}"),
        changed => format!("  {key:width$}  {shown}  (from {changed})"),
    };
    let mut lines = vec!["settings: in order".to_owned()];
    lines.extend(loaded.effective.iter().map(line));
    lines.extend(loaded.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.join("\n") + "\n"
}

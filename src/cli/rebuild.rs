//! `farol rebuild`: compiled processes, made anew from the stored releases.

use clap::Args;

/// Compile processes anew from their stored releases
///
/// Every release is kept as it was published. This merges and normalises them again, which changes
/// nothing in a sound database; run it after an upgrade that reads more from a release.
#[derive(Args, Debug)]
#[command(after_long_help = "Example:\n\
    \x20 farol rebuild --dataset paraguay")]
pub struct RebuildArgs {
    /// Only this dataset; all of them when absent
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
}

//! `farol generate`: synthetic contracting data.

use std::path::PathBuf;

use clap::Args;

/// Generate synthetic contracting data
///
/// Streams releases of the demo's kind: skewed buyers and suppliers, several awards, bids and
/// currencies, gaps like real data. The same seed gives the same bytes, on every machine.
#[derive(Args, Debug)]
#[command(after_long_help = "Example:\n\
    \x20 farol generate --processes 1000000 --seed 7 --out million.jsonl.gz")]
pub struct GenerateArgs {
    /// How many contracting processes
    #[arg(long, value_name = "N", default_value_t = 5000)]
    pub processes: u64,
    /// Which of the possible data sets
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Where to: JSON Lines, gzipped when the name ends in .gz
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

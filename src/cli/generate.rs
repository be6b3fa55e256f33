//! `farol generate`: synthetic contracting data.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use flate2::{Compression, write::GzEncoder};

use super::{CliError, ExitStatus, print};
use crate::ocds::generate::Generator;

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

/// Writes the data.
pub fn run(args: &GenerateArgs) -> Result<ExitStatus, CliError> {
    let failed = |error| CliError::File { path: args.out.display().to_string(), error };
    let file = BufWriter::new(File::create(&args.out).map_err(failed)?);
    let generator = Generator::new(args.seed, args.processes);
    if is_gzip(&args.out) {
        let mut gzip = GzEncoder::new(file, Compression::default());
        write(generator, &mut gzip).and_then(|()| gzip.finish()?.flush()).map_err(failed)?;
    } else {
        let mut file = file;
        write(generator, &mut file).and_then(|()| file.flush()).map_err(failed)?;
    }
    print(&format!("{}: {} processes from seed {}\n", args.out.display(), args.processes, args.seed))?;
    Ok(ExitStatus::Done)
}

fn write(mut releases: Generator, out: &mut impl Write) -> io::Result<()> {
    releases.try_for_each(|release| {
        out.write_all(release.as_bytes())?;
        out.write_all(b"\n")
    })
}

fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

//! `farol import`: OCDS files into the database.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{CliError, ExitStatus, print};
use crate::{
    app,
    config::Config,
    import::{self, Input, Options, Report},
};

/// Import OCDS files
///
/// Reads release packages, record packages, bare releases and JSON Lines, gzipped or not. Input
/// that cannot be read costs its own line or file, never the run: it is reported, and the exit
/// code is 1. Importing a file again changes nothing; an import that was killed is simply run again.
/// The first import into an empty database builds the indexes at its end: a server is slow until then.
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

/// Imports, and prints what came in.
pub async fn run(args: &ImportArgs, config: &Config) -> Result<ExitStatus, CliError> {
    let inputs = import::expand(&args.paths)?;
    let first = args.paths.first().map_or(Path::new(""), PathBuf::as_path);
    let mut report = Report::new(args.report.as_deref().map(create).transpose()?);
    let database = app::connect_migrated(config).await?;
    let options = Options {
        dataset: args.dataset.clone().unwrap_or_else(|| Input::dataset_name(first)),
        batch_processes: config.import.batch_processes,
        workers: config.import.worker_threads(),
        bytes_read: Arc::new(AtomicU64::new(0)),
    };
    let bar = progress(&inputs, Arc::clone(&options.bytes_read));
    let summary = import::run(&database, inputs, &options, &mut report).await;
    bar.finish();
    database.close().await;
    let summary = summary?;
    print(&format!("{summary}\n"))?;
    if args.report.is_none() && !summary.issues.is_empty() {
        print("--report FILE has every issue: where it was met, and what was done about it\n")?;
    }
    Ok(if summary.refused > 0 { ExitStatus::Refused } else { ExitStatus::Done })
}

fn create(path: &Path) -> Result<Box<dyn Write + Send>, CliError> {
    let file =
        File::create(path).map_err(|error| CliError::File { path: path.display().to_string(), error })?;
    Ok(Box::new(BufWriter::new(file)))
}

/// Shows on a terminal how much of the files was read. Elsewhere nothing is drawn.
fn progress(inputs: &[Input], bytes_read: Arc<AtomicU64>) -> Progress {
    let bar = ProgressBar::new(inputs.iter().map(Input::size).sum());
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {elapsed} {bytes_per_sec}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let drawn = bar.clone();
    let task = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(200));
        loop {
            ticks.tick().await;
            drawn.set_position(bytes_read.load(Ordering::Relaxed));
        }
    });
    Progress { bar, task }
}

struct Progress {
    bar: ProgressBar,
    task: tokio::task::JoinHandle<()>,
}

impl Progress {
    fn finish(self) {
        self.task.abort();
        self.bar.finish_and_clear();
    }
}

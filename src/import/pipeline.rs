//! Runs an import: a reader thread, preparing threads, and the writer.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::AtomicU64,
        mpsc::{Receiver, sync_channel},
    },
    thread::JoinHandle,
    time::Instant,
};

use chrono::Utc;
use tokio::sync::mpsc;

use super::{
    ImportError,
    apply::apply,
    prepare::{Prepared, Target, prepare},
    read::{Chunk, read},
    report::{Report, Summary},
    source::Input,
};
use crate::{
    ocds::model::Publisher,
    store::{
        Database, StoreError,
        write::{Transaction, analyze, dataset},
    },
};

/// How to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// The dataset the processes belong to.
    pub dataset: String,
    /// Releases or records per transaction.
    pub chunk_pieces: usize,
    /// Threads that prepare.
    pub workers: usize,
    /// Counts the bytes read from the inputs, for a progress bar.
    pub bytes_read: Arc<AtomicU64>,
}

/// Chunks that wait in a channel. With those in hand, this bounds the memory of an import.
const WAITING: usize = 2;

/// Imports all inputs into one dataset.
pub async fn run(
    database: &Database,
    inputs: Vec<Input>,
    options: &Options,
    report: &mut Report,
) -> Result<Summary, ImportError> {
    let started = Instant::now();
    let mut transaction = Transaction::begin(database).await?;
    let id = dataset::ensure(&mut transaction, &options.dataset).await?;
    transaction.commit(Utc::now(), &[]).await?;
    let target = Target { dataset: id, backend: database.backend() };
    let mut summary = Summary { dataset: options.dataset.clone(), ..Summary::default() };
    let mut threads = Threads::start(inputs, options, target);
    let publisher = write_all(database, target, &mut threads.prepared, &mut summary, report).await?;
    threads.join()?;
    let storing = Instant::now();
    finish(database, id, &publisher, summary.changed() > 0).await?;
    report.finish()?;
    summary.storing += storing.elapsed();
    summary.elapsed = started.elapsed();
    Ok(summary)
}

/// Writes chunks in the order they were read. Returns what the packages said of the publisher.
async fn write_all(
    database: &Database,
    target: Target,
    chunks: &mut mpsc::Receiver<Result<Prepared, StoreError>>,
    summary: &mut Summary,
    report: &mut Report,
) -> Result<Publisher, ImportError> {
    let mut publisher = Publisher::default();
    let mut early: BTreeMap<u64, Prepared> = BTreeMap::new();
    let mut next = 0;
    while let Some(prepared) = chunks.recv().await {
        let prepared = prepared?;
        early.insert(prepared.index, prepared);
        while let Some(mut chunk) = early.remove(&next) {
            next += 1;
            for issue in &chunk.issues {
                report.add(summary, issue)?;
            }
            publisher = chunk.publisher.take().unwrap_or(publisher);
            summary.files += chunk.files;
            summary.releases += chunk.releases;
            summary.processes += chunk.processes.len() as u64;
            let storing = Instant::now();
            let applied = apply(database, target, &mut chunk).await?;
            summary.storing += storing.elapsed();
            summary.unchanged += applied.unchanged;
            for (kind, count) in applied.written {
                *summary.written.entry(kind).or_default() += count;
            }
        }
    }
    Ok(publisher)
}

/// Counts the dataset anew and refreshes the planner's statistics.
async fn finish(
    database: &Database,
    dataset: i64,
    publisher: &Publisher,
    changed: bool,
) -> Result<(), StoreError> {
    let now = Utc::now();
    let mut transaction = Transaction::begin(database).await?;
    dataset::refresh(&mut transaction, dataset, publisher, changed.then_some(now)).await?;
    transaction.commit(now, &[]).await?;
    if changed { analyze(database).await } else { Ok(()) }
}

/// The threads of an import. They end by themselves when their channel's other end is gone.
struct Threads {
    prepared: mpsc::Receiver<Result<Prepared, StoreError>>,
    handles: Vec<(&'static str, JoinHandle<()>)>,
}

impl Threads {
    fn start(inputs: Vec<Input>, options: &Options, target: Target) -> Self {
        let (chunks, waiting) = sync_channel::<Chunk>(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let (ready, prepared) = mpsc::channel(WAITING);
        let (pieces, bytes_read) = (options.chunk_pieces, Arc::clone(&options.bytes_read));
        let reader = std::thread::spawn(move || read(&inputs, pieces, &bytes_read, &chunks));
        let mut handles = vec![("reader", reader)];
        for _ in 0..options.workers.max(1) {
            let (waiting, ready) = (Arc::clone(&waiting), ready.clone());
            handles.push(("worker", std::thread::spawn(move || work(&waiting, &ready, target))));
        }
        Self { prepared, handles }
    }

    fn join(self) -> Result<(), ImportError> {
        for (name, handle) in self.handles {
            handle.join().map_err(|_| ImportError::Thread(name))?;
        }
        Ok(())
    }
}

fn work(chunks: &Mutex<Receiver<Chunk>>, ready: &mpsc::Sender<Result<Prepared, StoreError>>, target: Target) {
    loop {
        // The lock is held while waiting for a chunk, which is what the other workers would do too.
        let chunk = match chunks.lock() {
            Ok(chunks) => chunks.recv(),
            Err(_) => return,
        };
        let Ok(chunk) = chunk else { return };
        if ready.blocking_send(prepare(chunk, target)).is_err() {
            return;
        }
    }
}

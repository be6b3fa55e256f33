//! Runs an import: a reader thread, preparing threads, and the writer.
//!
//! The reader hands each chunk to the preparing threads and, in the same order, the writer a place where
//! it will appear. The writer takes the places one by one; there are few, so that the reader waits for it
//! however slow a chunk is.

use std::{
    sync::{
        Arc, Mutex,
        atomic::AtomicU64,
        mpsc::{Receiver, sync_channel},
    },
    thread::JoinHandle,
    time::Instant,
};

use chrono::Utc;
use tokio::sync::{mpsc, oneshot};

use super::{
    ImportError,
    apply::Writer,
    prepare::{Prepared, Target, prepare},
    read::{Chunk, Gone, read},
    report::{Report, Summary},
    source::Input,
};
use crate::{
    ocds::model::Publisher,
    store::{
        Database, StoreError, id,
        write::{Patience, Transaction, analyze, dataset},
    },
};

/// How to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// The dataset the processes belong to.
    pub dataset: String,
    /// Processes written in one transaction, about.
    pub batch_processes: usize,
    /// Threads that prepare.
    pub workers: usize,
    /// Counts the bytes read from the inputs, for a progress bar.
    pub bytes_read: Arc<AtomicU64>,
}

/// Releases or records that are prepared together.
const CHUNK_PIECES: usize = 250;

/// Chunks that wait, besides one in each preparing thread's hands. This bounds the memory of an import.
const WAITING: usize = 2;

/// Imports all inputs into one dataset.
pub async fn run(
    database: &Database,
    inputs: Vec<Input>,
    options: &Options,
    report: &mut Report,
) -> Result<Summary, ImportError> {
    let started = Instant::now();
    let target = Target { dataset: id::dataset(&options.dataset), backend: database.backend() };
    let mut summary = Summary { dataset: options.dataset.clone(), ..Summary::default() };
    let mut writer = Writer::new(database, &options.dataset, target, options.batch_processes).await?;
    let mut threads = Threads::start(inputs, options, target);
    let written = write_all(&mut writer, &mut threads.chunks, &mut summary, report).await;
    let storing = Instant::now();
    // Even where the import cannot go on: what it put off would be missing until the next one.
    let built = writer.build().await;
    let publisher = written?;
    built?;
    threads.join()?;
    finish(database, target.dataset, &publisher, summary.changed() > 0).await?;
    report.finish()?;
    summary.storing += storing.elapsed();
    summary.elapsed = started.elapsed();
    Ok(summary)
}

/// Writes chunks in the order they were read. Returns what the packages said of the publisher.
async fn write_all(
    writer: &mut Writer<'_>,
    chunks: &mut mpsc::Receiver<Place>,
    summary: &mut Summary,
    report: &mut Report,
) -> Result<Publisher, ImportError> {
    let mut publisher = Publisher::default();
    while let Some(place) = chunks.recv().await {
        let mut chunk = place.await.map_err(|_| ImportError::Thread("worker"))??;
        for issue in &chunk.issues {
            report.add(summary, issue)?;
        }
        publisher = publisher.and(chunk.publisher.take().unwrap_or_default());
        summary.files += chunk.files;
        summary.reading += chunk.reading;
        summary.preparing += chunk.preparing;
        summary.releases += chunk.releases;
        summary.processes += chunk.processes.len() as u64;
        let storing = Instant::now();
        let applied = writer.apply(chunk).await?;
        summary.storing += storing.elapsed();
        summary.unchanged += applied.unchanged;
        summary.rows += applied.rows;
        for (kind, count) in applied.written {
            *summary.written.entry(kind).or_default() += count;
        }
    }
    let storing = Instant::now();
    writer.commit().await?;
    summary.storing += storing.elapsed();
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
    let mut transaction = Transaction::begin_on(database, dataset, Patience::Unlimited).await?;
    dataset::refresh(&mut transaction, dataset, publisher, Some((now, changed))).await?;
    transaction.commit(now, &[]).await?;
    if changed { analyze(database).await } else { Ok(()) }
}

/// Where a chunk appears once it is prepared.
type Place = oneshot::Receiver<Result<Prepared, StoreError>>;

/// A chunk, and where it is to appear.
type Task = (Chunk, oneshot::Sender<Result<Prepared, StoreError>>);

/// The threads of an import. They end by themselves when their channel's other end is gone.
struct Threads {
    chunks: mpsc::Receiver<Place>,
    handles: Vec<(&'static str, JoinHandle<()>)>,
}

impl Threads {
    fn start(inputs: Vec<Input>, options: &Options, target: Target) -> Self {
        let workers = options.workers.max(1);
        let (places, chunks) = mpsc::channel(workers + WAITING);
        let (tasks, waiting) = sync_channel::<Task>(workers + WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let pieces = options.batch_processes.min(CHUNK_PIECES);
        let bytes_read = Arc::clone(&options.bytes_read);
        let take = move |chunk| {
            let (prepared, place) = oneshot::channel();
            places.blocking_send(place).map_err(|_| Gone)?;
            tasks.send((chunk, prepared)).map_err(|_| Gone)
        };
        let reader = std::thread::spawn(move || read(&inputs, pieces, &bytes_read, &take));
        let mut handles = vec![("reader", reader)];
        for _ in 0..workers {
            let waiting = Arc::clone(&waiting);
            handles.push(("worker", std::thread::spawn(move || work(&waiting, target))));
        }
        Self { chunks, handles }
    }

    fn join(self) -> Result<(), ImportError> {
        for (name, handle) in self.handles {
            handle.join().map_err(|_| ImportError::Thread(name))?;
        }
        Ok(())
    }
}

fn work(tasks: &Mutex<Receiver<Task>>, target: Target) {
    loop {
        // The lock is held while waiting for a chunk, which is what the other workers would do too.
        let task = match tasks.lock() {
            Ok(tasks) => tasks.recv(),
            Err(_) => return,
        };
        let Ok((chunk, prepared)) = task else { return };
        if prepared.send(prepare(chunk, target)).is_err() {
            return;
        }
    }
}

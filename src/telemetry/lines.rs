//! The way of log lines to where they are read: a thread of their own writes them.
//!
//! What must stay true: whoever logs never waits, for it is a thread that answers requests. Whoever reads the log may
//! be slow, or stop to read: then lines wait, and when as many wait as may, further ones are lost, and counted. At the
//! end of the process what waits is written, for as long as that may take.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::MakeWriter;

/// How many lines may wait: a few megabytes.
const MOST: usize = 8_192;
/// How long the last of them may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The way in. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    queue: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Entry {
    Line(Vec<u8>),
    /// Who put it there waits until all before it is written.
    Flush(SyncSender<()>),
}

impl Lines {
    /// Begins to write to `out`, in a thread that ends with the last clone.
    pub(super) fn to(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, entries) = sync_channel(MOST);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        thread::Builder::new().name("log".to_owned()).spawn(move || write(out, &entries, &counted))?;
        Ok(Self { queue, lost })
    }

    /// How many lines were lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Waits until what was logged before is written, or has had its time.
    pub(super) fn flush(&self) {
        let since = Instant::now();
        let (done, written) = sync_channel(1);
        let mut entry = Entry::Flush(done);
        // The queue has no way to wait for room for a limited time.
        while let Err(TrySendError::Full(back)) = self.queue.try_send(entry) {
            if since.elapsed() >= PATIENCE {
                return;
            }
            thread::sleep(Duration::from_millis(1));
            entry = back;
        }
        // It ends early only with the thread.
        let _ = written.recv_timeout(PATIENCE.saturating_sub(since.elapsed()));
    }
}

/// A whole line at a time, as the subscriber writes them.
impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Entry::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

fn write(mut out: impl Write, entries: &Receiver<Entry>, lost: &AtomicU64) {
    let mut told = 0;
    loop {
        let entry = match entries.try_recv() {
            Ok(entry) => entry,
            Err(TryRecvError::Disconnected) => return,
            // Only where there is room for it: else it would be lost itself.
            Err(TryRecvError::Empty) => {
                tell(lost, &mut told);
                let Ok(entry) = entries.recv() else { return };
                entry
            }
        };
        // Nothing is to be done where it cannot be written, or nobody waits any more.
        match entry {
            Entry::Line(line) => drop(out.write_all(&line)),
            Entry::Flush(done) => drop(done.send(())),
        }
    }
}

/// Tells how many lines were lost since that was told.
fn tell(lost: &AtomicU64, told: &mut u64) {
    let lost = lost.load(Relaxed);
    if lost > *told {
        tracing::warn!(
            lines = lost - *told,
            "the log was not read as fast as it was written: lines were lost"
        );
        *told = lost;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{
            Arc, Mutex,
            mpsc::{Receiver, Sender, channel},
        },
    };

    use super::{Lines, MOST};

    /// Tells when it is to be written to, and is, when it may be.
    struct Slow(Sender<()>, Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(());
            // Fails when the other end is gone: then everything may be written.
            let _ = self.1.recv();
            self.2.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_and_what_has_room_is_written() {
        let ((asked, is_asked), (stalled, may_write)) = (channel(), channel());
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let lines = Lines::to(Slow(asked, may_write, written.clone())).unwrap();
        let log = |number: usize| (&lines).write_all(format!("{number}\n").as_bytes()).unwrap();
        log(0);
        is_asked.recv().unwrap();
        (1..MOST + 100).for_each(log);
        assert_eq!(lines.lost(), 99, "one is with the reader, and the others wait");
        drop(stalled);
        lines.flush();
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert!(text.lines().map(|line| line.parse::<usize>().unwrap()).eq(0..=MOST));
    }
}

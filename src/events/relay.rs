//! One node reads the log and tells the others, by Redis.
//!
//! Every node runs the same task. It listens: what comes is offered to the tail, and while another node has the
//! lock the tail is fed, and looks at the database seldom. Whoever finds the lock free takes it: that is the
//! relay. Its tail goes on to follow the database as without Redis, and what the tail appends to [`Recent`] is
//! added to the stream. A relay that dies loses the lock within two seconds; one that cannot read the log gives it
//! back.
//!
//! What must stay true: what the tail takes is what the log has. So
//!
//! - a batch says behind which sequence it begins, and the tail takes it only from there; where something is
//!   missing, because Redis was away or lost it, the log is read;
//! - what is in the stream when this node comes to it, or comes back, may be of a log that is gone (a database
//!   restored from a backup). Whatever was added had been read from the log before, so if a read that begins
//!   later does not reach as far, it is of another log and removed (`check`). When the tail finds that the log
//!   is another one, the stream is removed in any case, and with it the lock, without which nobody can add what
//!   he had read before.
//!
//! Redis may be away or hang at any time: what was said of being fed ends by itself.

use std::{convert::Infallible, time::Duration};

use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{
    Head, Recent, Tail,
    batch::Batch,
    stream::{Holder, Stream, WAIT},
};
use crate::{
    cache::shared::{Failure, Shared},
    lifecycle::Tasks,
};

/// How long the tail counts as fed after Redis said so.
const LEASE: Duration = Duration::from_millis(500);
/// How often the lock is renewed.
const RENEWAL: Duration = Duration::from_millis(500);
/// Entries of one batch, and of all that are added at once.
const BATCH: usize = 256;
const AT_ONCE: usize = 8 * BATCH;
/// How long to wait before Redis is tried again; doubled each time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long Redis must have been there until what it refuses is told again, and pauses are short again.
const STEADY: Duration = Duration::from_secs(5);

/// Has a tail take part: it is told what other nodes read, and tells them what it reads, until `shutdown`.
/// Nothing depends on it: without Redis each node reads the log itself.
pub fn share(tail: &Tail, shared: &Shared, tasks: &Tasks, shutdown: CancellationToken) {
    let mut sharing = Sharing { tail: tail.clone(), shared: shared.clone(), log: None, stream: None };
    tasks.spawn(async move {
        let _ = shutdown.run_until_cancelled(sharing.run()).await;
        if let Some(mut stream) = sharing.stream {
            // If it cannot be given back, it lapses.
            let _ = stream.release().await;
        }
    });
}

struct Sharing {
    tail: Tail,
    shared: Shared,
    /// The log that the stream was last seen to be of.
    log: Option<u64>,
    stream: Option<Stream>,
}

impl Sharing {
    async fn run(&mut self) -> Infallible {
        let (mut pause, mut is_told) = (SHORTEST_PAUSE, false);
        loop {
            let began = Instant::now();
            let Err(failure) = self.take_part().await;
            self.stream = None;
            self.tail.fed(None);
            if began.elapsed() >= STEADY {
                (pause, is_told) = (SHORTEST_PAUSE, false);
            }
            // That Redis is away is told by those who miss what it keeps.
            if matches!(failure, Failure::Refused(_)) && !is_told {
                is_told = true;
                tracing::warn!(%failure, "Redis does not take the change log; each node reads it for itself");
            } else {
                tracing::debug!(%failure, "the change log does not come by Redis");
            }
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(2 * pause);
        }
    }

    /// Listens, or relays, as long as Redis answers.
    async fn take_part(&mut self) -> Result<Infallible, Failure> {
        let stream = self.stream.insert(Stream::open(&self.shared).await?);
        loop {
            let (newest, head) = check(&self.tail, stream, &mut self.log).await?;
            if stream.is_relay() {
                relay(&self.tail, stream, newest, head).await?;
            } else {
                listen(&self.tail, stream, head.log).await?;
            }
        }
    }
}

/// Sees to it that the stream is of this log, and the tail not behind it. Returns how far the stream goes, and the
/// tail.
async fn check(tail: &Tail, stream: &mut Stream, log: &mut Option<u64>) -> Result<(i64, Head), Failure> {
    let recent = tail.recent();
    loop {
        let newest = stream.newest().await?;
        if tail.catch_up().await.is_err() {
            sleep(WAIT).await;
            continue;
        }
        let Some(head) = recent.known() else { continue };
        let is_known = log.replace(head.log).is_none_or(|before| before == head.log);
        if is_known && newest <= head.sequence {
            return Ok((newest, head));
        }
        tracing::info!(
            newest,
            head = head.sequence,
            "what lies of the change log in Redis is not of this one"
        );
        stream.clear().await?;
    }
}

/// Offers the tail what comes, until this node has the lock, or the log itself has to be looked at.
async fn listen(tail: &Tail, stream: &mut Stream, log: u64) -> Result<(), Failure> {
    let recent = tail.recent();
    while let Some(head) = recent.known().filter(|head| head.log == log) {
        let heard = stream.listen(head.sequence, tail.is_fresh()).await?;
        for batch in heard.batches {
            let Some(batch) = batch else { return Ok(()) };
            if !tail.offer(log, batch).await {
                return Ok(());
            }
        }
        match heard.relay {
            Holder::Me => return Ok(()),
            Holder::Another => tail.fed(Some(LEASE)),
            Holder::Nobody => {}
        }
    }
    Ok(())
}

/// Tells what the tail reads, from where the stream ends, as long as this node has the lock and reads the log.
async fn relay(tail: &Tail, stream: &mut Stream, newest: i64, at: Head) -> Result<(), Failure> {
    tail.fed(None);
    tracing::debug!(newest, head = at.sequence, "telling other nodes what is read of the change log");
    let recent = tail.recent();
    let mut head = recent.head();
    let mut told = resume(&recent, newest, at.sequence);
    let mut renewal = Instant::now();
    loop {
        let is_same = |head: Option<Head>| head.filter(|head| head.log == at.log);
        let Some(known) = is_same(*head.borrow_and_update()) else { return Ok(()) };
        if !tail.is_fresh() {
            return stream.release().await;
        }
        let Some(batches) = batches(&recent, told) else {
            told = resume(&recent, told, known.sequence);
            continue;
        };
        // What was read meanwhile of another log is not told.
        if is_same(recent.known()).is_none() {
            return Ok(());
        }
        if batches.is_empty() && Instant::now() < renewal {
            // Which of the two it was is seen above.
            let _ = timeout_at(renewal, head.changed()).await;
            continue;
        }
        if !stream.append(&batches).await? {
            return Ok(());
        }
        renewal = Instant::now() + RENEWAL;
        told = batches.last().map_or(told, Batch::newest);
    }
}

/// Behind which sequence to go on telling: where it was left, if what came since is still known. Else just before
/// the head, for whoever reads that notices that something is missing.
fn resume(recent: &Recent, told: i64, head: i64) -> i64 {
    let is_known = |sequence: &i64| recent.after(*sequence, 0).is_some();
    [told, head - 1].into_iter().find(is_known).unwrap_or(head)
}

/// What came behind a sequence; `None` if part of it is not known any more.
fn batches(recent: &Recent, told: i64) -> Option<Vec<Batch>> {
    let entries = recent.after(told, AT_ONCE)?;
    let mut previous = told;
    let batches = entries.chunks(BATCH).map(|chunk| {
        let batch = Batch { previous, entries: chunk.to_vec() };
        previous = batch.newest();
        batch
    });
    Some(batches.collect())
}

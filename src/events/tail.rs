//! Follows the change log, so that caches drop what a write touched, and subscribers hear of it.
//!
//! One task looks at the log on a timer, and at once where the database tells that it grew. Whoever must not
//! wait for that reads on himself ([`Tail::catch_up`]); one reads at a time, and those who wait for him
//! share what he read if he began after they came. What another node has read may come by another way and saves
//! looks ([`Tail::offer`]); it is taken only where it goes on from here, and the database is looked at all the
//! same, if seldom: it decides.
//!
//! What must stay true: nothing is lost between two reads, nor between the first and the next, because the
//! entry that was read last is read again with each page. While it is there, as it was, this is the log that
//! was left, and everything behind it follows. Where it is not (the log was cut off, or the database is
//! another one), nothing that is cached counts any more, and the log is followed anew.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Recent, batch::Batch, mark, pace::Pace, place::Place};
use crate::{
    cache::Ledger,
    lifecycle::Tasks,
    store::{
        Database, StoreError, notify,
        query::changes::{self, Entry},
    },
    telemetry::meter::Meter,
};

/// How the log is followed.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How often the log is looked at, whatever the database tells.
    pub interval: Duration,
    /// How often while other nodes tell what they read.
    pub fed_interval: Duration,
    /// How far back writes must be known at the start: the longest that a value is kept outside of this
    /// process. Values that were read earlier do not count.
    pub reach: Duration,
    /// How many entries back are read for that, at most.
    pub most: usize,
    /// Entries read at a time; at least 2, for the first of a page is the last of the page before.
    pub page: u32,
}

impl Default for Options {
    /// Four times a second, once while fed; an hour, and 100,000 entries, back.
    fn default() -> Self {
        let (interval, fed_interval) = (Duration::from_millis(250), Duration::from_secs(1));
        Self { interval, fed_interval, reach: Duration::from_hours(1), most: 100_000, page: 10_000 }
    }
}

/// The task that follows the log, and the way to read on at once. Clones share it.
#[derive(Clone)]
pub struct Tail(Arc<Shared>);

struct Shared {
    /// Has a connection of its own and no breaker, so that writes are seen in time however the requests fare.
    database: Database,
    ledger: Arc<Ledger>,
    recent: Arc<Recent>,
    options: Options,
    pace: Pace,
    /// Counts the reads of the log.
    looks: AtomicU64,
    /// Counts the calls of [`Tail::catch_up`].
    asked: AtomicU64,
    /// Held while the log is read. Dropping the read leaves what was marked and advanced to.
    reader: tokio::sync::Mutex<Reader>,
    last_success: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Reader {
    place: Place,
    /// The last call that came before the last read that succeeded began.
    answered: u64,
    /// The last read failed.
    is_away: bool,
}

impl Tail {
    /// Starts to follow the log until `shutdown`, and closes the ledger then. Until the first read the
    /// ledger is closed too, and nothing is cached; [`catch_up`](Self::catch_up) waits for it.
    pub fn start(
        database: &Database,
        ledger: Arc<Ledger>,
        options: Options,
        tasks: &Tasks,
        shutdown: CancellationToken,
    ) -> Self {
        let tail = Self(Arc::new(Shared {
            database: database.with_own_reader().without_breaker(),
            ledger,
            recent: Arc::default(),
            options: Options { page: options.page.max(2), ..options },
            pace: Pace::new(options.interval, options.fed_interval),
            looks: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            reader: tokio::sync::Mutex::default(),
            last_success: Mutex::default(),
        }));
        let following = tail.clone();
        tasks.spawn(async move {
            let _ = shutdown.run_until_cancelled(following.follow()).await;
            following.end().await;
        });
        tail
    }

    /// Reads what was appended since, and marks it. All that was committed before the call is marked when it
    /// returns. Fails where the log cannot be read; the task goes on trying.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let shared = &*self.0;
        let mine = shared.asked.fetch_add(1, SeqCst) + 1;
        let mut reader = shared.reader.lock().await;
        if reader.answered >= mine {
            return Ok(());
        }
        let answers = shared.asked.load(SeqCst);
        let began = Instant::now();
        shared.looks.fetch_add(1, SeqCst);
        // What following costs is no request's. Boxed, for it is large and becomes a part of the caller's.
        let done = Meter::default().measure(Box::pin(shared.read(&mut reader.place))).await;
        reader.tell(done.as_ref().err());
        if done.is_ok() {
            reader.answered = answers;
            *shared.last_success.lock().unwrap_or_else(PoisonError::into_inner) = Some(began);
        }
        done
    }

    /// The newest part of the log, as far as it was read.
    pub fn recent(&self) -> Arc<Recent> {
        self.0.recent.clone()
    }

    /// When the last read that succeeded began: everything that was committed by then is marked. `None`
    /// before the first.
    pub fn last_success(&self) -> Option<Instant> {
        *self.0.last_success.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often the log in the database was looked at.
    pub fn looks(&self) -> u64 {
        self.0.looks.load(SeqCst)
    }

    /// Takes what another node read of the log of this number ([`Head::log`](super::Head)), as if it had been
    /// read here. False, and nothing is taken, where it does not go on from here: then the log itself has to be
    /// read.
    pub(super) async fn offer(&self, log: u64, batch: Batch) -> bool {
        let shared = &*self.0;
        let mut reader = shared.reader.lock().await;
        if shared.recent.known().is_none_or(|head| head.log != log) {
            return false;
        }
        let Some(news) = reader.place.continued_by(batch) else { return false };
        shared.take(&mut reader.place, news);
        shared.pace.heard();
        true
    }

    /// Another node tells what it reads and will for so long, unless it is said otherwise; `None`: nobody does.
    pub(super) fn fed(&self, lease: Option<Duration>) {
        match lease {
            Some(lease) => self.0.pace.feed(lease),
            None => self.0.pace.starve(),
        }
    }

    /// Whether the log was read of late, so that others could rely on what is read here.
    pub(super) fn is_fresh(&self) -> bool {
        self.last_success().is_some_and(|at| at.elapsed() <= 2 * self.0.options.fed_interval)
    }

    async fn follow(&self) {
        let looking = async {
            loop {
                let began = Instant::now();
                // It was told in the log; the next look tries again.
                let _ = self.catch_up().await;
                self.0.pace.next(began).await;
            }
        };
        tokio::select! {
            () = looking => {}
            _ = notify::listen(&self.0.database, || self.0.pace.told()) => {}
        }
    }

    /// Ends after a read that is under way; later ones fail.
    async fn end(&self) {
        self.0.database.close_readers().await;
        let mut reader = self.0.reader.lock().await;
        reader.place = Place::Nowhere;
        self.0.ledger.close();
    }
}

impl Reader {
    /// Tells once that the log is out of reach, and once that it is read again.
    fn tell(&mut self, error: Option<&StoreError>) {
        match error {
            Some(error) if !self.is_away => {
                tracing::warn!(%error, "the change log cannot be read: what others write is not seen");
            }
            None if self.is_away => tracing::info!("the change log is read again"),
            _ => {}
        }
        self.is_away = error.is_some();
    }
}

impl Shared {
    /// Reads on from a place until nothing is left.
    async fn read(&self, place: &mut Place) -> Result<(), StoreError> {
        loop {
            let from = match place {
                Place::Nowhere => return self.begin(place).await,
                Place::Start => 0,
                Place::At(last) => last.sequence,
            };
            let page = changes::from(&self.database, from, self.options.page).await?;
            let is_last = page.len() < self.options.page as usize;
            let mut page = page.into_iter();
            if let Place::At(last) = place
                && page.next().as_ref() != Some(&**last)
            {
                self.leave(place);
                continue;
            }
            self.take(place, page.map(Arc::new).collect());
            if is_last {
                return Ok(());
            }
        }
    }

    /// Marks what lies behind a place and goes there. Nothing is awaited between the marks and the advance.
    fn take(&self, place: &mut Place, page: Vec<Arc<Entry>>) {
        for entry in &page {
            mark(&self.ledger, entry);
        }
        if let Some(newest) = page.last() {
            self.ledger.advance(newest.sequence);
            *place = Place::At(newest.clone());
            self.recent.append(page);
        }
    }

    /// Begins to follow: marks what lies within reach, from the newest entry back, then opens the ledger.
    /// The next read goes on behind that newest entry, so that nothing comes between.
    async fn begin(&self, place: &mut Place) -> Result<(), StoreError> {
        let reach = TimeDelta::from_std(self.options.reach).unwrap_or(TimeDelta::MAX);
        let horizon = Utc::now().checked_sub_signed(reach).unwrap_or_default();
        let (mut newest, mut known_since, mut marked) = (None, i64::MAX, 0);
        'log: loop {
            let page = changes::before(&self.database, known_since, self.options.page).await?;
            let is_last = page.len() < self.options.page as usize;
            for entry in page {
                known_since = entry.sequence;
                if marked == self.options.most || entry.at < horizon {
                    newest.get_or_insert(entry);
                    break 'log;
                }
                mark(&self.ledger, &entry);
                marked += 1;
                newest.get_or_insert(entry);
            }
            if is_last {
                // Of what came before the oldest entry nothing is known.
                known_since = newest.as_ref().map_or(0, |_| known_since - 1);
                break;
            }
        }
        let head = newest.as_ref().map_or(0, |entry: &Entry| entry.sequence);
        self.ledger.open(known_since, head);
        self.recent.open(head);
        *place = newest.map_or(Place::Start, |newest| Place::At(Arc::new(newest)));
        tracing::debug!(head, known_since, marked, "following the change log");
        Ok(())
    }

    /// The log is not the one that was left.
    fn leave(&self, place: &mut Place) {
        tracing::warn!(
            "the change log does not go on where it was left: another or a restored database, or its newest \
             entries were removed; nothing that was cached is used (restart farol if the database is another)"
        );
        self.ledger.close();
        self.recent.leave();
        *place = Place::Nowhere;
    }
}

//! What is said to all who asked the same: read, gathered, executed and written once.
//!
//! A channel is one task with a place in the change log. It reads on from there, keeps what matches its filter,
//! gathers it into batches, makes one message of each, and puts it into the outbox of every subscriber. Because it
//! reads the log from a place, backfill and live are the same: there is no seam at which something could be lost
//! or doubled.
//!
//! A channel is *live* once it has reached the end of the log. Of one question there is one live channel, and as
//! many others as subscribers came with old cursors that differ: each of these goes as far as the live one has
//! come, hands its subscribers over to it, and ends.
//!
//! Locks: the channels of the process ([`super::Live`]) first, then the audience of the live channel, then that of
//! another; none is held while something is awaited.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Live,
    audience::Audience,
    operation::Operation,
    outbox::{Ending, Outbox, Said},
};
use crate::{
    cache::response::Key,
    graphql::{
        change::{Batch, Wish},
        error::{self, Error},
        process, scope,
    },
    store::query::changes::Entry,
    telemetry::meter::Meter,
};

/// Entries read at a time.
const PAGE: usize = 500;
/// How long to wait before the log is read again when it could not be.
const AGAIN: Duration = Duration::from_millis(250);

/// What is said to all who asked the same.
pub(super) struct Channel {
    pub(super) key: Key,
    pub(super) operation: Arc<Operation>,
    wish: Wish,
    /// Which log its places are of.
    log: u64,
    is_live: AtomicBool,
    audience: Mutex<Audience>,
    /// How far it has told the log.
    told: watch::Sender<i64>,
    /// Cancelled when nobody listens any more.
    pub(super) stop: CancellationToken,
}

/// Where the task of a channel is.
struct Reading {
    /// How far the log was read.
    place: i64,
    /// What matched and was not yet told.
    gathered: VecDeque<Arc<Entry>>,
    /// When it has to be told.
    due: Option<Instant>,
    /// What is being told. It stays here until everyone has it.
    telling: Option<Batch>,
}

/// How far a channel may read.
pub(super) enum Reach {
    /// To the end of the log.
    End,
    /// As far as the live channel has told.
    Through(i64),
    /// It is further than the live channel, and waits for it.
    Wait(watch::Receiver<i64>),
    /// Its subscribers are the live channel's now.
    Merged,
}

impl Reading {
    /// Whether something has to be told now, however much of the log is left to read.
    fn is_due(&self) -> bool {
        !self.gathered.is_empty() && self.due.is_some_and(|due| due <= Instant::now())
    }
}

impl Channel {
    /// A channel that begins behind a place; live, if that is the end of the log.
    pub(super) fn new(
        (key, operation): (Key, Arc<Operation>),
        wish: Wish,
        (log, place): (u64, i64),
        is_live: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            key,
            operation,
            wish,
            log,
            is_live: AtomicBool::new(is_live),
            audience: Mutex::new(Audience::behind(place)),
            told: watch::Sender::new(place),
            stop: CancellationToken::new(),
        })
    }

    pub(super) fn is_live(&self) -> bool {
        self.is_live.load(Relaxed)
    }

    /// Takes a subscriber that wants to hear what lies behind a place, or from now on. False where that cannot be
    /// told here from the first to the last.
    pub(super) fn join(&self, id: u64, outbox: &Arc<Outbox>, after: Option<i64>) -> bool {
        let mut audience = self.audience();
        let joins = !audience.has_ended
            && match after {
                None => self.is_live(),
                Some(place) => audience.replay(place, *self.told.borrow(), outbox),
            };
        if joins {
            audience.subscribers.insert(id, outbox.clone());
        }
        joins
    }

    /// Lets a subscriber go. True when it was the last one: then the channel has ended.
    pub(super) fn leave(&self, id: u64) -> bool {
        let mut audience = self.audience();
        let was_here = audience.subscribers.remove(&id).is_some();
        let is_left = was_here && audience.subscribers.is_empty();
        if is_left {
            audience.has_ended = true;
            self.stop.cancel();
        }
        is_left
    }

    /// Tells until nobody listens, the server shuts down, or it cannot go on.
    pub(super) async fn run(self: Arc<Self>, live: Arc<Live>) {
        let place = *self.told.borrow();
        let mut reading = Reading { place, gathered: VecDeque::new(), due: None, telling: None };
        let ending = tokio::select! {
            // Nothing is made for those who have left.
            biased;
            () = self.stop.cancelled() => return,
            () = live.closing() => None,
            ending = self.follow(&mut reading, &live) => ending,
        };
        let ending = match ending {
            Some(ending) => ending,
            None => self.finish(&mut reading, &live).await,
        };
        live.forget(&self);
        let mut audience = self.audience();
        audience.has_ended = true;
        for (_, outbox) in audience.subscribers.drain() {
            outbox.end(ending.clone());
        }
    }

    /// Tells batch by batch. Returns why it cannot go on.
    async fn follow(&self, reading: &mut Reading, live: &Live) -> Option<Ending> {
        loop {
            match self.gather(reading, live).await {
                Ok(Some(batch)) => reading.telling = Some(batch),
                // Nobody is left who could be told.
                Ok(None) => return Some(Ending::Closing),
                Err(ending) => return Some(ending),
            }
            if let Err(ending) = self.tell(reading, live).await {
                return Some(ending);
            }
        }
    }

    /// Tells what is left when the server shuts down.
    async fn finish(&self, reading: &mut Reading, live: &Live) -> Ending {
        loop {
            if let Err(ending) = self.tell(reading, live).await {
                return ending;
            }
            reading.telling = self.batch(reading);
            if reading.telling.is_none() {
                return Ending::Closing;
            }
        }
    }

    /// Reads on until a batch is full or due. `None` when its subscribers are another's. Nothing that was gathered
    /// is lost when it is dropped.
    async fn gather(&self, reading: &mut Reading, live: &Live) -> Result<Option<Batch>, Ending> {
        let mut head = live.head();
        loop {
            if reading.gathered.len() >= self.wish.max_size || reading.is_due() {
                return Ok(self.batch(reading));
            }
            // Marks the head as seen: what comes from here on wakes.
            match *head.borrow_and_update() {
                Some(head) if head.log == self.log => {}
                _ => return Err(Ending::Failed(Arc::new(vec![other_log()]))),
            }
            let reach = live.reach(self, reading.gathered.is_empty().then_some(reading.place));
            let through = match reach {
                Reach::Merged => return Ok(None),
                Reach::Wait(mut told) => {
                    let _ = told.changed().await;
                    continue;
                }
                Reach::Through(place) => place,
                Reach::End => i64::MAX,
            };
            if self.read(reading, through).await? {
                continue;
            }
            if through < i64::MAX {
                reading.place = reading.place.max(through);
                reading.due = Some(Instant::now());
            }
            if reading.gathered.is_empty() {
                reading.due = None;
                self.pass(reading.place);
                if through == i64::MAX && live.reached_end(self) {
                    let _ = head.changed().await;
                }
                continue;
            }
            let due = *reading.due.get_or_insert_with(|| Instant::now() + self.wish.max_delay);
            tokio::select! {
                () = sleep_until(due) => return Ok(self.batch(reading)),
                _ = head.changed(), if through == i64::MAX => {}
            }
        }
    }

    /// Reads a page of the log, and gathers what matches of it. False when nothing is left.
    async fn read(&self, reading: &mut Reading, through: i64) -> Result<bool, Ending> {
        let services = &self.operation.executor.services;
        loop {
            let read = async {
                let mut entries = services.log.after(reading.place, PAGE).await?;
                entries.retain(|entry| entry.sequence <= through);
                let Some(last) = entries.last().map(|entry| entry.sequence) else {
                    return Ok::<_, Error>(None);
                };
                let request = scope::Request::begin(Meter::default(), &self.operation.executor.ledger);
                let matching = process::changed(&services.relations, &request, &self.wish.filter, entries);
                Ok(Some((last, request.drive(matching).await?)))
            };
            match read.await {
                Ok(None) => return Ok(false),
                Ok(Some((last, matching))) => {
                    reading.place = last;
                    if !matching.is_empty() {
                        reading.due.get_or_insert_with(|| Instant::now() + self.wish.max_delay);
                    }
                    reading.gathered.extend(matching);
                    return Ok(true);
                }
                Err(error) if error.is_passing() => {
                    tracing::debug!(%error, "a subscription waits for the database");
                    sleep(AGAIN).await;
                }
                Err(error) => return Err(Ending::Failed(Arc::new(vec![error::fault(error)]))),
            }
        }
    }

    /// Takes what was gathered, as much as fits a message.
    fn batch(&self, reading: &mut Reading) -> Option<Batch> {
        let size = reading.gathered.len().min(self.wish.max_size);
        let changes: Arc<[Arc<Entry>]> = reading.gathered.drain(..size).collect();
        let last = changes.last()?.sequence;
        let is_all = reading.gathered.is_empty();
        reading.due = if is_all { None } else { Some(Instant::now()) };
        // What was read behind the last change does not match: it counts as told.
        let to = if is_all { reading.place } else { last };
        Some(Batch { changes, from: *self.told.borrow(), to, missed: None })
    }

    /// Makes the message, and hands it to everyone.
    async fn tell(&self, reading: &mut Reading, live: &Live) -> Result<(), Ending> {
        let Some(batch) = reading.telling.clone() else { return Ok(()) };
        let made = self.operation.say(batch.clone()).await;
        let event = made.map_err(|errors| Ending::Failed(Arc::new(errors)))?;
        live.figures.encoded();
        let said = Arc::new(Said { event: Arc::new(event), batch });
        let mut audience = self.audience();
        for outbox in audience.subscribers.values() {
            outbox.push(said.clone());
        }
        self.told.send_replace(said.batch.to);
        audience.keep(said);
        reading.telling = None;
        Ok(())
    }

    /// Nothing matched up to here.
    fn pass(&self, place: i64) {
        let _audience = self.audience();
        self.told.send_if_modified(|told| {
            let moves = *told < place;
            *told = place.max(*told);
            moves
        });
    }

    /// How far it may read when `live` is the live channel of its question. `place` is where it is, when it has
    /// told all that it gathered.
    pub(super) fn reach_behind(&self, live: &Channel, place: Option<i64>) -> Reach {
        let mut other = live.audience();
        let told = *live.told.borrow();
        let at = *self.told.borrow();
        match place {
            Some(place) if place == told && !other.has_ended => {
                let mut audience = self.audience();
                other.subscribers.extend(audience.subscribers.drain());
                audience.has_ended = true;
                Reach::Merged
            }
            Some(place) if place > told => Reach::Wait(live.told.subscribe()),
            _ => Reach::Through(told.max(at)),
        }
    }

    pub(super) fn set_live(&self) {
        self.is_live.store(true, Relaxed);
    }

    fn audience(&self) -> MutexGuard<'_, Audience> {
        self.audience.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn other_log() -> async_graphql::ServerError {
    let why = "the change log does not go on where it was left: another or a restored database; read anew what you \
               hold and subscribe again without after";
    error::refusal(crate::error::Code::CursorExpired, why)
}

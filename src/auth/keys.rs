//! The API keys that are valid, as this server knows them.
//!
//! They are read whole every few seconds, so that a key which was revoked by another server or by `farol key` ends
//! here within ten; no request waits for that. One that is not among them may have been made since: then the keys
//! are read at once, but once a second at most, whoever asks, and what was read by then counts for all who came
//! before it began. So made-up keys cost one statement a second, however many come.
//!
//! What must stay true: a key that is not known to be valid is never taken for one; a database that is away
//! changes nothing for keys that are known. Uses are gathered and written now and then, so that no request waits for
//! a write.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use chrono::Utc;
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{AuthError, Caller, Identity, Scope, key::ShownKey, plan_of, same_digest};
use crate::{
    lifecycle::Tasks,
    store::{Database, StoreError, entity::api_key::Model, query, write},
    telemetry::meter::Meter,
};

/// What is said of a key that is not among the valid ones.
pub(super) const UNKNOWN: AuthError =
    AuthError::Refused("the API key is none that this server knows: it is wrong, or was revoked");
/// What is said of a text that is no key.
const NO_KEY: AuthError = AuthError::Refused("this is no API key; they read farol_ID_SECRET");

/// How often things are done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How often the keys are read.
    pub refresh: Duration,
    /// How often they are read at most because somebody shows one that is not known.
    pub pause: Duration,
    /// How long a read may take until the database counts as away.
    pub patience: Duration,
    /// How often it is written which keys were used.
    pub record: Duration,
    /// How many requests wait for a read at most. More are refused at once, so that made-up keys do not take the
    /// places of others.
    pub waiting: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(4),
            pause: Duration::from_secs(1),
            patience: Duration::from_secs(4),
            record: Duration::from_mins(1),
            waiting: 64,
        }
    }
}

/// The keys, and the task that reads them. Clones share them.
#[derive(Clone)]
pub struct KeyRing(Arc<Shared>);

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    id: Arc<str>,
    digest: [u8; 32],
    scope: Scope,
    plan: Option<Arc<str>>,
}

type Keys = HashMap<Arc<str>, Arc<Known>>;

struct Shared {
    /// Has a connection of its own, so that a revoked key ends in time however many requests wait.
    database: Database,
    options: Options,
    keys: watch::Sender<Keys>,
    /// Counts those who asked for a read.
    asked: AtomicU64,
    /// Counts the reads.
    reads: AtomicU64,
    /// Held while the keys are read, and while one waits to read them.
    reader: tokio::sync::Mutex<Reader>,
    places: Semaphore,
    /// Keys used since that was written.
    used: Mutex<HashSet<Arc<str>>>,
}

#[derive(Default)]
struct Reader {
    /// The last one who had asked before the last read began.
    answered: u64,
    /// When the keys were last read because of one that was not known.
    last_asked: Option<Instant>,
    /// The last read failed.
    is_away: bool,
}

impl KeyRing {
    /// Reads the keys and goes on to do so until `shutdown`. Where they cannot be read, none is known until they
    /// can.
    pub async fn start(
        database: &Database,
        options: Options,
        tasks: &Tasks,
        shutdown: CancellationToken,
    ) -> Self {
        let ring = Self(Arc::new(Shared {
            database: database.with_own_reader(),
            options,
            keys: watch::Sender::default(),
            asked: AtomicU64::default(),
            reads: AtomicU64::default(),
            reader: tokio::sync::Mutex::default(),
            places: Semaphore::new(options.waiting),
            used: Mutex::default(),
        }));
        ring.0.read(&mut *ring.0.reader.lock().await).await;
        let shared = ring.0.clone();
        tasks.spawn(async move {
            let both = async { tokio::join!(shared.refresh(), shared.record()) };
            let _ = shutdown.run_until_cancelled(both).await;
            shared.write_uses().await;
            shared.database.close_readers().await;
        });
        ring
    }

    /// How often the keys were read.
    pub fn reads(&self) -> u64 {
        self.0.reads.load(SeqCst)
    }

    /// Who shows this key.
    pub(super) async fn caller(&self, shown: &[u8]) -> Result<Caller, AuthError> {
        let key = ShownKey::read(shown).ok_or(NO_KEY)?;
        let known = match self.0.known(key.id()) {
            Some(known) => known,
            None => self.0.ask_for(key.id()).await?,
        };
        if !same_digest(&known.digest, &key.digest()) {
            return Err(UNKNOWN);
        }
        self.0.used().insert(known.id.clone());
        let (identity, plan) = (Identity::Key(known.id.clone()), known.plan.clone());
        Ok(Caller { identity, scope: known.scope, plan, expires: None })
    }

    /// Completes when this key is not valid any more.
    pub(super) fn ended(&self, id: Arc<str>) -> impl Future<Output = ()> + Send + use<> {
        let mut keys = self.0.keys.subscribe();
        async move {
            // Fails when the ring is gone, and with it whoever would be told of an end.
            if keys.wait_for(|keys| !keys.contains_key(&id)).await.is_err() {
                pending::<()>().await;
            }
        }
    }
}

impl Shared {
    fn known(&self, id: &str) -> Option<Arc<Known>> {
        self.keys.borrow().get(id).cloned()
    }

    /// Looks for a key that is not known, in what is read after this call.
    async fn ask_for(&self, id: &str) -> Result<Arc<Known>, AuthError> {
        let _place = self.places.try_acquire().map_err(|_| AuthError::Unavailable)?;
        let mine = self.asked.fetch_add(1, SeqCst) + 1;
        let mut reader = self.reader.lock().await;
        if reader.answered < mine {
            if let Some(last) = reader.last_asked {
                sleep_until(last + self.options.pause).await;
            }
            reader.last_asked = Some(Instant::now());
            self.read(&mut reader).await;
        }
        let otherwise = if reader.is_away { AuthError::Unavailable } else { UNKNOWN };
        self.known(id).ok_or(otherwise)
    }

    /// Reads the keys. Where that fails, those that are known stay.
    async fn read(&self, reader: &mut Reader) {
        let answers = self.asked.load(SeqCst);
        self.reads.fetch_add(1, SeqCst);
        // What this costs is no request's. Boxed, for it is large and becomes a part of the caller's.
        let meter = Meter::default();
        let read = meter.measure(Box::pin(query::api_key::valid(&self.database)));
        let read = timeout(self.options.patience, read).await;
        let limit_ms = u64::try_from(self.options.patience.as_millis()).unwrap_or(u64::MAX);
        let read = read.unwrap_or(Err(StoreError::Timeout { limit_ms }));
        reader.tell(read.as_ref().err());
        reader.answered = answers;
        if let Ok(rows) = read {
            let read: Keys = rows.into_iter().filter_map(Known::of).collect();
            // Only those wake who wait for an end, and only when something changed.
            self.keys.send_if_modified(|keys| {
                let changed = *keys != read;
                *keys = read;
                changed
            });
        }
    }

    async fn refresh(&self) {
        let mut timer = later(self.options.refresh);
        loop {
            timer.tick().await;
            self.read(&mut *self.reader.lock().await).await;
        }
    }

    async fn record(&self) {
        let mut timer = later(self.options.record);
        loop {
            timer.tick().await;
            self.write_uses().await;
        }
    }

    /// Writes which keys were used since the last time. What cannot be written is kept for the next time.
    async fn write_uses(&self) {
        let used = std::mem::take(&mut *self.used());
        if used.is_empty() {
            return;
        }
        let ids: Vec<String> = used.iter().map(|id| id.as_ref().to_owned()).collect();
        if let Err(error) = write::api_key::used(&self.database, &ids, Utc::now()).await {
            tracing::debug!(%error, keys = ids.len(), "it could not be written which API keys were used");
            self.used().extend(used);
        }
    }

    fn used(&self) -> MutexGuard<'_, HashSet<Arc<str>>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Reads a row. One that a later farol wrote and this one does not understand is no key.
    fn of(row: Model) -> Option<(Arc<str>, Arc<Self>)> {
        let id: Arc<str> = row.id.into();
        let digest = row.digest.try_into().ok()?;
        let plan = row.plan.as_deref().and_then(plan_of);
        let known = Self { id: id.clone(), digest, scope: Scope::parse(&row.scope)?, plan };
        Some((id, Arc::new(known)))
    }
}

impl Reader {
    /// Tells once that the keys are out of reach, and once that they are read again.
    fn tell(&mut self, error: Option<&StoreError>) {
        match error {
            Some(error) if !self.is_away => {
                tracing::warn!(%error, "the API keys cannot be read: new and revoked ones are not seen");
            }
            None if self.is_away => tracing::info!("the API keys are read again"),
            _ => {}
        }
        self.is_away = error.is_some();
    }
}

/// Ticks for the first time when so much time has passed.
fn later(every: Duration) -> Interval {
    let mut timer = interval_at(Instant::now() + every, every);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    timer
}

/// How many keys are valid, and none of them.
impl std::fmt::Debug for KeyRing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "KeyRing({})", self.0.keys.borrow().len())
    }
}

//! The API keys that are valid, as this server knows them.
//!
//! One task reads them whole every few seconds, so that a key which was revoked by another server or by `farol key`
//! ends here within ten; no request waits for that. One that is not among them may have been made since: then the
//! task reads at once, but once a second at most, whoever asks, and what was read by then counts for all who came
//! before it began. So made-up keys cost one statement a second, however many come, and whoever goes away while he
//! waits leaves the read to the others.
//!
//! What must stay true: a key that is not known to be valid is never taken for one; a database that is away
//! changes nothing for keys that are known. Uses are gathered and written now and then, so that no request waits for
//! a write.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use chrono::Utc;
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{AuthError, Caller, Identity, Scope, key::ShownKey, plan_of, same_digest};
use crate::{
    lifecycle::Tasks,
    ocds::model::Time,
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
    /// Has a connection of its own and no breaker, so that a revoked key ends in time however the requests fare.
    database: Database,
    options: Options,
    keys: watch::Sender<Keys>,
    /// Counts those who asked for a read.
    asked: AtomicU64,
    /// Wakes the task for them.
    wanted: Notify,
    /// What the last read came to. Changed only by the task.
    answered: watch::Sender<Answered>,
    /// Counts the reads.
    reads: AtomicU64,
    places: Semaphore,
    /// When keys were last used, since that was written.
    used: Mutex<HashMap<Arc<str>, Time>>,
}

#[derive(Clone, Copy, Default)]
struct Answered {
    /// The last one who had asked before the last read began.
    asker: u64,
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
            database: database.with_own_reader().without_breaker(),
            options,
            keys: watch::Sender::default(),
            asked: AtomicU64::default(),
            wanted: Notify::default(),
            answered: watch::Sender::default(),
            reads: AtomicU64::default(),
            places: Semaphore::new(options.waiting),
            used: Mutex::default(),
        }));
        ring.0.read().await;
        let shared = ring.0.clone();
        tasks.spawn(async move {
            // Boxed, for a task keeps room for whatever is moved within it.
            let both = Box::pin(async { tokio::join!(shared.refresh(), shared.record()) });
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
        self.used(&known.id);
        let (identity, plan) = (Identity::Key(known.id.clone()), known.plan.clone());
        Ok(Caller { identity, scope: known.scope, plan, ..Caller::default() })
    }

    /// Notes that a key is used just now: it was shown, or somebody asks for something over what he opened with it.
    pub(super) fn used(&self, id: &Arc<str>) {
        self.0.used().insert(id.clone(), Utc::now());
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
        let mut answers = self.answered.subscribe();
        self.wanted.notify_one();
        // A read may be under way, then one waits for the next, which may have to wait for its time.
        let longest = self.options.pause + 2 * self.options.patience;
        let answered = timeout(longest, answers.wait_for(|answered| answered.asker >= mine)).await;
        let is_away = answered.map_or(true, |answered| answered.map_or(true, |answered| answered.is_away));
        self.known(id).ok_or(if is_away { AuthError::Unavailable } else { UNKNOWN })
    }

    /// Reads the keys. Where that fails, those that are known stay.
    async fn read(&self) {
        let asker = self.asked.load(SeqCst);
        self.reads.fetch_add(1, SeqCst);
        // What this costs is no request's.
        let meter = Meter::default();
        let read = meter.measure(query::api_key::valid(&self.database));
        let read = timeout(self.options.patience, read).await;
        let limit_ms = u64::try_from(self.options.patience.as_millis()).unwrap_or(u64::MAX);
        let read = read.unwrap_or(Err(StoreError::Timeout { limit_ms }));
        let is_away = read.is_err();
        self.tell(read.as_ref().err());
        if let Ok(rows) = read {
            let read: Keys = rows.into_iter().filter_map(Known::of).collect();
            // Only those wake who wait for an end, and only when something changed.
            self.keys.send_if_modified(|keys| {
                let changed = *keys != read;
                *keys = read;
                changed
            });
        }
        self.answered.send_replace(Answered { asker, is_away });
    }

    /// Tells once that the keys are out of reach, and once that they are read again.
    fn tell(&self, error: Option<&StoreError>) {
        let was_away = self.answered.borrow().is_away;
        match error {
            Some(error) if !was_away => {
                tracing::warn!(%error, "the API keys cannot be read: new and revoked ones are not seen");
            }
            None if was_away => tracing::info!("the API keys are read again"),
            _ => {}
        }
    }

    async fn refresh(&self) {
        let mut timer = later(self.options.refresh);
        let mut last_asked: Option<Instant> = None;
        loop {
            tokio::select! {
                _ = timer.tick() => {}
                () = self.wanted.notified() => {
                    if let Some(last) = last_asked {
                        sleep_until(last + self.options.pause).await;
                    }
                    last_asked = Some(Instant::now());
                }
            }
            self.read().await;
        }
    }

    async fn record(&self) {
        let mut timer = later(self.options.record);
        loop {
            timer.tick().await;
            self.write_uses().await;
        }
    }

    /// Writes when keys were used since the last time. What cannot be written is kept for the next time.
    async fn write_uses(&self) {
        let used = std::mem::take(&mut *self.used());
        if used.is_empty() {
            return;
        }
        let noted: Vec<(String, Time)> = used.iter().map(|(id, at)| (id.as_ref().to_owned(), *at)).collect();
        if let Err(error) = write::api_key::used(&self.database, &noted).await {
            tracing::debug!(%error, keys = noted.len(), "it could not be written which API keys were used");
            let mut now = self.used();
            for (id, at) in used {
                // Whoever used it meanwhile has used it later.
                now.entry(id).or_insert(at);
            }
        }
    }

    fn used(&self) -> MutexGuard<'_, HashMap<Arc<str>, Time>> {
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

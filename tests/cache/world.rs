//! A small world to cache: numbers that are written by key, and a batch that reads them when it is let.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use farol::{
    cache::{
        Cached, Capacity, Found, Ledger, Relation as Kept, Slot, Tag, Tagged, Tags, Tiers,
        policy::{FIELDS, Lifetimes, Policy},
    },
    loader::{Batch, Limits, Relation, RequestScope},
    telemetry::meter::Meter,
};
use tokio::sync::Notify;

/// What is stored: the versions of keys, and the log of their writes.
#[derive(Default)]
pub(crate) struct World {
    versions: Mutex<BTreeMap<i64, i64>>,
    head: Mutex<i64>,
    /// Polls that a load takes before it reads and after.
    pub(crate) pace: Mutex<(usize, usize)>,
    /// Time that a load takes.
    pub(crate) delay: Mutex<Duration>,
    pub(crate) fails: Mutex<bool>,
    /// Holds the next load, when it has read, until it is told.
    hold: Mutex<Option<Arc<Notify>>>,
    pub(crate) loads: AtomicU64,
    pub(crate) keys_loaded: AtomicU64,
}

/// Reads the versions of keys; a key that was never written has none.
#[derive(Clone)]
pub(crate) struct Versions(pub(crate) Arc<World>);

/// The relation of a world.
pub(crate) type Source = Relation<i64, Cached<i64, Versions>>;

impl World {
    /// Commits a write: its sequence. The ledger learns of it when it is marked.
    pub(crate) fn write(&self, key: i64) -> i64 {
        let mut head = self.head.lock().unwrap();
        *head += 1;
        self.versions.lock().unwrap().insert(key, *head);
        *head
    }

    pub(crate) fn version(&self, key: i64) -> Option<i64> {
        self.versions.lock().unwrap().get(&key).copied()
    }

    /// Has the next load held when it has read, until what this gives is told.
    pub(crate) fn hold(&self) -> Arc<Notify> {
        self.hold.lock().unwrap().insert(Arc::default()).clone()
    }

    /// Whether a load is still to come that is to be held.
    pub(crate) fn is_to_hold(&self) -> bool {
        self.hold.lock().unwrap().is_some()
    }

    pub(crate) fn loads(&self) -> u64 {
        self.loads.load(Ordering::SeqCst)
    }
}

impl Batch<i64> for Versions {
    type Value = i64;
    type Error = &'static str;

    async fn load(&self, keys: &[i64]) -> Result<HashMap<i64, i64>, &'static str> {
        self.0.loads.fetch_add(1, Ordering::SeqCst);
        self.0.keys_loaded.fetch_add(keys.len() as u64, Ordering::SeqCst);
        let ((before, behind), delay) = (*self.0.pace.lock().unwrap(), *self.0.delay.lock().unwrap());
        polls(before).await;
        let found = keys.iter().filter_map(|key| Some((*key, self.0.version(*key)?))).collect();
        let hold = self.0.hold.lock().unwrap().take();
        if let Some(told) = hold {
            told.notified().await;
        }
        polls(behind).await;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if *self.0.fails.lock().unwrap() { Err("no") } else { Ok(found) }
    }
}

impl Tagged<i64> for Versions {
    fn tag(&self, key: &i64, _: Option<&i64>, tags: &mut Tags) {
        tags.add(Tag::Process(*key));
    }
}

pub(crate) async fn polls(number: usize) {
    for _ in 0..number {
        tokio::task::yield_now().await;
    }
}

/// Marks a write and passes it.
pub(crate) fn mark(ledger: &Ledger, sequence: i64, key: i64) {
    ledger.mark(sequence, [Slot::of(Tag::Process(key))]);
    ledger.advance(sequence);
}

/// Tiers in memory over a ledger that follows from the beginning.
pub(crate) fn tiers(lifetime: Duration) -> (Arc<Ledger>, Arc<Tiers>) {
    let ledger = Arc::new(Ledger::default());
    ledger.open(0, 0);
    let lifetimes = Lifetimes { memory: lifetime, ..Lifetimes::default() };
    let tiers = Tiers::new(ledger.clone(), None, Capacity { bytes: 1 << 20, lifetimes });
    (ledger, Arc::new(tiers))
}

/// The relation that reads a world behind tiers.
pub(crate) fn source(world: &Arc<World>, tiers: &Arc<Tiers>, policy: Policy) -> Source {
    let kept = Kept { name: "versions".to_owned(), number: 0, policy };
    let cached = Cached::new(Versions(world.clone()), kept, Some(tiers.clone()));
    Relation::new(cached, Limits { in_flight: usize::MAX, largest: 100 })
}

/// Asks for a key in a request of its own.
pub(crate) async fn ask(source: &Source, key: i64) -> Result<Found<i64>, String> {
    let scope = RequestScope::new(Meter::default());
    let found = scope.drive(scope.load(source, key)).await;
    found.map(Option::unwrap).map_err(|error| error.to_string())
}

/// The policy of fields, without Redis.
pub(crate) const POLICY: Policy = FIELDS;

//! One merged batch: begun by the dispatcher, run in a task of its own, answered to every waiter.

use std::{
    any::Any,
    collections::{HashMap, HashSet},
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Instant,
};

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, Span};

use super::{
    batch::{Batch, Key, LoadError},
    relation::{Dispatcher, KeySet, Slot},
};
use crate::telemetry::meter::{Meter, Reading};

/// A waiter's share in its flight, empty until the set has left. When the last share of a flight is
/// dropped, the flight is aborted.
pub(super) type Hold = Arc<OnceLock<Arc<Airborne>>>;

/// A flight under way.
pub(super) struct Airborne {
    /// Its number within its relation.
    pub(super) number: u64,
    left: Instant,
    meter: Meter,
    _task: AbortOnDropHandle<()>,
}

/// What a waiter gets: its flight, or that it is lost.
pub(super) type Returned<K, B> = Result<Arc<Landed<K, B>>, LoadError<<B as Batch<K>>::Error>>;

/// A flight that has returned: the same for all its waiters.
pub(super) struct Landed<K: Key, B: Batch<K>> {
    /// The flight's number within its relation. A request with two sets aboard counts it once.
    pub(super) number: u64,
    /// What the flight cost.
    pub(super) reading: Reading,
    outcome: Result<HashMap<K, B::Value>, LoadError<B::Error>>,
}

/// Starts a flight in the slot. The waiters hold its task; it is never held by the slot itself, so
/// that it ends with the last of them.
pub(super) fn launch<K: Key, B: Batch<K>>(
    runtime: &Handle,
    slot: Slot<K, B>,
    number: u64,
    sets: Vec<KeySet<K, B>>,
) {
    // The others ask for what they would have asked for anyway: the flight is the first one's.
    let span = sets.first().map_or_else(Span::none, |set| set.span.clone());
    let (holds, aboard): (Vec<_>, Vec<_>) =
        sets.into_iter().map(|set| (set.hold, (set.keys, set.answer))).unzip();
    let (left, meter) = (Instant::now(), Meter::default());
    let counting = meter.clone();
    let task = runtime.spawn(async move {
        let (sets, answers): (Vec<_>, Vec<_>) = aboard.into_iter().unzip();
        let landed = Arc::new(fly(&slot.0, number, &sets, counting).instrument(span).await);
        // The next flight leaves before the waiters go on: the database is busy while they work.
        drop(slot);
        for answer in answers {
            // A waiter may have gone meanwhile: then nobody misses its answer.
            let _ = answer.send(landed.clone());
        }
    });
    let airborne = Arc::new(Airborne { number, left, meter, _task: AbortOnDropHandle::new(task) });
    for hold in holds {
        // The only place that fills a hold, and a set flies once.
        let _ = hold.set(airborne.clone());
    }
}

impl Airborne {
    /// What it has cost until now.
    pub(super) fn reading(&self) -> Reading {
        self.meter.read_early(self.left)
    }
}

impl<K: Key, B: Batch<K>> Landed<K, B> {
    /// The answer to one of the flight's keys.
    pub(super) fn answer(&self, key: &K) -> Result<Option<B::Value>, LoadError<B::Error>> {
        match &self.outcome {
            Ok(values) => Ok(values.get(key).cloned()),
            Err(error) => Err(error.clone()),
        }
    }
}

async fn fly<K: Key, B: Batch<K>>(
    dispatcher: &Dispatcher<K, B>,
    number: u64,
    sets: &[Arc<Vec<K>>],
    meter: Meter,
) -> Landed<K, B> {
    let load = async {
        match sets {
            [only] => load_in_parts(dispatcher, only).await,
            sets => load_in_parts(dispatcher, &merge(sets)).await,
        }
    };
    // The batch function is called afresh for the next flight and nothing of ours is shared with it
    // in between: whatever state it keeps is its own to keep sound.
    let outcome = meter.measure(AssertUnwindSafe(load).catch_unwind()).await;
    let outcome = match outcome {
        Ok(Ok(values)) => Ok(values),
        Ok(Err(error)) => Err(LoadError::Batch(error)),
        Err(panic) => Err(LoadError::Panicked {
            function: dispatcher.batch.name().into(),
            message: panic_message(&*panic),
        }),
    };
    Landed { number, reading: meter.read(), outcome }
}

/// The keys of several sets, each once, in order of arrival.
fn merge<K: Key>(sets: &[Arc<Vec<K>>]) -> Vec<K> {
    let mut seen = HashSet::with_capacity(sets.iter().map(|keys| keys.len()).sum());
    sets.iter().flat_map(|keys| keys.iter()).filter(|key| seen.insert(*key)).cloned().collect()
}

/// Calls the batch function once, or several times in turn for more keys than it takes: a slot
/// stands for one statement at a time.
async fn load_in_parts<K: Key, B: Batch<K>>(
    dispatcher: &Dispatcher<K, B>,
    keys: &[K],
) -> Result<HashMap<K, B::Value>, B::Error> {
    if keys.len() <= dispatcher.limits.largest {
        return dispatcher.batch.load(keys).await;
    }
    let mut values = HashMap::with_capacity(keys.len());
    for part in keys.chunks(dispatcher.limits.largest) {
        values.extend(dispatcher.batch.load(part).await?);
    }
    Ok(values)
}

fn panic_message(panic: &(dyn Any + Send)) -> Arc<str> {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").into()
}

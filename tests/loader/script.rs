//! A batch function whose every call is played by the test: no sleeps, no chance.

use std::{collections::HashMap, time::Duration};

use farol::{
    loader::{Batch, Limits, LoadError, Relation, RequestScope},
    telemetry::meter::{Meter, record_statement},
};
use tokio::sync::{mpsc, oneshot};

/// The relation of most tests: the value of a key is its tenfold, and multiples of 100 are absent.
pub(crate) type Scripted = Relation<u32, Script>;

/// What a load of a scripted relation gives.
pub(crate) type Loaded = Result<Option<u64>, LoadError<String>>;

/// Hands each call to the test and waits for what it plays. One statement per call.
pub(crate) struct Script(mpsc::UnboundedSender<Call>);

/// The calls of a scripted relation, in order.
pub(crate) struct Calls(mpsc::UnboundedReceiver<Call>);

/// A call that waits to be played.
pub(crate) struct Call {
    pub(crate) keys: Vec<u32>,
    play: oneshot::Sender<Play>,
}

enum Play {
    Values,
    Error(String),
    Panic(String),
}

/// The value of a key.
pub(crate) fn value(key: u32) -> Option<u64> {
    (!key.is_multiple_of(100)).then_some(u64::from(key) * 10)
}

/// A relation and its calls.
pub(crate) fn scripted(in_flight: usize, largest: usize) -> (Scripted, Calls) {
    let (sender, calls) = mpsc::unbounded_channel();
    (Relation::new(Script(sender), Limits { in_flight, largest }), Calls(calls))
}

/// A scope and the meter that it counts into.
pub(crate) fn metered() -> (RequestScope, Meter) {
    let meter = Meter::default();
    (RequestScope::new(meter.clone()), meter)
}

/// Starts a request of its own that loads `keys` at once.
pub(crate) fn request(relation: &Scripted, keys: &[u32]) -> tokio::task::JoinHandle<Vec<Loaded>> {
    request_in(metered().0, relation, keys)
}

/// The same in a given scope.
pub(crate) fn request_in(
    scope: RequestScope,
    relation: &Scripted,
    keys: &[u32],
) -> tokio::task::JoinHandle<Vec<Loaded>> {
    let (relation, keys) = (relation.clone(), keys.to_vec());
    tokio::spawn(async move {
        let loads = keys.into_iter().map(|key| scope.load(&relation, key));
        scope.drive(futures_util::future::join_all(loads)).await
    })
}

/// The answers to `keys` when all is well.
pub(crate) fn values(keys: &[u32]) -> Vec<Loaded> {
    keys.iter().map(|key| Ok(value(*key))).collect()
}

/// Lets every task run until all of them wait. Tests run on one thread, in order.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

impl Batch<u32> for Script {
    type Value = u64;
    type Error = String;

    async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u64>, String> {
        let (play, played) = oneshot::channel();
        self.0.send(Call { keys: keys.to_vec(), play }).map_err(|_| "the test is over")?;
        record_statement(Duration::from_micros(5));
        match played.await.map_err(|_| "the test dropped the call")? {
            Play::Values => Ok(keys.iter().filter_map(|key| Some((*key, value(*key)?))).collect()),
            Play::Error(message) => Err(message),
            Play::Panic(message) => panic!("{message}"),
        }
    }
}

impl Calls {
    /// The next call, once it is made.
    pub(crate) async fn next(&mut self) -> Call {
        self.0.recv().await.expect("the relation is alive")
    }

    /// Takes a call that has been made already.
    pub(crate) fn made(&mut self) -> Option<Call> {
        self.0.try_recv().ok()
    }

    /// Answers the next call with the values of its keys, and gives the keys.
    pub(crate) async fn answer_next(&mut self) -> Vec<u32> {
        self.next().await.answer()
    }
}

impl Call {
    /// Returns the values of the keys, which it gives.
    pub(crate) fn answer(self) -> Vec<u32> {
        let _ = self.play.send(Play::Values);
        self.keys
    }

    /// Fails the call.
    pub(crate) fn fail(self, message: &str) {
        let _ = self.play.send(Play::Error(message.into()));
    }

    /// Lets the call panic.
    pub(crate) fn panic(self, message: &str) {
        let _ = self.play.send(Play::Panic(message.into()));
    }

    /// Returns when the call has been cancelled.
    pub(crate) async fn cancelled(mut self) {
        self.play.closed().await;
    }

    /// True when the call has been cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.play.is_closed()
    }
}

//! Several servers over one database, which tell each other by Redis what they read of its log.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::Utc;
use farol::{
    cache::{
        Ledger,
        shared::{self, Shared},
    },
    events::{self, Options, Recent, Tail},
    lifecycle::{Drained, Tasks},
    store::{Database, query::changes::Entry},
};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::world::{NEVER, append, change};
use crate::support::{RedisServer, TestDatabase};

/// The key of the lock, and of the stream.
pub(super) const LOCK: &str = "farol:2:test:log:relay";
pub(super) const STREAM: &str = "farol:2:test:log:batches";

/// Entries in the order they were seen, and when.
type Seen = Arc<Mutex<Vec<(Instant, Arc<Entry>)>>>;

/// A server, as far as it follows the log; and all that is seen there of it, from where it was at the start.
pub(super) struct Node {
    pub(super) tail: Tail,
    begun: i64,
    seen: Seen,
    _listening: AbortOnDropHandle<()>,
    tasks: Tasks,
    shutdown: CancellationToken,
}

/// Looks at the log often as long as nobody feeds it, and never while somebody does.
pub(super) fn only_fed() -> Options {
    Options { interval: Duration::from_millis(20), fed_interval: NEVER, ..Options::default() }
}

impl Node {
    /// Starts one, which shares by Redis what it reads.
    pub(super) async fn start(database: &TestDatabase, redis: &RedisServer, options: Options) -> Self {
        let node = Self::start_alone(database, options).await;
        let settings = shared::Options {
            url: redis.url().into(),
            ca_file: None,
            // However busy the machine.
            timeout: Duration::from_secs(1),
            namespace: "test".to_owned(),
        };
        let shared = Shared::connect(&settings).await.unwrap();
        events::share(&node.tail, &shared, &node.tasks, node.shutdown.clone());
        node
    }

    /// Starts one without Redis.
    pub(super) async fn start_alone(database: &TestDatabase, options: Options) -> Self {
        let (tasks, shutdown) = (Tasks::default(), CancellationToken::new());
        let store = database.open_with(2).await;
        let tail = Tail::start(&store, Arc::<Ledger>::default(), options, &tasks, shutdown.clone());
        tail.catch_up().await.unwrap();
        let seen = Arc::default();
        let begun = tail.recent().head().borrow().map_or(0, |head| head.sequence);
        let listening = tokio::spawn(listen(tail.recent(), begun, Arc::clone(&seen)));
        Self { tail, begun, seen, _listening: AbortOnDropHandle::new(listening), tasks, shutdown }
    }

    /// All that was seen, in the order it was.
    pub(super) fn seen(&self) -> Vec<Arc<Entry>> {
        self.seen.lock().unwrap().iter().map(|(_, entry)| entry.clone()).collect()
    }

    pub(super) fn sequences(&self) -> Vec<i64> {
        self.seen().iter().map(|entry| entry.sequence).collect()
    }

    /// Whether every entry from the start up to this one was seen, once and in order, where a log has no holes.
    pub(super) fn has_all(&self, sequence: i64) -> bool {
        self.sequences().into_iter().eq(self.begun + 1..=sequence)
    }

    /// When each was seen.
    pub(super) fn moments(&self) -> Vec<(Instant, i64)> {
        self.seen.lock().unwrap().iter().map(|(at, entry)| (*at, entry.sequence)).collect()
    }

    /// How far the log was seen.
    fn reach(&self) -> i64 {
        self.seen.lock().unwrap().last().map_or(self.begun, |(_, entry)| entry.sequence)
    }

    /// How far the log is known.
    pub(super) fn place(&self) -> i64 {
        self.tail.recent().head().borrow().map_or(0, |head| head.sequence)
    }

    /// Which log it is.
    pub(super) fn log(&self) -> u64 {
        self.tail.recent().head().borrow().map_or(0, |head| head.log)
    }

    /// Ends as a server does that is told to.
    pub(super) async fn end(self) {
        self.shutdown.cancel();
        assert_eq!(self.tasks.drain(Duration::from_secs(30)).await, Drained::Clean);
    }

    /// Ends without a word: what it does is dropped where it stands.
    pub(super) async fn die(self) -> Vec<Arc<Entry>> {
        assert_ne!(self.tasks.drain(Duration::ZERO).await, Drained::Clean);
        self.seen()
    }
}

/// Gathers what is appended behind a place. Ends when the log is another one, or too much comes at once.
async fn listen(recent: Arc<Recent>, mut place: i64, seen: Seen) {
    let mut head = recent.head();
    head.mark_changed();
    while head.changed().await.is_ok() {
        let Some(now) = head.borrow_and_update().filter(|now| now.log == 0) else { return };
        while place < now.sequence {
            let Some(entries) = recent.after(place, usize::MAX) else { return };
            place = entries.last().map_or(place, |entry| entry.sequence);
            let moment = Instant::now();
            seen.lock().unwrap().extend(entries.into_iter().map(|entry| (moment, entry)));
        }
    }
}

/// Waits until something is so.
pub(super) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_mins(1), waiting).await.unwrap_or_else(|_| panic!("it never was so that {what}"));
}

/// Waits until all nodes have seen the log up to a sequence.
pub(super) async fn until_known(nodes: &[&Node], sequence: i64) {
    until("every node knows what was written", async || nodes.iter().all(|node| node.reach() >= sequence))
        .await;
}

/// Waits until somebody relays.
pub(super) async fn until_relayed(redis: &RedisServer) {
    until("somebody relays", async || redis.ask::<bool>(&["EXISTS", LOCK]).await).await;
}

/// Writes until changes come to a node without a look of its own at the log.
pub(super) async fn until_fed(node: &Node, writer: &Database) {
    until("the node is fed", async || {
        let (looks, before) = (node.tail.looks(), node.place());
        append(writer, Utc::now(), &[change(1)]).await;
        until_known(&[node], before + 1).await;
        node.tail.looks() == looks
    })
    .await;
}

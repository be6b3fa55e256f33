//! What the parts of a server count by themselves: read together, when somebody wants to see it.
//!
//! Plain numbers without a thought of who shows them: the metrics, and the detailed health.

use std::{sync::Arc, time::Duration};

use super::live::Subscriptions;
use crate::cache::{self, response};

/// Reads the figures of everything that the HTTP layer does not know itself. Called at each look: it must not wait.
pub type Source = Arc<dyn Fn() -> Figures + Send + Sync>;

/// Everything there is; `None` for what this server does not have.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// The cache of whole responses.
    pub responses: Option<response::Figures>,
    /// The cache of rows and fields.
    pub values: Option<cache::Figures>,
    /// Subscriptions.
    pub subscriptions: Option<Subscriptions>,
    /// The connections that read the database.
    pub pool: Option<Pool>,
    /// The door and the queue.
    pub admission: Option<Admission>,
    /// The buckets of callers.
    pub rate_limit: Option<RateLimit>,
    /// What watches the database.
    pub database: Option<Breaker>,
    /// What watches Redis.
    pub redis: Option<Breaker>,
}

/// Connections of one kind to the database, now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// Those that nobody uses.
    pub idle: u64,
    /// Those in use, being opened, or being recovered from a statement that was given up.
    pub in_use: u64,
    /// How many there may be.
    pub most: u64,
    /// Statements that wait for one.
    pub waiting: u64,
}

/// What waits, what is done, and what was turned away. Lists are by class: admin, mutation, interactive, background.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Requests past the door now.
    pub in_flight: u64,
    /// Operations being executed now.
    pub executing: u64,
    /// Operations that wait now.
    pub queued: [u64; 4],
    /// Operations let through so far.
    pub admitted: [u64; 4],
    /// Operations turned away by the queue so far, each for being full, expired or pushed out.
    pub shed: [[u64; 3]; 4],
    /// Requests turned away at the door so far.
    pub shed_at_door: u64,
}

/// What callers' buckets decided so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// By the bucket of requests.
    pub requests: Decisions,
    /// By the bucket of cost.
    pub cost: Decisions,
    /// Decisions of Redis, for all nodes.
    pub by_redis: u64,
    /// Decisions of this node's memory.
    pub by_memory: u64,
    /// Buckets in this node's memory now.
    pub buckets: u64,
}

/// Decisions of one kind of bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// There was enough.
    pub allowed: u64,
    /// There was not.
    pub refused: u64,
}

/// What watches over a dependency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// Whether the dependency is asked.
    pub state: BreakerState,
    /// How often it came to be asked no more.
    pub opened: u64,
}

/// Whether a dependency is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BreakerState {
    /// It is.
    #[default]
    Closed,
    /// A few are, to see whether it is there again.
    HalfOpen,
    /// It is not.
    Open,
}

impl BreakerState {
    /// The word for it in the detailed health.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }
}

/// How one operation went, for its metrics.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// Estimated cost, where it is known.
    pub cost: Option<u64>,
    /// Actual cost, where it was counted.
    pub actual_cost: Option<u64>,
    /// How long it waited to be executed; zero when it never had to.
    pub queued: Duration,
    /// SQL statements it needed.
    pub statements: u64,
}

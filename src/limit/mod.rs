//! How much may be asked: rates of each caller, how much is done at a time, and what is not asked while it fails.
//!
//! Knows Redis, and neither HTTP nor GraphQL nor SQL. In reading order: [`Door`] caps what is in the house at
//! all; [`RateLimiter`] has a bucket for each caller by his [`Plan`]; [`Queue`] lets as much be executed at a
//! time as the machine takes, and makes the rest wait its turn or go away at once; [`Breaker`] stops
//! asking a service that fails.

mod account;
mod breaker;
mod bucket;
mod door;
mod plan;
mod queue;
mod rate;

pub use self::{
    account::{Account, Charge},
    breaker::{Breaker, BreakerOptions, BreakerState, Open, Permit},
    bucket::{Rule, Verdict},
    door::{Door, DoorFigures, Guard},
    plan::{Plan, Plans, Resource},
    queue::{Class, Place, Queue, QueueFigures, QueueOptions, Reason, Shed},
    rate::{RateFigures, RateLimiter},
};

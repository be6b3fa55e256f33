//! What an operation needs before it is executed: its price is paid, and it has a place.
//!
//! What must stay true: only what is to be executed pays and waits, so an answer that is kept does neither; who
//! has a place waits for nobody who may still be waiting for one.

use async_graphql::ServerError;

use super::Engine;
use crate::{
    auth::{Identity, Scope},
    error::Code,
    graphql::{
        admission::Entry,
        call::{Call, CostReport},
        error::{RETRY_AFTER, Refused, refusal, seconds},
        execution::Stats,
    },
    limit::{Account, Charge, Class, Place, Queue, Shed, Verdict},
};

/// What an operation has while it is executed.
#[derive(Default)]
pub(super) struct Begun<'a> {
    /// What was paid, and from which account.
    paid: Option<(&'a Account, u64)>,
    /// Free for the next when it is dropped.
    _place: Option<Place>,
}

impl Begun<'_> {
    /// Whether it matters what the answer did cost.
    pub(super) fn is_charged(&self) -> bool {
        self.paid.is_some()
    }

    /// Pays back what the answer did not cost, where that is known, and leaves the place. The caller is told what is
    /// left with it.
    pub(super) fn end(self, actual: Option<u64>, stats: &mut Stats) {
        if let (Some((account, units)), Some(actual)) = (self.paid, actual) {
            let back = units.saturating_sub(actual);
            account.give_back(back);
            stats.put_back(back);
        }
    }
}

impl Engine {
    /// The same with a queue that operations wait in before they are executed.
    #[must_use]
    pub fn with_queue(self, queue: Queue) -> Self {
        Self { queue: Some(queue), ..self }
    }

    /// Pays for an operation and waits for its place, or refuses it: then nothing of it is executed.
    pub(super) async fn begin<'a>(
        &self,
        entry: &mut Entry,
        call: Call<'a>,
        is_one_of_many: bool,
    ) -> Begun<'a> {
        if entry.admitted.is_err() || call.cost == CostReport::Validate {
            return Begun::default();
        }
        match self.try_begin(entry, call, is_one_of_many).await {
            Ok(begun) => begun,
            Err(error) => {
                entry.admitted = Err(Refused::from(error));
                Begun::default()
            }
        }
    }

    async fn try_begin<'a>(
        &self,
        entry: &mut Entry,
        call: Call<'a>,
        is_one_of_many: bool,
    ) -> Result<Begun<'a>, ServerError> {
        // Given back if there is no place for it, or its client goes away before.
        let charge = charge(&mut entry.stats, call).await?;
        let begin = |charge: Option<Charge<'_>>| {
            let limited = charge.filter(|charge| charge.verdict.is_some());
            call.account.zip(limited.map(Charge::begun))
        };
        let Some(queue) = &self.queue else { return Ok(Begun { paid: begin(charge), _place: None }) };
        match queue.enter(self.class(entry, call, is_one_of_many)).await {
            Ok(place) => {
                entry.stats.queued = place.waited();
                Ok(Begun { paid: begin(charge), _place: Some(place) })
            }
            Err(shed) => {
                entry.stats.put_back(entry.stats.cost.unwrap_or(0));
                entry.stats.queued = shed.waited;
                Err(overloaded(shed))
            }
        }
    }

    /// How important an operation is.
    pub(super) fn class(&self, entry: &Entry, call: Call<'_>, is_one_of_many: bool) -> Class {
        let cost = entry.stats.cost.unwrap_or(0);
        let is_heavy = cost.saturating_mul(2) > self.limits.max_cost;
        match call.caller.scope {
            Scope::Admin => Class::Admin,
            // Who may write nothing is no more urgent by asking for it.
            Scope::Publish if entry.stats.operation_type == Some("mutation") => Class::Mutation,
            _ if is_one_of_many => Class::Background,
            _ if is_heavy && call.caller.identity == Identity::Anonymous => Class::Background,
            _ => Class::Interactive,
        }
    }
}

/// Takes the price of an operation from the caller's account, if he has one.
pub(super) async fn charge<'a>(stats: &mut Stats, call: Call<'a>) -> Result<Option<Charge<'a>>, ServerError> {
    let Some(account) = call.account else { return Ok(None) };
    let cost = stats.cost.unwrap_or(0);
    let charged = account.charge(cost).await;
    let verdict = charged.as_ref().map_or_else(|verdict| Some(*verdict), |charge| charge.verdict);
    stats.budget = verdict;
    charged.map(Some).map_err(|verdict| unaffordable(cost, verdict))
}

fn unaffordable(cost: u64, verdict: Verdict) -> ServerError {
    let Verdict { limit, remaining, retry_after, .. } = verdict;
    let when = retry_after.map_or_else(
        || format!("that is more than the {limit} you may have at once; ask for less"),
        |wait| format!("try again in {} s, or ask for less", seconds(wait)),
    );
    let message =
        format!("the operation costs {cost} units, and you have {remaining} of {limit} left; {when}");
    let mut error = refusal(Code::RateLimited, message);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("cost", cost);
    extensions.set("limit", limit);
    extensions.set("remaining", remaining);
    if let Some(wait) = retry_after {
        extensions.set(RETRY_AFTER, seconds(wait));
    }
    error
}

fn overloaded(shed: Shed) -> ServerError {
    let seconds = seconds(shed.retry_after);
    let message = format!("the server has more to do than it can just now; try again in {seconds} s");
    let mut error = refusal(Code::Overloaded, message);
    error.extensions.get_or_insert_default().set(RETRY_AFTER, seconds);
    error
}

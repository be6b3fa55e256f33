//! From an operation that was admitted to its answer: one that is kept, one that is being made, or one that is made
//! now.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{Response, Value};
use futures_util::FutureExt;

use super::{Engine, batch::is_mutation, begin::Begun};
use crate::{
    cache::response::{Key, Making, Responses, Turn},
    graphql::{
        admission::{Admitted, Entry, Priced},
        call::{CacheUse, Call, CostReport},
        cost,
        error::{Refused, panicked, settle, too_late},
        execution::{Execution, Stats},
        publish::Publishing,
        scope,
    },
    limit::{BreakerState, Class, Queue},
    telemetry::meter::Meter,
};

/// What was found of an operation's response.
pub(super) enum Looked {
    Known(Execution),
    /// Nothing, and the key that its response can be kept under, if it can.
    Unknown(Entry, Option<Key>),
}

impl Engine {
    pub(super) async fn answer_once(&self, entry: Entry, call: Call<'_>) -> Execution {
        match self.look_up(entry, call) {
            Looked::Known(execution) => execution,
            Looked::Unknown(entry, key) => {
                let meter = call.meter();
                let answer = self.answer_alone(entry, key, meter.clone(), (call, false));
                let mut execution = meter.measure(Box::pin(answer)).await;
                execution.stats.database = meter.read();
                execution
            }
        }
    }

    /// Looks for a response that is kept. Never waits. One that is too old is made anew in the background.
    pub(super) fn look_up(&self, entry: Entry, call: Call<'_>) -> Looked {
        let Some((responses, key)) = self.keyed(&entry, call) else { return Looked::Unknown(entry, None) };
        // Of a database that is left alone, an answer that is too old is better than none.
        let is_away = self.breaker.state() != BreakerState::Closed;
        let Some(hit) = responses.find(&key, is_away) else { return Looked::Unknown(entry, Some(key)) };
        let execution = Execution::known(hit.stored, entry.stats.clone());
        if let Some(making) = hit.refresh {
            let engine = self.clone();
            responses.spawn(async move {
                engine.make(entry, Some(making), Meter::default(), (Call::default(), false)).await;
            });
        }
        Looked::Known(execution)
    }

    /// The cache and the key of an operation whose response can be kept: all fields of all queries may be
    /// read by anyone.
    pub(super) fn keyed(&self, entry: &Entry, call: Call<'_>) -> Option<(&Arc<Responses>, Key)> {
        let responses = self.responses.as_ref().filter(|responses| responses.is_open())?;
        let may = entry.stats.operation_type == Some("query")
            && call.cost == CostReport::Off
            && call.cache == CacheUse::Any;
        let admitted = entry.admitted.as_ref().ok().filter(|_| may)?;
        Some((responses, admitted.key()?))
    }

    /// Answers what was not found, in a scope of its own, begun when it is its turn: what it reads then
    /// counts from then on.
    pub(super) async fn answer_alone(
        &self,
        entry: Entry,
        key: Option<Key>,
        meter: Meter,
        (call, is_one_of_many): (Call<'_>, bool),
    ) -> Execution {
        let urgency = self.class(&entry, call, is_one_of_many);
        let making = match self.turn(key, urgency).await {
            Some(Turn::Take(stored)) => return Execution::known(stored, entry.stats),
            Some(Turn::Make(making)) => Some(making),
            None => None,
        };
        self.make(entry, making, meter, (call, is_one_of_many)).await
    }

    /// Executes when it is its turn, in a scope of its own.
    async fn make(
        &self,
        mut entry: Entry,
        making: Option<Making>,
        meter: Meter,
        (call, is_one_of_many): (Call<'_>, bool),
    ) -> Execution {
        let begun = self.begin(&mut entry, call, is_one_of_many).await;
        let scope = scope::Request::begin(meter, &self.ledger);
        scope.drive(self.answer(entry, making, &scope, (call, begun))).await
    }

    /// Waits while others make the same response, no longer than one of them may take for it: not for those who come
    /// after one that failed.
    pub(super) async fn turn(&self, key: Option<Key>, class: Class) -> Option<Turn> {
        let (responses, key) = self.responses.as_ref().zip(key)?;
        let queued = self.queue.as_ref().map_or(Duration::ZERO, Queue::deadline);
        let turn = responses.turn(&key, class as u8);
        let turn = tokio::time::timeout(queued + self.limits.execution_timeout, turn).await;
        Some(turn.unwrap_or_else(|_| Turn::Make(responses.alone(&key))))
    }

    /// Answers what was admitted or refused; must run within a drive of the scope.
    pub(super) async fn answer(
        &self,
        entry: Entry,
        making: Option<Making>,
        scope: &scope::Request,
        (call, begun): (Call<'_>, Begun<'_>),
    ) -> Execution {
        let Entry { mut stats, admitted, estimate } = entry;
        // Whoever was refused has nothing to say to those who wait for the same answer: one of them makes it.
        let making = making.filter(|_| admitted.is_ok());
        if call.cache == CacheUse::Explain {
            scope.explain();
        }
        let (mut response, executed, actual) = match admitted {
            Ok(_) if call.cost == CostReport::Validate => (Response::default(), false, None),
            Ok(admitted) => {
                // Nothing of a failed execution is used again: the engine shares only what survives a panic.
                let priced = call.cost == CostReport::Report || begun.is_charged();
                let run = self.run(admitted, scope, &stats, (call, priced));
                let run = AssertUnwindSafe(run).catch_unwind().await;
                run.unwrap_or_else(|_| (Response::from_errors(vec![panicked()]), false, None))
            }
            Err(Refused(errors)) => (Response::from_errors(errors), false, None),
        };
        begun.end(actual, &mut stats);
        stats.actual_cost = actual.filter(|_| executed);
        if let Some(estimate) = estimate.filter(|_| call.cost != CostReport::Off) {
            let report = cost::report(estimate, actual, self.limits.max_cost);
            response.extensions.insert("cost".to_owned(), report);
        }
        if let Some(explained) = scope.explained() {
            response.extensions.insert("cache".to_owned(), explained);
        }
        settle(&mut response, executed, call.request_id);
        Execution::made(response, executed, making, scope, stats)
    }

    /// Executes, as long as it may take. Also tells whether execution began, and what the answer cost
    /// when that is asked for.
    async fn run(
        &self,
        admitted: Admitted,
        scope: &scope::Request,
        stats: &Stats,
        (call, priced): (Call<'_>, bool),
    ) -> (Response, bool, Option<u64>) {
        let priced = priced.then(|| admitted.priced());
        let mut request = admitted.into_request().data(scope.clone());
        if is_mutation(stats) {
            request = request.data(Publishing(self.publish.clone())).data(call.caller.clone());
        }
        if call.cache == CacheUse::Bypass {
            request = request.data(self.uncached.clone());
        }
        // Boxed, for it is large and would be moved several times.
        let execution = Box::pin(self.schema.execute(request));
        let limit = self.limits.execution_timeout;
        // Dropped when it is late, and with it the loads that nobody else waits for.
        let Ok(response) = tokio::time::timeout(limit, execution).await else {
            return (Response::from_errors(vec![too_late(limit)]), false, None);
        };
        let executed = began(&response);
        // What was refused at the last moment has cost nothing.
        let cost_of = |priced: Priced| cost::actual(priced.inputs(self.limits.pages), &response.data);
        let actual = priced.map(|priced| if executed { cost_of(priced) } else { 0 });
        (response, executed, actual)
    }
}

/// True when execution began. A request error has neither data nor an error with a path.
fn began(response: &Response) -> bool {
    response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty())
}

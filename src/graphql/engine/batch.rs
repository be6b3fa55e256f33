//! Several operations of one request.

use futures_util::future::join_all;

use super::{Engine, answer::Looked};
use crate::{
    cache::response::{Making, Turn},
    graphql::{
        admission::Entry,
        call::Call,
        cost,
        execution::{CacheCounts, Execution, Stats},
        persisted::Asked,
        scope,
    },
    telemetry::meter::Meter,
};

impl Engine {
    /// Answers several operations at the same time. Those that are executed share one scope of the loaders:
    /// what they ask for leaves together. They share one limit of cost. Where a mutation is among them they are
    /// answered one after the other, so that each sees what those before it did. Answers in order, and what all
    /// of them took.
    pub async fn execute_batch(
        &self,
        requests: Vec<impl Into<Asked>>,
        call: Call<'_>,
    ) -> (Vec<Execution>, Stats) {
        let admitting = requests.into_iter().map(|asked| self.admit(asked.into(), call));
        let mut entries: Vec<_> = join_all(admitting).await.into_iter().map(Entry::of_one_answer).collect();
        let cost = together(entries.iter().map(|entry| entry.stats.cost));
        if let Some(cost) = cost.filter(|cost| *cost > self.limits.max_cost) {
            for entry in entries.iter_mut().filter(|entry| entry.admitted.is_ok()) {
                entry.admitted = Err(cost::too_much_together(cost, self.limits.max_cost).into());
            }
        }
        let stats = Stats { operation_type: Some("batch"), cost, ..Stats::default() };
        call.note(&stats);
        let meter = call.meter();
        let executions = if entries.iter().any(|entry| is_mutation(&entry.stats)) {
            meter.measure(self.answer_in_turn(entries, meter.clone(), call)).await
        } else {
            let scope = scope::Request::begin(meter.clone(), &self.ledger);
            let answers = entries.into_iter().map(|entry| self.answer_beside(entry, &scope, call));
            meter.measure(scope.drive(join_all(answers))).await
        };
        let stats = Stats {
            cache: CacheCounts::sum(executions.iter().map(|one| one.stats.cache)),
            database: meter.read(),
            queued: executions.iter().map(|one| one.stats.queued).max().unwrap_or_default(),
            actual_cost: together(executions.iter().map(|one| one.stats.actual_cost)),
            // They may have been charged in any order: the least is the last word, or on the safe side of it.
            budget: executions.iter().filter_map(|one| one.stats.budget).min_by_key(|left| left.remaining),
            ..stats
        };
        (executions, stats)
    }

    /// Answers operations one after the other, each in a scope of its own.
    async fn answer_in_turn(&self, entries: Vec<Entry>, meter: Meter, call: Call<'_>) -> Vec<Execution> {
        let mut executions = Vec::with_capacity(entries.len());
        for entry in entries {
            executions.push(match self.look_up(entry, call) {
                Looked::Known(execution) => execution,
                Looked::Unknown(entry, key) => {
                    Box::pin(self.answer_alone(entry, key, meter.clone(), (call, true))).await
                }
            });
        }
        executions
    }

    /// Answers one operation of a batch; must run within a drive of the scope.
    async fn answer_beside(&self, entry: Entry, scope: &scope::Request, call: Call<'_>) -> Execution {
        let (entry, key) = match self.look_up(entry, call) {
            Looked::Known(execution) => return execution,
            Looked::Unknown(entry, key) => (entry, key),
        };
        let urgency = self.class(&entry, call, true);
        match self.turn(key, urgency).await {
            Some(Turn::Take(stored)) => Execution::known(stored, entry.stats),
            Some(Turn::Make(making)) => self.make_beside(entry, Some(making), scope, call).await,
            None => self.make_beside(entry, None, scope, call).await,
        }
    }

    /// Executes one operation of a batch when it is its turn.
    async fn make_beside(
        &self,
        mut entry: Entry,
        making: Option<Making>,
        scope: &scope::Request,
        call: Call<'_>,
    ) -> Execution {
        let begun = self.begin(&mut entry, call, true).await;
        self.answer(entry, making, &scope.beside(), (call, begun)).await
    }
}

/// The sum of the costs that are known; `None` where none is.
fn together(costs: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    costs.flatten().reduce(u64::saturating_add)
}

pub(super) fn is_mutation(stats: &Stats) -> bool {
    stats.operation_type == Some("mutation")
}

//! `[rate_limit]`: how much each caller may ask.

use std::ops::RangeInclusive;

use super::{Problem, value::Value};
use crate::limit::{Plans, Rule};

settings! {
    /// How much each caller may ask: anyone by address, others by their key or token. Nodes with one Redis share
    /// the count.
    RateLimit = "rate_limit" {
        /// Whether callers are limited at all.
        enabled: bool = true;
        /// Requests that a caller may make in a minute; operations over WebSockets and of batches count like requests.
        requests_per_minute: u64 = 100, in 1..=Rule::MOST;
        /// Requests he may make at once after a rest.
        burst: u64 = 150, in 1..=Rule::MOST;
        /// Cost units that a caller's operations may come to in a minute. What the response cache answers is free.
        cost_per_minute: u64 = 20000, in 1..=Rule::MOST;
        /// Cost units at once after a rest.
        cost_burst: u64 = 30000, in 1..=Rule::MOST;
        /// Further plans, which API keys and tokens name, with commas in between:
        /// `NAME=REQUESTS/BURST/COST/COSTBURST`, as in `partner=1000/1500/200000/300000`. The plan `unlimited`
        /// is always there.
        plans: NamedPlans = "";
    }
}

/// Plans with names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedPlans(pub Vec<NamedPlan>);

/// A plan of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPlan {
    /// The name that credentials carry.
    pub name: String,
    /// Requests in a minute, and at once after a rest.
    pub requests: (u64, u64),
    /// Cost units in a minute, and at once after a rest.
    pub cost: (u64, u64),
}

impl RateLimit {
    pub(super) fn contradictions(&self, max_cost: u64, problems: &mut Vec<Problem>) {
        if !self.enabled {
            return;
        }
        let named = self
            .plans
            .0
            .iter()
            .map(|plan| (format!("the plan {:?} of rate_limit.plans", plan.name), plan.cost.1));
        let default = ("rate_limit.cost_burst".to_owned(), self.cost_burst);
        for (what, burst) in [default].into_iter().chain(named).filter(|(_, burst)| *burst < max_cost) {
            problems.push(Problem::Contradiction(format!(
                "{what} lets {burst} cost units be spent at once, less than graphql.max_cost = {max_cost}: an operation \
                 within that limit would be refused for ever; raise the one or lower the other"
            )));
        }
    }
}

impl Value for NamedPlans {
    fn expected(_: &RangeInclusive<u64>) -> String {
        format!(
            "plans such as partner=1000/1500/200000/300000 with commas in between: a name of small letters, digits \
             and dashes, neither given twice nor {} or {}, and four numbers from 1 to {}",
            Plans::DEFAULT,
            Plans::UNLIMITED,
            Rule::MOST
        )
    }

    fn parse(text: &str, _: &RangeInclusive<u64>) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|plan| !plan.is_empty());
        let plans: Vec<NamedPlan> = parts.map(plan).collect::<Option<_>>()?;
        let is_twice = |at: usize| plans[..at].iter().any(|before| before.name == plans[at].name);
        (!(0..plans.len()).any(is_twice)).then_some(Self(plans))
    }
}

fn plan(text: &str) -> Option<NamedPlan> {
    let (name, numbers) = text.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && ![Plans::DEFAULT, Plans::UNLIMITED].contains(&name);
    let number = |text: &str| u64::parse(text.trim(), &(1..=Rule::MOST));
    let numbers: Vec<u64> = numbers.split('/').map(number).collect::<Option<_>>()?;
    let &[requests, burst, cost, cost_burst] = numbers.as_slice() else { return None };
    is_name.then(|| NamedPlan {
        name: name.to_owned(),
        requests: (requests, burst),
        cost: (cost, cost_burst),
    })
}

#[cfg(test)]
mod tests {
    use super::{NamedPlan, NamedPlans, Value};

    #[test]
    fn a_plan_has_a_name_and_four_numbers() {
        let parse = |text| NamedPlans::parse(text, &(0..=1)).map(|NamedPlans(plans)| plans);
        assert_eq!(parse(""), Some(Vec::new()));
        let plan = |name: &str| NamedPlan { name: name.to_owned(), requests: (1, 2), cost: (3_000, 4_000) };
        assert_eq!(parse("a=1/2/3000/4_000, b-2 = 1 / 2 / 3000 / 4000,"), Some(vec![plan("a"), plan("b-2")]));
        for wrong in [
            "a",
            "a=1/2/3",
            "a=1/2/3/4/5",
            "a=0/2/3/4",
            "a=1/2/3/100000001",
            "=1/2/3/4",
            "A=1/2/3/4",
            "default=1/2/3/4",
            "unlimited=1/2/3/4",
            "a=1/2/3/4,a=1/2/3/4",
            "a=1/2/3/x",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}

//! Plans: what a caller may take, by the name that his credential carries.

use std::{collections::BTreeMap, sync::Arc};

use super::Rule;

/// What callers of one plan may take, each for himself. No rule means no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name, as credentials carry it.
    pub name: String,
    /// Requests and operations over sockets.
    pub requests: Option<Rule>,
    /// Cost units of operations.
    pub cost: Option<Rule>,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Requests, and operations over sockets.
    Requests,
    /// The cost of operations.
    Cost,
}

/// All plans. Clones share them.
#[derive(Clone, Debug)]
pub struct Plans(Arc<Known>);

#[derive(Debug)]
struct Known {
    default: Plan,
    named: BTreeMap<String, Plan>,
}

impl Resource {
    /// All of them, in the order of figures.
    pub const ALL: [Self; 2] = [Self::Requests, Self::Cost];

    /// The word for it in keys and figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Cost => "cost",
        }
    }
}

impl Plan {
    /// The plan that limits nothing.
    pub fn unlimited() -> Self {
        Self { name: Plans::UNLIMITED.to_owned(), requests: None, cost: None }
    }

    /// Its rule for a resource; `None` where it has no limit.
    pub fn rule(&self, resource: Resource) -> Option<Rule> {
        match resource {
            Resource::Requests => self.requests,
            Resource::Cost => self.cost,
        }
    }
}

impl Plans {
    /// The name of the plan of all who have no other.
    pub const DEFAULT: &'static str = "default";
    /// The name of the plan without limits, which is always there.
    pub const UNLIMITED: &'static str = "unlimited";

    /// The plan of everyone, and further ones by their names.
    pub fn new(requests: Rule, cost: Rule, named: impl IntoIterator<Item = Plan>) -> Self {
        let default = Plan { name: Self::DEFAULT.to_owned(), requests: Some(requests), cost: Some(cost) };
        Self::of(default, named)
    }

    /// No limits for anyone.
    pub fn unlimited() -> Self {
        Self::of(Plan::unlimited(), [])
    }

    fn of(default: Plan, named: impl IntoIterator<Item = Plan>) -> Self {
        let named = named.into_iter().chain([Plan::unlimited()]);
        Self(Arc::new(Known { default, named: named.map(|plan| (plan.name.clone(), plan)).collect() }))
    }

    /// The plan of this name; that of everyone for no name, and for one that is not known: a credential may
    /// name a plan that the settings no longer have, and must not escape the limits by it.
    pub fn plan(&self, name: Option<&str>) -> &Plan {
        name.and_then(|name| self.0.named.get(name)).unwrap_or(&self.0.default)
    }

    /// The names that credentials may carry.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [Self::DEFAULT].into_iter().chain(self.0.named.keys().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::{Plan, Plans, Resource};
    use crate::limit::Rule;

    #[test]
    fn a_plan_that_is_not_known_is_that_of_everyone() {
        let partner = Plan { name: "partner".to_owned(), requests: Some(Rule::new(1000, 1500)), cost: None };
        let plans = Plans::new(Rule::new(100, 150), Rule::new(20_000, 30_000), [partner.clone()]);
        assert_eq!(plans.plan(Some("partner")), &partner);
        assert_eq!(plans.plan(Some("unlimited")).rule(Resource::Requests), None);
        for name in [None, Some("default"), Some("gone"), Some("")] {
            assert_eq!(plans.plan(name).rule(Resource::Requests), Some(Rule::new(100, 150)), "{name:?}");
        }
        assert_eq!(plans.names().collect::<Vec<_>>(), ["default", "partner", "unlimited"]);
    }

    #[test]
    fn without_limits_every_plan_has_none() {
        let plans = Plans::unlimited();
        for resource in Resource::ALL {
            assert_eq!(plans.plan(Some("partner")).rule(resource), None);
        }
    }
}

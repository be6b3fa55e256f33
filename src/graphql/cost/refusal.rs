//! Says what is beyond the limits: both numbers, and the path where most of it lies.

use async_graphql::ServerError;

use super::{
    formula::{Part, Set, What},
    replay::{Estimate, Inputs, Price, Replay, Wide},
};
use crate::{
    error::Code,
    graphql::error::{refusal, with_limit},
};

/// What an operation may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) struct Most {
    pub(in crate::graphql) depth: u32,
    pub(in crate::graphql) cost: u64,
}

/// Refuses an operation that asks for too much.
pub(in crate::graphql) fn check(
    inputs: Inputs<'_>,
    estimate: Estimate,
    most: Most,
) -> Result<(), ServerError> {
    if estimate.depth > most.depth {
        let path = heaviest(inputs, |price| price.depth.into());
        let message = format!(
            "the operation is {} levels deep, {} at most (graphql.max_depth); the deepest path is {path}: \
             leave its last levels out, or ask for them by id in another operation",
            estimate.depth, most.depth
        );
        return Err(at(&path, Code::QueryTooDeep, message, estimate.depth.into(), most.depth.into()));
    }
    if estimate.cost > most.cost {
        let path = heaviest(inputs, |price| price.once.max(price.per_row));
        let message = format!(
            "the operation costs {}, {} at most (graphql.max_cost); the most expensive path is {path}: \
             ask for smaller pages with first, or for less in each row",
            estimate.cost, most.cost
        );
        return Err(at(&path, Code::QueryTooComplex, message, estimate.cost, most.cost));
    }
    Ok(())
}

/// The refusal of a batch whose operations cost more together than one may.
pub(in crate::graphql) fn too_much_together(cost: u64, most: u64) -> ServerError {
    let message = format!(
        "the operations of the batch cost {cost} together, {most} at most (graphql.max_cost); send fewer at a time"
    );
    with_limit(refusal(Code::QueryTooComplex, message), cost, most)
}

impl Wide {
    /// The refusal of a page size that cannot be one.
    pub(super) fn refuse(&self, most: u32) -> ServerError {
        let Self { field, argument, given } = self;
        let message = format!("{argument} of {field} is {given:.40}; it must be 0 to {most}");
        refusal(Code::BadUserInput, message)
    }
}

fn at(path: &str, code: Code, message: String, found: u64, limit: u64) -> ServerError {
    let mut error = with_limit(refusal(code, message), found, limit);
    error.extensions.get_or_insert_default().set("path", path);
    error
}

/// The names of the fields from the root to where most weight lies.
fn heaviest(inputs: Inputs<'_>, weight: fn(Price) -> u64) -> String {
    let mut replay = Replay::new(inputs);
    let mut path = Vec::new();
    let mut next = inputs.root();
    while let Some(set) = next {
        let (leaf, part) = heaviest_part(&mut replay, set, weight);
        next = match part.map(|part| &part.what) {
            Some(What::Field(field)) => {
                path.push(field.key.as_str());
                Some(&field.inner)
            }
            Some(What::Inline(set)) => Some(set),
            Some(What::Fragment(place)) => inputs.formulas.fragments.get(*place),
            None => {
                path.extend(leaf);
                None
            }
        };
    }
    path.join(".")
}

/// The first of the heaviest parts; where no part weighs anything, the plain value that is a level.
fn heaviest_part<'a>(
    replay: &mut Replay<'a>,
    set: &'a Set,
    weight: fn(Price) -> u64,
) -> (Option<&'a str>, Option<&'a Part>) {
    let weighed = set.parts.iter().map(|part| (weight(replay.part(part)), part));
    let heaviest = weighed.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let level = Price { depth: 1, ..Price::default() };
    let leaf = set.leaf.as_deref().filter(|_| weight(level) > 0);
    (leaf, heaviest.filter(|(weight, _)| *weight > 0).map(|(_, part)| part))
}

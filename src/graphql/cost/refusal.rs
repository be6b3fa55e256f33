//! Says what is beyond the limits: both numbers, and the path where most of it lies.

use async_graphql::{Name, ServerError};

use super::{
    formula::Set,
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
    let mut sets: Vec<&Set> = inputs.root().into_iter().collect();
    while !sets.is_empty() {
        let merged = inputs.merged(&sets);
        let weighed = merged.fields.iter().map(|(key, fields)| (weight(replay.field(fields)), key, fields));
        // The first of those that weigh the same.
        let heaviest = weighed.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let Some((_, key, fields)) = heaviest.filter(|(weight, ..)| *weight > 0) else {
            // No field weighs anything: a plain value may still be a level.
            let level = Price { depth: 1, ..Price::default() };
            path.extend(merged.leaf.filter(|_| weight(level) > 0).map(Name::as_str));
            break;
        };
        path.push(key.as_str());
        sets = fields.iter().map(|field| &field.inner).collect();
    }
    path.join(".")
}

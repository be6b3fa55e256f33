//! Reads the groups that are asked for.

use async_graphql::Context;

use super::{SpendingFilter, SpendingGroup, SpendingGroupBy, SpendingMeasure};
use crate::{
    graphql::{error::Error, filter, page::MAX_GROUPS, scope},
    store::query::spending::Question,
};

/// What is asked, as the field has it.
pub(in crate::graphql) struct Asked {
    pub(in crate::graphql) group_by: SpendingGroupBy,
    pub(in crate::graphql) measure: SpendingMeasure,
    pub(in crate::graphql) filter: Option<SpendingFilter>,
    pub(in crate::graphql) currency: Option<String>,
    pub(in crate::graphql) first: Option<i64>,
}

/// The groups that are asked for, as many as are wanted.
pub(in crate::graphql) async fn groups(ctx: &Context<'_>, asked: Asked) -> Result<Vec<SpendingGroup>, Error> {
    let Asked { group_by, measure, filter, currency, first } = asked;
    let pages = scope::services(ctx)?.pages;
    // As a page of a root field is priced.
    let first = first.unwrap_or_else(|| pages.root.into());
    let wanted = usize::try_from(first).ok().filter(|_| first <= MAX_GROUPS).ok_or_else(|| {
        Error::BadInput(format!(
            "first is {first}; it must be 0 to {MAX_GROUPS}: narrow the filter to see others"
        ))
    })?;
    let question = Question {
        group: group_by.into(),
        measure: measure.into(),
        filter: filter::stored(filter)?,
        currency,
    };
    let by = question.group;
    let all = scope::read(ctx, |relations| &relations.spending, question).await?;
    Ok(all.iter().take(wanted).map(|values| SpendingGroup { by, values: values.clone() }).collect())
}

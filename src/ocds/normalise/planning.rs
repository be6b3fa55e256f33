//! The planning stage: kept as JSON, its documents read.

use super::at::{At, Keys};
use super::part::documents;
use crate::ocds::json::Value;
use crate::ocds::model::{Document, DocumentStage, Json};

const PLANNING: Keys = &["rationale", "budget", "documents", "milestones", "project"];

/// Reads `planning`: everything but its documents as JSON, and the documents. Some publish a list of
/// plans; their JSON is a list then.
pub(super) fn planning(at: &At<'_>) -> (Option<Json>, Vec<Document>) {
    let mut all = Vec::new();
    let plans = at.each("planning", PLANNING, |at| {
        all.extend(documents(at, DocumentStage::Planning));
        let members = at.value().as_object().unwrap_or_default();
        let rest: Vec<_> = members.iter().filter(|(key, _)| key != "documents").cloned().collect();
        (!rest.is_empty()).then(|| Value::Object(rest).to_string())
    });
    let mut plans: Vec<Json> = plans.into_iter().flatten().collect();
    let json = if plans.len() > 1 { Some(format!("[{}]", plans.join(","))) } else { plans.pop() };
    (json, all)
}

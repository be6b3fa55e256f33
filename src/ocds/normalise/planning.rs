//! The planning stage: kept as JSON, its documents read.

use super::at::{At, Keys};
use super::part::documents;
use crate::ocds::json::Value;
use crate::ocds::model::{Document, DocumentStage, Json};

const PLANNING: Keys = &["rationale", "budget", "documents", "milestones", "project"];

/// Reads `planning`: everything but its documents as JSON, and the documents.
pub(super) fn planning(at: &At<'_>) -> (Option<Json>, Vec<Document>) {
    at.object("planning", PLANNING, |at| {
        let members = at.value().as_object().unwrap_or_default();
        let rest: Vec<_> = members.iter().filter(|(key, _)| key != "documents").cloned().collect();
        let json = (!rest.is_empty()).then(|| Value::Object(rest).to_string());
        (json, documents(at, DocumentStage::Planning))
    })
    .unwrap_or_default()
}

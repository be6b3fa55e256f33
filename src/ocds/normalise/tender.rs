//! The tender stage.

use super::at::{At, Keys};
use super::organization::{mention, mentions};
use super::part::{amendments, documents, items, money, period};
use crate::ocds::codelist::PartyRole;
use crate::ocds::model::{Document, DocumentStage, Tender};
use crate::ocds::party::Parties;

pub(super) const TENDER: Keys = &[
    "id",
    "title",
    "description",
    "status",
    "statusDetails",
    "procuringEntity",
    "items",
    "value",
    "minValue",
    "procurementMethod",
    "procurementMethodDetails",
    "procurementMethodRationale",
    "mainProcurementCategory",
    "additionalProcurementCategories",
    "awardCriteria",
    "awardCriteriaDetails",
    "submissionMethod",
    "submissionMethodDetails",
    "tenderPeriod",
    "enquiryPeriod",
    "hasEnquiries",
    "eligibilityCriteria",
    "awardPeriod",
    "contractPeriod",
    "numberOfTenderers",
    "tenderers",
    "documents",
    "milestones",
    "amendments",
    "amendment",
    "lots",
    "datePublished",
];

/// Reads the tender, and its documents apart.
pub(super) fn tender(at: &At<'_>, parties: &mut Parties) -> (Tender, Vec<Document>) {
    let tender = Tender {
        local_id: at.text("id"),
        title: at.text("title"),
        description: at.text("description"),
        status: at.code("status"),
        status_details: at.text("statusDetails"),
        procuring_entity: mention(at, "procuringEntity", PartyRole::ProcuringEntity, parties),
        value: money(at, "value"),
        min_value: money(at, "minValue"),
        method: at.code("procurementMethod"),
        method_details: at.text("procurementMethodDetails"),
        method_rationale: at.text("procurementMethodRationale"),
        category: at.code("mainProcurementCategory"),
        additional_categories: at.texts("additionalProcurementCategories"),
        award_criteria: at.text("awardCriteria"),
        award_criteria_details: at.text("awardCriteriaDetails"),
        eligibility_criteria: at.text("eligibilityCriteria"),
        submission_methods: at.texts("submissionMethod"),
        submission_method_details: at.text("submissionMethodDetails"),
        date_published: at.time("datePublished"),
        tender_period: period(at, "tenderPeriod"),
        enquiry_period: period(at, "enquiryPeriod"),
        award_period: period(at, "awardPeriod"),
        contract_period: period(at, "contractPeriod"),
        number_of_tenderers: at.integer("numberOfTenderers"),
        tenderers: mentions(at, "tenderers", PartyRole::Tenderer, parties),
        items: items(at),
        milestones: at.json("milestones"),
        amendments: amendments(at),
        lots: at.json("lots"),
    };
    (tender, documents(at, DocumentStage::Tender))
}

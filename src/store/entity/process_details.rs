//! Long texts, JSON and rarely read columns of a process.

use rust_decimal::Decimal;

use crate::{
    ocds::model::Time,
    store::row::{Text, table},
};

table! {
    /// Long texts, JSON and rarely read columns of a process.
    1 "process_details" {
        process_id: i64,
        description: Option<Text>,
        status_details: Option<Text>,
        method_rationale: Option<Text>,
        additional_categories: Option<Text>,
        award_criteria: Option<Text>,
        award_criteria_details: Option<Text>,
        eligibility_criteria: Option<Text>,
        submission_methods: Option<Text>,
        submission_method_details: Option<Text>,
        min_value_amount: Option<Decimal>,
        min_value_currency: Option<Text>,
        enquiry_start: Option<Time>,
        enquiry_end: Option<Time>,
        enquiry_max_extent: Option<Time>,
        enquiry_days: Option<i32>,
        award_start: Option<Time>,
        award_end: Option<Time>,
        award_max_extent: Option<Time>,
        award_days: Option<i32>,
        contract_start: Option<Time>,
        contract_end: Option<Time>,
        contract_max_extent: Option<Time>,
        contract_days: Option<i32>,
        planning: Option<Text>,
        milestones: Option<Text>,
        amendments: Option<Text>,
        lots: Option<Text>,
        bid_statistics: Option<Text>,
        related_processes: Option<Text>,
    }
}

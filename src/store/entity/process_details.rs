//! Long texts, JSON and rarely read columns of a process.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// Long texts, JSON and rarely read columns of a process.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "process_details")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub process_id: i64,
    pub description: Option<String>,
    pub status_details: Option<String>,
    pub method_rationale: Option<String>,
    pub additional_categories: Option<String>,
    pub award_criteria: Option<String>,
    pub award_criteria_details: Option<String>,
    pub eligibility_criteria: Option<String>,
    pub submission_methods: Option<String>,
    pub submission_method_details: Option<String>,
    pub min_value_amount: Option<Decimal>,
    pub min_value_currency: Option<String>,
    pub enquiry_start: Option<Time>,
    pub enquiry_end: Option<Time>,
    pub enquiry_max_extent: Option<Time>,
    pub enquiry_days: Option<i32>,
    pub award_start: Option<Time>,
    pub award_end: Option<Time>,
    pub award_max_extent: Option<Time>,
    pub award_days: Option<i32>,
    pub contract_start: Option<Time>,
    pub contract_end: Option<Time>,
    pub contract_max_extent: Option<Time>,
    pub contract_days: Option<i32>,
    pub planning: Option<String>,
    pub milestones: Option<String>,
    pub amendments: Option<String>,
    pub lots: Option<String>,
    pub bid_statistics: Option<String>,
    pub related_processes: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            process_id: cells.take()?,
            description: cells.take()?,
            status_details: cells.take()?,
            method_rationale: cells.take()?,
            additional_categories: cells.take()?,
            award_criteria: cells.take()?,
            award_criteria_details: cells.take()?,
            eligibility_criteria: cells.take()?,
            submission_methods: cells.take()?,
            submission_method_details: cells.take()?,
            min_value_amount: cells.take()?,
            min_value_currency: cells.take()?,
            enquiry_start: cells.take()?,
            enquiry_end: cells.take()?,
            enquiry_max_extent: cells.take()?,
            enquiry_days: cells.take()?,
            award_start: cells.take()?,
            award_end: cells.take()?,
            award_max_extent: cells.take()?,
            award_days: cells.take()?,
            contract_start: cells.take()?,
            contract_end: cells.take()?,
            contract_max_extent: cells.take()?,
            contract_days: cells.take()?,
            planning: cells.take()?,
            milestones: cells.take()?,
            amendments: cells.take()?,
            lots: cells.take()?,
            bid_statistics: cells.take()?,
            related_processes: cells.take()?,
        })
    }
}

//! A contract.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "contracts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub process_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub id: i64,
    pub local_id: Option<String>,
    pub award_id: Option<i64>,
    pub award_local_id: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub status: Option<String>,
    pub status_text: Option<String>,
    pub status_details: Option<String>,
    pub value_amount: Option<Decimal>,
    pub value_currency: Option<String>,
    pub date_signed: Option<Time>,
    pub period_start: Option<Time>,
    pub period_end: Option<Time>,
    pub period_max_extent: Option<Time>,
    pub period_days: Option<i32>,
    pub milestones: Option<String>,
    pub amendments: Option<String>,
    pub item_count: i32,
    pub document_count: i32,
    pub transaction_count: i32,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            process_id: cells.take()?,
            position: cells.take()?,
            id: cells.take()?,
            local_id: cells.take()?,
            award_id: cells.take()?,
            award_local_id: cells.take()?,
            title: cells.take()?,
            description: cells.take()?,
            status: cells.take()?,
            status_text: cells.take()?,
            status_details: cells.take()?,
            value_amount: cells.take()?,
            value_currency: cells.take()?,
            date_signed: cells.take()?,
            period_start: cells.take()?,
            period_end: cells.take()?,
            period_max_extent: cells.take()?,
            period_days: cells.take()?,
            milestones: cells.take()?,
            amendments: cells.take()?,
            item_count: cells.take()?,
            document_count: cells.take()?,
            transaction_count: cells.take()?,
        })
    }
}

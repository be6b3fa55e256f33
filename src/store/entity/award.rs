//! An award.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// An award.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "awards")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub process_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub id: i64,
    pub local_id: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub status: Option<String>,
    pub status_text: Option<String>,
    pub status_details: Option<String>,
    pub date: Option<Time>,
    pub value_amount: Option<Decimal>,
    pub value_currency: Option<String>,
    pub contract_start: Option<Time>,
    pub contract_end: Option<Time>,
    pub contract_max_extent: Option<Time>,
    pub contract_days: Option<i32>,
    pub related_bids: Option<String>,
    pub amendments: Option<String>,
    pub item_count: i32,
    pub document_count: i32,
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
            title: cells.take()?,
            description: cells.take()?,
            status: cells.take()?,
            status_text: cells.take()?,
            status_details: cells.take()?,
            date: cells.take()?,
            value_amount: cells.take()?,
            value_currency: cells.take()?,
            contract_start: cells.take()?,
            contract_end: cells.take()?,
            contract_max_extent: cells.take()?,
            contract_days: cells.take()?,
            related_bids: cells.take()?,
            amendments: cells.take()?,
            item_count: cells.take()?,
            document_count: cells.take()?,
        })
    }
}

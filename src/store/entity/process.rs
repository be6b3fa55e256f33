//! The hot row of a contracting process: what lists show and filter by.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// The hot row of a contracting process: what lists show and filter by.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "processes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub dataset_id: i64,
    pub ocid: String,
    pub date: Option<Time>,
    pub initiation_type: Option<String>,
    pub language: Option<String>,
    pub buyer_id: Option<i64>,
    pub procuring_entity_id: Option<i64>,
    pub tender_local_id: Option<String>,
    pub title: Option<String>,
    pub status: Option<String>,
    pub status_text: Option<String>,
    pub method: Option<String>,
    pub method_text: Option<String>,
    pub method_details: Option<String>,
    pub category: Option<String>,
    pub category_text: Option<String>,
    pub value_amount: Option<Decimal>,
    pub value_currency: Option<String>,
    pub date_published: Option<Time>,
    pub tender_start: Option<Time>,
    pub tender_end: Option<Time>,
    pub tender_max_extent: Option<Time>,
    pub tender_days: Option<i32>,
    pub number_of_tenderers: Option<i32>,
    pub party_count: i32,
    pub tenderer_count: i32,
    pub item_count: i32,
    pub document_count: i32,
    pub bid_count: i32,
    pub award_count: i32,
    pub contract_count: i32,
    pub release_count: i32,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            id: cells.take()?,
            dataset_id: cells.take()?,
            ocid: cells.take()?,
            date: cells.take()?,
            initiation_type: cells.take()?,
            language: cells.take()?,
            buyer_id: cells.take()?,
            procuring_entity_id: cells.take()?,
            tender_local_id: cells.take()?,
            title: cells.take()?,
            status: cells.take()?,
            status_text: cells.take()?,
            method: cells.take()?,
            method_text: cells.take()?,
            method_details: cells.take()?,
            category: cells.take()?,
            category_text: cells.take()?,
            value_amount: cells.take()?,
            value_currency: cells.take()?,
            date_published: cells.take()?,
            tender_start: cells.take()?,
            tender_end: cells.take()?,
            tender_max_extent: cells.take()?,
            tender_days: cells.take()?,
            number_of_tenderers: cells.take()?,
            party_count: cells.take()?,
            tenderer_count: cells.take()?,
            item_count: cells.take()?,
            document_count: cells.take()?,
            bid_count: cells.take()?,
            award_count: cells.take()?,
            contract_count: cells.take()?,
            release_count: cells.take()?,
        })
    }
}

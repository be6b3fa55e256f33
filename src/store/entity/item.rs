//! Something bought: of a tender, an award or a contract.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// Something bought: of a tender, an award or a contract.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "items")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub parent_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub id: i64,
    pub local_id: Option<String>,
    pub description: Option<String>,
    pub classification_scheme: Option<String>,
    pub classification_id: Option<String>,
    pub classification_description: Option<String>,
    pub quantity: Option<Decimal>,
    pub unit_name: Option<String>,
    pub unit_value_amount: Option<Decimal>,
    pub unit_value_currency: Option<String>,
    pub process_id: i64,
    pub date: Option<Time>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            parent_id: cells.take()?,
            position: cells.take()?,
            id: cells.take()?,
            local_id: cells.take()?,
            description: cells.take()?,
            classification_scheme: cells.take()?,
            classification_id: cells.take()?,
            classification_description: cells.take()?,
            quantity: cells.take()?,
            unit_name: cells.take()?,
            unit_value_amount: cells.take()?,
            unit_value_currency: cells.take()?,
            process_id: cells.take()?,
            date: cells.take()?,
        })
    }
}

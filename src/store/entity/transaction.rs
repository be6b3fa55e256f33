//! A payment under a contract.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    ocds::model::Time,
    store::row::{Cells, Row},
};

/// A payment under a contract.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "transactions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub contract_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub id: i64,
    pub local_id: Option<String>,
    pub source: Option<String>,
    pub date: Option<Time>,
    pub value_amount: Option<Decimal>,
    pub value_currency: Option<String>,
    pub payer_id: Option<i64>,
    pub payee_id: Option<i64>,
    pub uri: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            contract_id: cells.take()?,
            position: cells.take()?,
            id: cells.take()?,
            local_id: cells.take()?,
            source: cells.take()?,
            date: cells.take()?,
            value_amount: cells.take()?,
            value_currency: cells.take()?,
            payer_id: cells.take()?,
            payee_id: cells.take()?,
            uri: cells.take()?,
        })
    }
}

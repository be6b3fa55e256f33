//! A tenderer of a process.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::store::row::{Cells, Row};

/// A tenderer of a process.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "tenderers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub process_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub organization_id: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Entity = Entity;

    fn decode(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self { process_id: cells.take()?, position: cells.take()?, organization_id: cells.take()? })
    }
}

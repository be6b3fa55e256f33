//! The organisations of one process, with what each does there.

use std::sync::Arc;

use async_graphql::Object;

use super::Organization;
use crate::{
    graphql::{
        codelist::PartyRole,
        connection::{Edge, EdgeType},
        cursor::Cursor,
        error::Nullable,
        list::ListEdge,
        organization::loader::{Parties, Tenderers},
        relations::{ByRange, Relations},
        scalars,
    },
    ocds::codelist::{self, Codelist},
    store::query::list::{PartyRow, TendererRow},
};

/// An organisation of a process, with its roles there.
pub(in crate::graphql) struct PartyEdge {
    row: Arc<PartyRow>,
    node: Organization,
    cursor: Cursor,
}

/// An organisation of a process, with its roles there.
#[Object]
impl PartyEdge {
    /// The organisation.
    async fn node(&self) -> &Organization {
        &self.node
    }

    /// Where the row stands: the value for `after` or `before`.
    async fn cursor(&self) -> String {
        self.cursor.encode()
    }

    /// What the organisation does in the process. Roles outside the closed list show as one `OTHER`.
    async fn roles(&self) -> Vec<PartyRole> {
        roles(self.row.0.roles, self.row.0.other_roles.is_some())
    }

    /// Roles outside the closed list, as published. Null only when they could not be read.
    async fn other_roles(&self) -> Nullable<Vec<String>> {
        Some(scalars::texts(self.row.0.other_roles.as_ref()))
    }
}

/// The roles in a set of bits, one per code in the order of the codelist.
fn roles(bits: i32, other: bool) -> Vec<PartyRole> {
    let all = codelist::PartyRole::ALL.iter().enumerate();
    let has = |(bit, role): &(usize, &codelist::PartyRole)| {
        bits & (1 << bit) != 0 || (other && **role == codelist::PartyRole::Other)
    };
    all.filter(has).map(|(_, role)| PartyRole::from(*role)).collect()
}

impl EdgeType for PartyEdge {
    type Node = Organization;

    fn node(&self) -> &Organization {
        &self.node
    }
}

impl ListEdge for PartyEdge {
    type Row = PartyRow;
    type Batch = Parties;

    fn relation(relations: &Relations) -> &ByRange<Parties> {
        &relations.parties
    }

    fn new(row: Arc<PartyRow>, cursor: Cursor) -> Self {
        let node = Organization(Arc::new(row.1.clone()));
        Self { row, node, cursor }
    }
}

impl ListEdge for Edge<Organization> {
    type Row = TendererRow;
    type Batch = Tenderers;

    fn relation(relations: &Relations) -> &ByRange<Tenderers> {
        &relations.tenderers
    }

    fn new(row: Arc<TendererRow>, cursor: Cursor) -> Self {
        Self { node: Organization(Arc::new(row.1.clone())), cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_roles_in_the_order_of_the_codelist() {
        assert_eq!(roles(0b101, false), [PartyRole::Buyer, PartyRole::Supplier]);
        assert_eq!(roles(0b1000, true), [PartyRole::Tenderer, PartyRole::Other]);
        assert_eq!(roles(0, false), []);
    }
}

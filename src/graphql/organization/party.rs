//! The organisations of one process, with what each does there.

use async_graphql::Object;

use super::Organization;
use crate::{
    graphql::{
        codelist::PartyRole,
        connection::{self, Edge, EdgeType},
        cursor::Cursor,
        error::{Error, Nullable},
        list::{self, ListEdge},
        loading::{ByRange, Relations},
        scalars,
    },
    ocds::codelist::{self, Codelist},
    store::{entity::party, row::Row},
};

/// An organisation of a process, with its roles there.
pub(in crate::graphql) struct PartyEdge {
    row: party::Model,
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
        roles(self.row.roles(), self.row.other_roles().is_some())
    }

    /// Roles outside the closed list, as published. Null only when they could not be read.
    async fn other_roles(&self) -> Nullable<Vec<String>> {
        Some(scalars::texts(self.row.other_roles()))
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
    const ROWS: usize = 2;

    fn relation(relations: &Relations) -> &ByRange {
        &relations.parties
    }

    fn new(rows: &[Row], cursor: Cursor) -> Result<Self, Error> {
        let (row, node) = (list::row(rows, 0)?, list::row(rows, 1)?);
        Ok(Self { row: connection::record(row)?, node: connection::view(node)?, cursor })
    }
}

impl ListEdge for Edge<Organization> {
    const ROWS: usize = 2;

    fn relation(relations: &Relations) -> &ByRange {
        &relations.tenderers
    }

    fn new(rows: &[Row], cursor: Cursor) -> Result<Self, Error> {
        Ok(Self { node: connection::view(list::row(rows, 1)?)?, cursor })
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

//! The lists that an organisation has.

use crate::graphql::{
    award::Award,
    bid::Bid,
    contract::Contract,
    loading::{OwnedRelations, Relations},
    owned::OwnedList,
    process::ContractingProcess,
};

/// The processes that it buys.
pub(super) struct Bought;

/// The processes that it manages.
pub(super) struct Managed;

/// The bids that it made.
pub(super) struct BidsMade;

/// The awards that went to it.
pub(super) struct AwardsWon;

/// The contracts that it supplies under.
pub(super) struct ContractsWon;

impl OwnedList for Bought {
    type Node = ContractingProcess;

    fn relations(relations: &Relations) -> &OwnedRelations {
        &relations.processes_bought
    }
}

impl OwnedList for Managed {
    type Node = ContractingProcess;

    fn relations(relations: &Relations) -> &OwnedRelations {
        &relations.processes_managed
    }
}

impl OwnedList for BidsMade {
    type Node = Bid;

    fn relations(relations: &Relations) -> &OwnedRelations {
        &relations.bids_made
    }
}

impl OwnedList for AwardsWon {
    type Node = Award;

    fn relations(relations: &Relations) -> &OwnedRelations {
        &relations.awards_won
    }
}

impl OwnedList for ContractsWon {
    type Node = Contract;

    fn relations(relations: &Relations) -> &OwnedRelations {
        &relations.contracts_won
    }
}

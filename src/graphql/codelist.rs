//! The closed codelists as enums of the schema. The published text lies beside each in the schema.

use async_graphql::Enum;

use crate::ocds::codelist as ocds;

/// The enum value of a stored code; null when nothing was published.
pub(super) fn code<C: ocds::Codelist, E: From<C>>(text: Option<&str>) -> Option<E> {
    text.map(|text| E::from(C::parse(text)))
}

/// The text as published: the store keeps it only where it says more than the code.
pub(super) fn text<'a>(code: Option<&'a str>, text: Option<&'a str>) -> Option<&'a str> {
    text.or(code)
}

/// The codes that a filter names, as the standard spells them.
pub(super) fn codes<E, C: ocds::Codelist + From<E>>(values: Option<Vec<E>>) -> Option<Vec<&'static str>> {
    values.map(|values| values.into_iter().map(|value| C::from(value).as_str()).collect())
}

/// How far a contracting process is.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "ocds::TenderStatus")]
pub(super) enum TenderStatus {
    /// A future process is being considered.
    Planning,
    /// The process is scheduled but has not begun.
    Planned,
    /// Bids can be submitted or are being evaluated.
    Active,
    /// The process was cancelled.
    Cancelled,
    /// The process ended without an award.
    Unsuccessful,
    /// The process is complete.
    Complete,
    /// No further information is published.
    Withdrawn,
    /// A code outside the closed list; the text beside tells what was published.
    Other,
}

/// How bidders are chosen.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "ocds::ProcurementMethod")]
pub(super) enum ProcurementMethod {
    /// Every interested supplier may bid.
    Open,
    /// Qualified suppliers are invited to bid.
    Selective,
    /// A number of suppliers chosen by the buyer may bid.
    Limited,
    /// One supplier is approached.
    Direct,
    /// A code outside the closed list; the text beside tells what was published.
    Other,
}

/// What kind of thing is bought.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "ocds::ProcurementCategory")]
pub(super) enum ProcurementCategory {
    /// Goods or supplies.
    Goods,
    /// Construction, repair, rehabilitation, demolition.
    Works,
    /// Services.
    Services,
    /// A code outside the closed list; the text beside tells what was published.
    Other,
}

/// How far an award is.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "ocds::AwardStatus")]
pub(super) enum AwardStatus {
    /// Proposed, not yet in force.
    Pending,
    /// Made and in force.
    Active,
    /// Cancelled.
    Cancelled,
    /// Could not be made.
    Unsuccessful,
    /// A code outside the closed list; the text beside tells what was published.
    Other,
}

/// How far a contract is.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "ocds::ContractStatus")]
pub(super) enum ContractStatus {
    /// Proposed, not yet in force.
    Pending,
    /// Signed and in force.
    Active,
    /// Cancelled before it was signed.
    Cancelled,
    /// Ended, by completion or otherwise.
    Terminated,
    /// A code outside the closed list; the text beside tells what was published.
    Other,
}

/// What became of a bid.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "ocds::BidStatus")]
pub(super) enum BidStatus {
    /// The tenderer was invited to bid.
    Invited,
    /// Submitted, not yet evaluated.
    Pending,
    /// Met the criteria.
    Valid,
    /// Did not meet the criteria.
    Disqualified,
    /// Withdrawn by the tenderer.
    Withdrawn,
    /// A code outside the closed list; the text beside tells what was published.
    Other,
}

/// What an organisation does in a contracting process.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "ocds::PartyRole")]
pub(super) enum PartyRole {
    /// Pays for and uses what is bought.
    Buyer,
    /// Manages the process, perhaps for the buyer.
    ProcuringEntity,
    /// Was awarded a contract.
    Supplier,
    /// Submitted a bid.
    Tenderer,
    /// Funds the process.
    Funder,
    /// Asked a question about the tender.
    Enquirer,
    /// Pays in a transaction.
    Payer,
    /// Is paid in a transaction.
    Payee,
    /// Reviews complaints.
    ReviewBody,
    /// Another interested party.
    InterestedParty,
    /// A code outside the closed list; the text beside tells what was published.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ocds::codelist::Codelist as _;

    #[test]
    fn a_published_code_is_found_and_any_other_is_other() {
        let found = |text: &str| code::<ocds::TenderStatus, TenderStatus>(Some(text));
        assert_eq!(found("Complete "), Some(TenderStatus::Complete));
        assert_eq!(found("evaluation"), Some(TenderStatus::Other));
        assert_eq!(code::<ocds::TenderStatus, TenderStatus>(None), None);
    }

    #[test]
    fn enum_values_are_the_codes_in_upper_case() {
        for role in ocds::PartyRole::ALL {
            let value = async_graphql::Value::from(PartyRole::from(*role)).to_string();
            assert_eq!(value.replace('_', "").to_lowercase(), role.as_str().to_lowercase());
        }
    }
}

//! The closed codelists of OCDS 1.1 and of the bid extension.
//!
//! A published code never fails: a code outside its list is `Other`, and the text as published is
//! kept beside it ([`super::model::Coded`]).

/// A closed list of codes with a catch-all.
pub trait Codelist: Copy + Eq + 'static {
    /// Every code of the list, `Other` last.
    const ALL: &'static [Self];

    /// The code as the standard spells it; `other` for the catch-all.
    fn as_str(self) -> &'static str;

    /// Reads a published text. Case and surrounding white space do not count.
    fn parse(text: &str) -> Self;
}

macro_rules! codelist {
    ($(#[$doc:meta])* $name:ident { $($(#[$code_doc:meta])* $code:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$code_doc])* $code,)+
            /// A code outside the closed list.
            Other,
        }

        impl Codelist for $name {
            const ALL: &'static [Self] = &[$(Self::$code,)+ Self::Other];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)+
                    Self::Other => "other",
                }
            }

            fn parse(text: &str) -> Self {
                let text = text.trim();
                $(if text.eq_ignore_ascii_case($text) { return Self::$code; })+
                Self::Other
            }
        }
    };
}

codelist! {
    /// `tender.status`.
    TenderStatus {
        /// A future process is being considered.
        Planning = "planning",
        /// The process is scheduled but has not begun.
        Planned = "planned",
        /// Bids can be submitted or are being evaluated.
        Active = "active",
        /// The process was cancelled.
        Cancelled = "cancelled",
        /// The process ended without an award.
        Unsuccessful = "unsuccessful",
        /// The process is complete.
        Complete = "complete",
        /// No further information is published.
        Withdrawn = "withdrawn",
    }
}

codelist! {
    /// `tender.procurementMethod`.
    ProcurementMethod {
        /// Every interested supplier may bid.
        Open = "open",
        /// Qualified suppliers are invited to bid.
        Selective = "selective",
        /// A number of suppliers chosen by the buyer may bid.
        Limited = "limited",
        /// One supplier is approached.
        Direct = "direct",
    }
}

codelist! {
    /// `tender.mainProcurementCategory`.
    ProcurementCategory {
        /// Goods or supplies.
        Goods = "goods",
        /// Construction, repair, rehabilitation, demolition.
        Works = "works",
        /// Services.
        Services = "services",
    }
}

codelist! {
    /// `awards[].status`.
    AwardStatus {
        /// Proposed, not yet in force.
        Pending = "pending",
        /// Made and in force.
        Active = "active",
        /// Cancelled.
        Cancelled = "cancelled",
        /// Could not be made.
        Unsuccessful = "unsuccessful",
    }
}

codelist! {
    /// `contracts[].status`.
    ContractStatus {
        /// Proposed, not yet in force.
        Pending = "pending",
        /// Signed and in force.
        Active = "active",
        /// Cancelled before it was signed.
        Cancelled = "cancelled",
        /// Ended, by completion or otherwise.
        Terminated = "terminated",
    }
}

codelist! {
    /// `bids.details[].status` of the bid extension.
    BidStatus {
        /// The tenderer was invited to bid.
        Invited = "invited",
        /// Submitted, not yet evaluated.
        Pending = "pending",
        /// Met the criteria.
        Valid = "valid",
        /// Did not meet the criteria.
        Disqualified = "disqualified",
        /// Withdrawn by the tenderer.
        Withdrawn = "withdrawn",
    }
}

codelist! {
    /// `parties[].roles[]`.
    PartyRole {
        /// Pays for and uses what is bought.
        Buyer = "buyer",
        /// Manages the process, perhaps for the buyer.
        ProcuringEntity = "procuringEntity",
        /// Was awarded a contract.
        Supplier = "supplier",
        /// Submitted a bid.
        Tenderer = "tenderer",
        /// Funds the process.
        Funder = "funder",
        /// Asked a question about the tender.
        Enquirer = "enquirer",
        /// Pays in a transaction.
        Payer = "payer",
        /// Is paid in a transaction.
        Payee = "payee",
        /// Reviews complaints.
        ReviewBody = "reviewBody",
        /// Another interested party.
        InterestedParty = "interestedParty",
    }
}

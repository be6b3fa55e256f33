//! A contracting process, compiled and normalised: what the store writes.
//!
//! True of every value here: text is trimmed and never empty (absent instead); amounts are exact
//! decimals; times are UTC to the millisecond; a code keeps its published text; a reference to an
//! organisation is an index into [`Process::parties`]; lists keep the publisher's order.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::codelist::{
    AwardStatus, BidStatus, ContractStatus, PartyRole, ProcurementCategory, ProcurementMethod, TenderStatus,
};

/// A moment in UTC, to the millisecond.
pub type Time = DateTime<Utc>;

/// A JSON text, kept as published where Farol has no column for it.
pub type Json = String;

/// The index of an organisation in [`Process::parties`].
pub type PartyIndex = usize;

/// A code and the text as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded<C> {
    /// The code of the closed list, or its `Other`.
    pub code: C,
    /// The text as published.
    pub text: String,
}

/// An amount of money. An amount without a currency is kept, and never takes part in a sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// The exact amount; absent when it was published unreadably.
    pub amount: Option<Decimal>,
    /// The currency as published, trimmed, in upper case.
    pub currency: Option<String>,
}

/// A period of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Its first moment.
    pub start: Option<Time>,
    /// Its last moment.
    pub end: Option<Time>,
    /// How far it can be extended.
    pub max_extent: Option<Time>,
    /// Its length in days.
    pub duration_in_days: Option<i32>,
}

/// One contracting process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    /// The open contracting id, unique within a dataset.
    pub ocid: String,
    /// The date of the latest release.
    pub date: Option<Time>,
    /// How the process began: `tender`.
    pub initiation_type: Option<String>,
    /// The language of its texts.
    pub language: Option<String>,
    /// Every organisation that takes part, each once.
    pub parties: Vec<Party>,
    /// The buyer.
    pub buyer: Option<PartyIndex>,
    /// The tender. A process without one has an empty tender.
    pub tender: Tender,
    /// The bids.
    pub bids: Vec<Bid>,
    /// The awards.
    pub awards: Vec<Award>,
    /// The contracts.
    pub contracts: Vec<Contract>,
    /// Documents of the planning and tender stages.
    pub documents: Vec<Document>,
    /// `planning` without its documents.
    pub planning: Option<Json>,
    /// `bids.statistics`.
    pub bid_statistics: Option<Json>,
    /// `relatedProcesses`.
    pub related_processes: Option<Json>,
}

/// The tender stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tender {
    /// The publisher's id.
    pub local_id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its status.
    pub status: Option<Coded<TenderStatus>>,
    /// The status in the publisher's own words (`statusDetails`).
    pub status_details: Option<String>,
    /// The procuring entity.
    pub procuring_entity: Option<PartyIndex>,
    /// The estimated value.
    pub value: Option<Money>,
    /// The least estimated value.
    pub min_value: Option<Money>,
    /// The procurement method.
    pub method: Option<Coded<ProcurementMethod>>,
    /// The method in the publisher's own words.
    pub method_details: Option<String>,
    /// Why the method was chosen.
    pub method_rationale: Option<String>,
    /// The main category.
    pub category: Option<Coded<ProcurementCategory>>,
    /// Further categories, as published.
    pub additional_categories: Vec<String>,
    /// How bids are compared.
    pub award_criteria: Option<String>,
    /// More on how bids are compared.
    pub award_criteria_details: Option<String>,
    /// Who may bid.
    pub eligibility_criteria: Option<String>,
    /// How bids are submitted, as published.
    pub submission_methods: Vec<String>,
    /// More on how bids are submitted.
    pub submission_method_details: Option<String>,
    /// When the tender was published (`datePublished`, an extension in wide use).
    pub date_published: Option<Time>,
    /// When bids can be submitted.
    pub tender_period: Option<Period>,
    /// When questions can be asked.
    pub enquiry_period: Option<Period>,
    /// When the award is planned.
    pub award_period: Option<Period>,
    /// When the contract is planned to run.
    pub contract_period: Option<Period>,
    /// The number of tenderers as published, which may differ from the list.
    pub number_of_tenderers: Option<i32>,
    /// The tenderers, each once.
    pub tenderers: Vec<PartyIndex>,
    /// What is bought.
    pub items: Vec<Item>,
    /// `tender.milestones`.
    pub milestones: Option<Json>,
    /// `tender.amendments` (1.0's `amendment` becomes a list of one).
    pub amendments: Option<Json>,
    /// `tender.lots`.
    pub lots: Option<Json>,
}

/// An organisation in one process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Party {
    /// Its identity within the dataset (see [`super::party`]): the same text is the same organisation.
    pub key: String,
    /// The publisher's id, often local to one release.
    pub local_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its identifier in a register.
    pub identifier: Option<Identifier>,
    /// `additionalIdentifiers`.
    pub additional_identifiers: Option<Json>,
    /// Its address.
    pub address: Option<Address>,
    /// Whom to ask.
    pub contact_point: Option<ContactPoint>,
    /// Its roles in this process, each once, in the order of the codelist.
    pub roles: Vec<PartyRole>,
    /// Roles outside the codelist, as published.
    pub other_roles: Vec<String>,
}

/// An identifier in a register of organisations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifier {
    /// The register.
    pub scheme: Option<String>,
    /// The id in the register.
    pub id: Option<String>,
    /// The registered name.
    pub legal_name: Option<String>,
    /// Where the register describes it.
    pub uri: Option<String>,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Street and number.
    pub street: Option<String>,
    /// Town.
    pub locality: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country.
    pub country: Option<String>,
}

/// A person or office to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactPoint {
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub telephone: Option<String>,
    /// Fax number.
    pub fax: Option<String>,
    /// Web page.
    pub url: Option<String>,
}

/// A bid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bid {
    /// The publisher's id; may be absent or repeat.
    pub local_id: Option<String>,
    /// When it was received.
    pub date: Option<Time>,
    /// Its status.
    pub status: Option<Coded<BidStatus>>,
    /// The status in the publisher's own words.
    pub status_details: Option<String>,
    /// Who made it.
    pub tenderers: Vec<PartyIndex>,
    /// Its value.
    pub value: Option<Money>,
    /// Its documents.
    pub documents: Vec<Document>,
}

/// An award.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Award {
    /// The publisher's id; may be absent or repeat.
    pub local_id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its status.
    pub status: Option<Coded<AwardStatus>>,
    /// The status in the publisher's own words.
    pub status_details: Option<String>,
    /// When it was decided.
    pub date: Option<Time>,
    /// Its value.
    pub value: Option<Money>,
    /// To whom.
    pub suppliers: Vec<PartyIndex>,
    /// When the contract is to run.
    pub contract_period: Option<Period>,
    /// What is awarded.
    pub items: Vec<Item>,
    /// Its documents.
    pub documents: Vec<Document>,
    /// The ids of the bids it rests on (`relatedBids`, `relatedBid`), as published.
    pub related_bids: Vec<String>,
    /// `amendments`.
    pub amendments: Option<Json>,
}

/// A contract.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contract {
    /// The publisher's id; may be absent or repeat.
    pub local_id: Option<String>,
    /// The id of its award, as published; may dangle.
    pub award_local_id: Option<String>,
    /// The index of that award in [`Process::awards`], where it exists (the first of that id).
    pub award: Option<usize>,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its status.
    pub status: Option<Coded<ContractStatus>>,
    /// The status in the publisher's own words.
    pub status_details: Option<String>,
    /// When it runs.
    pub period: Option<Period>,
    /// Its value.
    pub value: Option<Money>,
    /// When it was signed.
    pub date_signed: Option<Time>,
    /// What is bought.
    pub items: Vec<Item>,
    /// Its documents and those of its implementation.
    pub documents: Vec<Document>,
    /// Payments.
    pub transactions: Vec<Transaction>,
    /// Milestones of the contract and its implementation, one list.
    pub milestones: Option<Json>,
    /// `amendments`.
    pub amendments: Option<Json>,
}

/// Something bought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// The publisher's id.
    pub local_id: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// The scheme of its classification, such as `CPV`.
    pub classification_scheme: Option<String>,
    /// Its code in that scheme.
    pub classification_id: Option<String>,
    /// The code in words.
    pub classification_description: Option<String>,
    /// How many units.
    pub quantity: Option<Decimal>,
    /// The unit's name.
    pub unit_name: Option<String>,
    /// The value of one unit.
    pub unit_value: Option<Money>,
}

/// A payment under a contract.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transaction {
    /// The publisher's id.
    pub local_id: Option<String>,
    /// Where the data comes from.
    pub source: Option<String>,
    /// When it was made.
    pub date: Option<Time>,
    /// How much.
    pub value: Option<Money>,
    /// Who paid.
    pub payer: Option<PartyIndex>,
    /// Who was paid.
    pub payee: Option<PartyIndex>,
    /// Where it is described.
    pub uri: Option<String>,
}

/// The part of a process a document belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DocumentStage {
    /// `planning.documents`.
    Planning,
    /// `tender.documents`.
    #[default]
    Tender,
    /// `bids.details[].documents`.
    Bid,
    /// `awards[].documents`.
    Award,
    /// `contracts[].documents`.
    Contract,
    /// `contracts[].implementation.documents`.
    Implementation,
}

/// A document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The part of the process it belongs to.
    pub stage: DocumentStage,
    /// The publisher's id.
    pub local_id: Option<String>,
    /// Its type, an open codelist.
    pub document_type: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Where it is.
    pub url: Option<String>,
    /// When it was published.
    pub date_published: Option<Time>,
    /// When it was changed.
    pub date_modified: Option<Time>,
    /// Its media type as published.
    pub format: Option<String>,
    /// Its language.
    pub language: Option<String>,
}

/// What a package says of its publisher.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publisher {
    /// The publisher's name.
    pub name: Option<String>,
    /// Where the publisher is described.
    pub uri: Option<String>,
    /// The licence, as published.
    pub license: Option<String>,
    /// The publication policy, as published.
    pub publication_policy: Option<String>,
    /// When the package was published.
    pub published: Option<Time>,
}

impl Publisher {
    /// What two packages say together: the one published later comes first, and the one read later where
    /// either does not say when it was published.
    #[must_use]
    pub fn and(self, read_later: Self) -> Self {
        let older = self.published.zip(read_later.published).is_some_and(|(kept, read)| kept > read);
        let (first, second) = if older { (self, read_later) } else { (read_later, self) };
        Self {
            name: first.name.or(second.name),
            uri: first.uri.or(second.uri),
            license: first.license.or(second.license),
            publication_policy: first.publication_policy.or(second.publication_policy),
            published: first.published.or(second.published),
        }
    }
}

//! Documents.

use async_graphql::{Enum, ID, Object};

use super::{
    cache_control::{MAX_AGE, cache_control},
    connection::View,
    id,
    list::ListNode,
    loading::{ByRange, Relations},
    scalars::DateTime,
    value,
};
use crate::store::{entity::document, id::Kind};

/// A document that was published about a process.
pub(super) struct Document(pub(super) document::Model);

/// The part of a process that a document belongs to.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub(super) enum DocumentStage {
    /// The planning.
    Planning,
    /// The tender.
    Tender,
    /// A bid.
    Bid,
    /// An award.
    Award,
    /// A contract.
    Contract,
    /// The implementation of a contract.
    Implementation,
}

/// A document that was published about a process.
#[Object(directive = cache_control::apply(MAX_AGE))]
impl Document {
    /// The global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::encode(Kind::Document, self.0.id())
    }

    /// The publisher's id. Null when not published.
    async fn local_id(&self) -> Option<&str> {
        self.0.local_id()
    }

    /// The part of the process it belongs to. Null only when it could not be read.
    async fn stage(&self) -> Option<DocumentStage> {
        stage(self.0.stage())
    }

    /// What kind of document it is, from an open list such as `tenderNotice`. Null when not published.
    async fn document_type(&self) -> Option<&str> {
        self.0.document_type()
    }

    /// Its title. Null when not published.
    async fn title(&self) -> Option<&str> {
        self.0.title()
    }

    /// Its description. Null when not published.
    async fn description(&self) -> Option<&str> {
        self.0.description()
    }

    /// Where it is. Null when not published.
    async fn url(&self) -> Option<&str> {
        self.0.url()
    }

    /// When it was published. Null when not published.
    async fn date_published(&self) -> Option<DateTime> {
        value::moment(self.0.date_published())
    }

    /// When it was changed. Null when not published.
    async fn date_modified(&self) -> Option<DateTime> {
        value::moment(self.0.date_modified())
    }

    /// Its media type, as published. Null when not published.
    async fn format(&self) -> Option<&str> {
        self.0.format()
    }

    /// Its language. Null when not published.
    async fn language(&self) -> Option<&str> {
        self.0.language()
    }
}

fn stage(text: &str) -> Option<DocumentStage> {
    match text {
        "planning" => Some(DocumentStage::Planning),
        "tender" => Some(DocumentStage::Tender),
        "bid" => Some(DocumentStage::Bid),
        "award" => Some(DocumentStage::Award),
        "contract" => Some(DocumentStage::Contract),
        "implementation" => Some(DocumentStage::Implementation),
        _ => None,
    }
}

impl View for Document {
    type Row = document::Model;

    fn of(row: Self::Row) -> Self {
        Self(row)
    }
}

impl ListNode for Document {
    fn relation(relations: &Relations) -> &ByRange {
        &relations.documents
    }
}

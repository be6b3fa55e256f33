//! Documents of every stage.

use super::{
    Encoder,
    part::{count, listed_ids},
};
use crate::{
    ocds::model::{Document, DocumentStage},
    store::{id::Kind, write::table::Table},
};

impl Encoder<'_> {
    pub(super) fn documents(&mut self, parent: i64, documents: &[Document]) {
        let ids = listed_ids(Kind::Document, parent, documents, |document| document.local_id.as_deref());
        for (position, (document, id)) in documents.iter().zip(ids).enumerate() {
            let row = [
                parent.into(),
                count(position).into(),
                id.into(),
                stage(document.stage).into(),
                document.local_id.as_ref().into(),
                document.document_type.as_ref().into(),
                document.title.as_ref().into(),
                document.description.as_ref().into(),
                document.url.as_ref().into(),
                document.date_published.into(),
                document.date_modified.into(),
                document.format.as_ref().into(),
                document.language.as_ref().into(),
            ];
            self.rows.add(Table::Documents, &row);
        }
    }
}

fn stage(stage: DocumentStage) -> &'static str {
    match stage {
        DocumentStage::Planning => "planning",
        DocumentStage::Tender => "tender",
        DocumentStage::Bid => "bid",
        DocumentStage::Award => "award",
        DocumentStage::Contract => "contract",
        DocumentStage::Implementation => "implementation",
    }
}

//! Bids, who made them, and their documents.

use super::{
    Encoder,
    part::{coded, count, listed_ids, money},
};
use crate::{
    ocds::model::Bid,
    store::{id::Kind, write::table::Table},
};

impl Encoder<'_> {
    pub(super) fn bids(&mut self, bids: &[Bid]) {
        let ids = listed_ids(Kind::Bid, self.process_id, bids, |bid| bid.local_id.as_deref());
        self.rows.parents.extend(&ids);
        for (position, (bid, id)) in bids.iter().zip(ids).enumerate() {
            let [status, status_text] = coded(bid.status.as_ref());
            let [amount, currency] = money(bid.value.as_ref());
            let row = [
                self.process_id.into(),
                count(position).into(),
                id.into(),
                bid.local_id.as_ref().into(),
                bid.date.into(),
                status,
                status_text,
                bid.status_details.as_ref().into(),
                amount,
                currency,
                count(bid.documents.len()).into(),
                self.dataset.into(),
            ];
            self.rows.add(Table::Bids, &row);
            self.members(Table::BidTenderers, id, bid.date, &bid.tenderers);
            self.documents(id, &bid.documents);
        }
    }
}

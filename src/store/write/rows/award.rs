//! Awards, their suppliers, items and documents.

use super::{
    Encoder,
    part::{coded, count, json_list, listed_ids, money, period},
};
use crate::{
    ocds::model::Award,
    store::{id::Kind, words, write::table::Table},
};

impl Encoder<'_> {
    /// Returns the ids of the awards.
    pub(super) fn awards(&mut self, awards: &[Award]) -> Vec<i64> {
        let ids = listed_ids(Kind::Award, self.process_id, awards, |award| award.local_id.as_deref());
        self.rows.parents.extend(&ids);
        for (position, (award, id)) in awards.iter().zip(&ids).enumerate() {
            let [status, status_text] = coded(award.status.as_ref());
            let [amount, currency] = money(award.value.as_ref());
            let [start, end, max_extent, days] = period(award.contract_period.as_ref());
            let related_bids = json_list(&award.related_bids);
            let title_key = award.title.as_deref().map(words::sort_key);
            let row = [
                self.process_id.into(),
                count(position).into(),
                (*id).into(),
                award.local_id.as_ref().into(),
                award.title.as_ref().into(),
                award.description.as_ref().into(),
                status,
                status_text,
                award.status_details.as_ref().into(),
                award.date.into(),
                amount,
                currency,
                start,
                end,
                max_extent,
                days,
                related_bids.as_ref().into(),
                award.amendments.as_ref().into(),
                count(award.items.len()).into(),
                count(award.documents.len()).into(),
                self.dataset.into(),
                title_key.as_ref().into(),
            ];
            self.rows.add(Table::Awards, &row);
            self.members(Table::AwardSuppliers, *id, award.date, &award.suppliers);
            self.items(*id, &award.items);
            self.documents(*id, &award.documents);
        }
        ids
    }
}

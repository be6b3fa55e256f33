//! Items of a tender, an award or a contract, and their words.

use super::{
    Encoder,
    part::{count, listed_ids, money},
};
use crate::{
    ocds::model::Item,
    store::{id::Kind, words, write::table::Table},
};

impl Encoder<'_> {
    pub(super) fn items(&mut self, parent: i64, items: &[Item]) {
        let ids = listed_ids(Kind::Item, parent, items, |item| item.local_id.as_deref());
        for (position, (item, id)) in items.iter().zip(ids).enumerate() {
            let [amount, currency] = money(item.unit_value.as_ref());
            let description_key = item.description.as_deref().map(words::sort_key);
            let row = [
                parent.into(),
                count(position).into(),
                id.into(),
                item.local_id.as_ref().into(),
                item.description.as_ref().into(),
                item.classification_scheme.as_ref().into(),
                item.classification_id.as_ref().into(),
                item.classification_description.as_ref().into(),
                item.quantity.into(),
                item.unit_name.as_ref().into(),
                amount,
                currency,
                self.process_id.into(),
                self.date.into(),
                self.dataset.into(),
                description_key.as_ref().into(),
            ];
            self.rows.add(Table::Items, &row);
            let texts = [item.description.as_deref(), item.classification_description.as_deref()];
            if let Some(terms) = words::of(texts.into_iter().flatten()) {
                self.rows.add(Table::ItemSearch, &[id.into(), (&terms).into()]);
            }
        }
    }
}

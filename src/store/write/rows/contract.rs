//! Contracts, their suppliers (those of the award), items, documents and payments.

use super::{
    Encoder,
    part::{coded, count, listed_ids, money, period},
};
use crate::{
    ocds::model::{Process, Transaction},
    store::{id::Kind, words, write::table::Table},
};

impl Encoder<'_> {
    pub(super) fn contracts(&mut self, Process { contracts, awards: made, .. }: &Process, awards: &[i64]) {
        let ids =
            listed_ids(Kind::Contract, self.process_id, contracts, |contract| contract.local_id.as_deref());
        self.rows.parents.extend(&ids);
        for (position, (contract, id)) in contracts.iter().zip(ids).enumerate() {
            let [status, status_text] = coded(contract.status.as_ref());
            let [amount, currency] = money(contract.value.as_ref());
            let [start, end, max_extent, days] = period(contract.period.as_ref());
            let title_key = contract.title.as_deref().map(words::sort_key);
            let row = [
                self.process_id.into(),
                count(position).into(),
                id.into(),
                contract.local_id.as_ref().into(),
                contract.award.and_then(|index| awards.get(index).copied()).into(),
                contract.award_local_id.as_ref().into(),
                contract.title.as_ref().into(),
                contract.description.as_ref().into(),
                status,
                status_text,
                contract.status_details.as_ref().into(),
                amount,
                currency,
                contract.date_signed.into(),
                start,
                end,
                max_extent,
                days,
                contract.milestones.as_ref().into(),
                contract.amendments.as_ref().into(),
                count(contract.items.len()).into(),
                count(contract.documents.len()).into(),
                count(contract.transactions.len()).into(),
                self.dataset.into(),
                title_key.as_ref().into(),
            ];
            self.rows.add(Table::Contracts, &row);
            let award = contract.award.and_then(|index| made.get(index));
            let suppliers = award.map_or(&[][..], |award| &award.suppliers);
            self.members(Table::ContractSuppliers, id, contract.date_signed, suppliers);
            self.items(id, &contract.items);
            self.documents(id, &contract.documents);
            self.transactions(id, &contract.transactions);
        }
    }

    fn transactions(&mut self, contract: i64, transactions: &[Transaction]) {
        let ids =
            listed_ids(Kind::Transaction, contract, transactions, |payment| payment.local_id.as_deref());
        for (position, (transaction, id)) in transactions.iter().zip(ids).enumerate() {
            let [amount, currency] = money(transaction.value.as_ref());
            let row = [
                contract.into(),
                count(position).into(),
                id.into(),
                transaction.local_id.as_ref().into(),
                transaction.source.as_ref().into(),
                transaction.date.into(),
                amount,
                currency,
                self.organization(transaction.payer),
                self.organization(transaction.payee),
                transaction.uri.as_ref().into(),
            ];
            self.rows.add(Table::Transactions, &row);
        }
    }
}

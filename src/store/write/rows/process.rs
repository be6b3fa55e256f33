//! The rows of a process itself: the hot one, the long texts, the words.

use super::{
    Encoder,
    part::{coded, count, json_list, money, period},
};
use crate::{
    ocds::model::{Process, Tender},
    store::{words, write::table::Table},
};

impl Encoder<'_> {
    pub(super) fn head(&mut self, process: &Process, releases: usize) {
        let tender = &process.tender;
        let [status, status_text] = coded(tender.status.as_ref());
        let [method, method_text] = coded(tender.method.as_ref());
        let [category, category_text] = coded(tender.category.as_ref());
        let [amount, currency] = money(tender.value.as_ref());
        let [start, end, max_extent, days] = period(tender.tender_period.as_ref());
        let title_key = tender.title.as_deref().map(words::sort_key);
        let row = [
            self.process_id.into(),
            self.dataset.into(),
            (&process.ocid).into(),
            process.date.into(),
            process.initiation_type.as_ref().into(),
            process.language.as_ref().into(),
            self.organization(process.buyer),
            self.organization(tender.procuring_entity),
            tender.local_id.as_ref().into(),
            tender.title.as_ref().into(),
            status,
            status_text,
            method,
            method_text,
            tender.method_details.as_ref().into(),
            category,
            category_text,
            amount,
            currency,
            tender.date_published.into(),
            start,
            end,
            max_extent,
            days,
            tender.number_of_tenderers.into(),
            count(process.parties.len()).into(),
            count(tender.tenderers.len()).into(),
            count(tender.items.len()).into(),
            count(process.documents.len()).into(),
            count(process.bids.len()).into(),
            count(process.awards.len()).into(),
            count(process.contracts.len()).into(),
            count(releases).into(),
            title_key.as_ref().into(),
        ];
        self.rows.add(Table::Processes, &row);
    }

    pub(super) fn details(&mut self, process: &Process) {
        let Tender { min_value, enquiry_period, award_period, contract_period, .. } = &process.tender;
        let tender = &process.tender;
        let categories = json_list(&tender.additional_categories);
        let methods = json_list(&tender.submission_methods);
        let [amount, currency] = money(min_value.as_ref());
        let [enquiry_start, enquiry_end, enquiry_max_extent, enquiry_days] = period(enquiry_period.as_ref());
        let [award_start, award_end, award_max_extent, award_days] = period(award_period.as_ref());
        let [contract_start, contract_end, contract_max_extent, contract_days] =
            period(contract_period.as_ref());
        let row = [
            self.process_id.into(),
            tender.description.as_ref().into(),
            tender.status_details.as_ref().into(),
            tender.method_rationale.as_ref().into(),
            categories.as_ref().into(),
            tender.award_criteria.as_ref().into(),
            tender.award_criteria_details.as_ref().into(),
            tender.eligibility_criteria.as_ref().into(),
            methods.as_ref().into(),
            tender.submission_method_details.as_ref().into(),
            amount,
            currency,
            enquiry_start,
            enquiry_end,
            enquiry_max_extent,
            enquiry_days,
            award_start,
            award_end,
            award_max_extent,
            award_days,
            contract_start,
            contract_end,
            contract_max_extent,
            contract_days,
            process.planning.as_ref().into(),
            tender.milestones.as_ref().into(),
            tender.amendments.as_ref().into(),
            tender.lots.as_ref().into(),
            process.bid_statistics.as_ref().into(),
            process.related_processes.as_ref().into(),
        ];
        self.rows.add(Table::ProcessDetails, &row);
    }

    /// The words of everything that has a title, a description or a name.
    pub(super) fn search(&mut self, process: &Process) {
        let tender = &process.tender;
        let lists = process.awards.iter().map(|award| &award.items);
        let lists = lists.chain(process.contracts.iter().map(|contract| &contract.items));
        let items = tender.items.iter().chain(lists.flatten()).map(|item| &item.description);
        let awards = process.awards.iter().flat_map(|award| [&award.title, &award.description]);
        let contracts =
            process.contracts.iter().flat_map(|contract| [&contract.title, &contract.description]);
        let texts = [&tender.title, &tender.description].into_iter().chain(awards).chain(contracts);
        let names = process.parties.iter().map(|party| &party.name);
        let texts = texts.chain(items).chain(names).filter_map(|text| text.as_deref());
        if let Some(terms) = words::of(texts) {
            self.rows.add(Table::ProcessSearch, &[self.process_id.into(), (&terms).into()]);
        }
    }
}

//! Who takes part in a process, and as what.

use super::{
    Encoder,
    part::{count, json_list},
};
use crate::{
    ocds::model::{Process, Time},
    store::write::{
        organization::{self, Mention},
        table::Table,
    },
};

impl Encoder<'_> {
    pub(super) fn parties(&mut self, process: &Process) {
        for (position, party) in process.parties.iter().enumerate() {
            let id = self.organizations[position];
            let mention = Mention::new(self.dataset, process.date, party);
            organization::keep_best(&mut self.rows.organizations, id, mention);
            let roles = party.roles.iter().fold(0, |set, role| set | (1 << *role as i32));
            let other_roles = json_list(&party.other_roles);
            let row = [
                self.process_id.into(),
                count(position).into(),
                id.into(),
                roles.into(),
                other_roles.as_ref().into(),
            ];
            self.rows.add(Table::Parties, &row);
        }
        for (position, party) in process.tender.tenderers.iter().enumerate() {
            let row = [self.process_id.into(), count(position).into(), self.organization(Some(*party))];
            self.rows.add(Table::Tenderers, &row);
        }
    }

    /// Who made a bid or was awarded, with the date of that bid, award or contract.
    pub(super) fn members(&mut self, table: Table, parent: i64, date: Option<Time>, parties: &[usize]) {
        for (position, party) in parties.iter().enumerate() {
            let organization = self.organization(Some(*party));
            let process = self.process_id.into();
            let row = [parent.into(), count(position).into(), organization, process, date.into()];
            self.rows.add(table, &row);
        }
    }
}

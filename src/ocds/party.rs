//! Who takes part in a process, each organisation once.
//!
//! An id that a publisher gives an organisation is often local to one release (`1`, `2`), so it only
//! ties a mention to an entry of the same process. Identity within a dataset is the identifier in a
//! register, else the name; an organisation with neither is known in its process only.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::codelist::PartyRole;
use super::model::{Identifier, Party, PartyIndex};

/// The identity of an organisation within its dataset: `id:<scheme>|<id>`, else `name:<name>`, both
/// without the differences of case, width and spacing; none when it has neither.
pub fn identity(identifier: Option<&Identifier>, name: Option<&str>) -> Option<String> {
    registered(identifier).or_else(|| Some(format!("name:{}", folded(name?)?)))
}

fn registered(identifier: Option<&Identifier>) -> Option<String> {
    let identifier = identifier?;
    let scheme = spelled(identifier.scheme.as_deref()?).replace('|', "/");
    Some(format!("id:{scheme}|{}", spelled(identifier.id.as_deref()?)))
}

/// A code without the differences of case, width and spacing; its punctuation counts.
fn spelled(code: &str) -> String {
    let code: String = code.nfkc().flat_map(char::to_lowercase).collect();
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name without the differences of case, width, spacing and punctuation; none when nothing is left.
pub fn folded(name: &str) -> Option<String> {
    let mut folded = String::with_capacity(name.len());
    if name.is_ascii() {
        name.bytes().for_each(|byte| fold(&mut folded, char::from(byte.to_ascii_lowercase())));
    } else {
        name.nfkc().flat_map(char::to_lowercase).for_each(|c| fold(&mut folded, c));
    }
    folded.truncate(folded.trim_end().len());
    (!folded.is_empty()).then_some(folded)
}

fn fold(to: &mut String, c: char) {
    if c.is_alphanumeric() || is_combining_mark(c) {
        to.push(c);
    } else if !to.is_empty() && !to.ends_with(' ') {
        to.push(' ');
    }
}

/// The organisations of one process, gathered from its list of parties and from every mention.
#[derive(Debug, Default)]
pub(super) struct Parties {
    entries: Vec<Entry>,
    by_id: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, usize>,
}

#[derive(Debug)]
struct Entry {
    party: Party,
    /// Whether the list of parties says who it is, rather than a mention.
    published: bool,
}

impl Parties {
    /// Adds an entry of the list of parties.
    pub(super) fn publish(&mut self, party: Party) {
        let published = party.name.is_some() || registered(party.identifier.as_ref()).is_some();
        self.add(party, published);
    }

    /// Finds whom a mention means, or adds it; the role is theirs from now on.
    pub(super) fn mention(&mut self, mention: Party, role: PartyRole) -> PartyIndex {
        let index = match self.find(&mention, role) {
            Some(index) => {
                let unnamed = self.entries[index].party.name.is_none();
                complete(&mut self.entries[index].party, mention);
                if unnamed {
                    self.note_name(index);
                }
                index
            }
            None => self.add(mention, false),
        };
        add_role(&mut self.entries[index].party, role);
        index
    }

    fn add(&mut self, party: Party, published: bool) -> usize {
        let index = self.entries.len();
        if let Some(id) = &party.local_id {
            self.by_id.entry(id.clone()).or_default().push(index);
        }
        self.entries.push(Entry { party, published });
        self.note_name(index);
        index
    }

    fn note_name(&mut self, index: usize) {
        if let Some(name) = self.entries[index].party.name.as_deref().and_then(folded) {
            self.by_name.entry(name).or_insert(index);
        }
    }

    fn find(&self, mention: &Party, role: PartyRole) -> Option<usize> {
        let same_id =
            mention.local_id.as_ref().and_then(|id| self.by_id.get(id)).map_or(&[][..], Vec::as_slice);
        let mut candidates = same_id.iter().copied().filter(|&index| !self.differs(index, mention));
        let Some(name) = mention.name.as_deref() else {
            return self.with_role(candidates, role);
        };
        if same_id.is_empty() {
            return self.by_name.get(&folded(name)?).copied().filter(|&index| !self.differs(index, mention));
        }
        candidates
            .clone()
            .find(|&index| self.is_called(index, name))
            .or_else(|| {
                self.with_role(candidates.clone().filter(|&index| self.entries[index].published), role)
            })
            .or_else(|| candidates.find(|&index| self.entries[index].party.name.is_none()))
    }

    /// The candidate that already has the role, else the first.
    fn with_role(&self, mut candidates: impl Iterator<Item = usize>, role: PartyRole) -> Option<usize> {
        let has_role = |index: &usize| self.entries[*index].party.roles.contains(&role);
        let first = candidates.next()?;
        if has_role(&first) { Some(first) } else { candidates.find(has_role).or(Some(first)) }
    }

    fn is_called(&self, index: usize, name: &str) -> bool {
        let called = self.entries[index].party.name.as_deref();
        called == Some(name) || called.is_some_and(|called| folded(called) == folded(name))
    }

    /// Whether both are registered, and not as the same.
    fn differs(&self, index: usize, mention: &Party) -> bool {
        let Some(mentioned) = registered(mention.identifier.as_ref()) else { return false };
        registered(self.entries[index].party.identifier.as_ref()).is_some_and(|known| known != mentioned)
    }

    /// Every organisation once, and where each index handed out so far has gone.
    pub(super) fn finish(self, ocid: &str) -> (Vec<Party>, Vec<PartyIndex>) {
        let mut parties: Vec<Party> = Vec::with_capacity(self.entries.len());
        let mut by_key = HashMap::with_capacity(self.entries.len());
        let mut moved = Vec::with_capacity(self.entries.len());
        for (index, Entry { mut party, .. }) in self.entries.into_iter().enumerate() {
            party.key = identity(party.identifier.as_ref(), party.name.as_deref()).unwrap_or_else(|| {
                let id = party.local_id.clone().unwrap_or_else(|| format!("#{index}"));
                format!("local:{ocid}|{id}")
            });
            let at = *by_key.entry(party.key.clone()).or_insert(parties.len());
            moved.push(at);
            match parties.get_mut(at) {
                Some(known) => complete(known, party),
                None => parties.push(party),
            }
        }
        for party in &mut parties {
            party.roles.sort_unstable();
        }
        (parties, moved)
    }
}

/// Adds what `more` knows and `party` does not.
fn complete(party: &mut Party, more: Party) {
    let Party {
        local_id,
        name,
        identifier,
        additional_identifiers,
        address,
        contact_point,
        roles,
        other_roles,
        ..
    } = more;
    or(&mut party.local_id, local_id);
    or(&mut party.name, name);
    or(&mut party.identifier, identifier);
    or(&mut party.additional_identifiers, additional_identifiers);
    or(&mut party.address, address);
    or(&mut party.contact_point, contact_point);
    for role in roles {
        add_role(party, role);
    }
    for role in other_roles {
        if !party.other_roles.contains(&role) {
            party.other_roles.push(role);
        }
    }
}

fn or<T>(known: &mut Option<T>, more: Option<T>) {
    if known.is_none() {
        *known = more;
    }
}

fn add_role(party: &mut Party, role: PartyRole) {
    if !party.roles.contains(&role) {
        party.roles.push(role);
    }
}

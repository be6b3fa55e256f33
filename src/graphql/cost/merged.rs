//! Selections as execution sees them: fragments expanded, fields of one response key merged.

use async_graphql::{Name, indexmap::IndexMap};

use super::{
    formula::{Field, Set, What},
    replay::Inputs,
};

/// The fields of selection sets by their response key (`CollectFields`, section 6.3.2 of the specification).
#[derive(Default)]
pub(super) struct Merged<'a> {
    /// A plain value: it costs nothing and makes a level.
    pub(super) leaf: Option<&'a Name>,
    /// Fields of one key have the same name and arguments in a valid document.
    pub(super) fields: IndexMap<&'a Name, Vec<&'a Field>>,
}

impl<'a> Inputs<'a> {
    /// Merges selection sets of one object. The work is bounded by the selections that a document may expand to.
    pub(super) fn merged(&self, sets: &[&'a Set]) -> Merged<'a> {
        let mut merged = Merged::default();
        for set in sets {
            self.collect(set, &mut merged);
        }
        merged
    }

    fn collect(&self, set: &'a Set, into: &mut Merged<'a>) {
        into.leaf = into.leaf.or(set.leaf.as_ref());
        for part in set.parts.iter().filter(|part| !self.left_out(&part.conditions)) {
            match &part.what {
                What::Field(field) => into.fields.entry(&field.key).or_default().push(field),
                What::Inline(set) => self.collect(set, into),
                What::Fragment(place) => self.collect(&self.formulas.fragments[*place], into),
            }
        }
    }
}

//! What an operation costs and how deep it is, before any work starts.
//!
//! A part of the same row costs nothing, another row or an unpaged list 1, a page 1 + rows × (1 + what
//! a row selects), what is told of a whole list 10; the number of rows comes from the argument or its variable, else
//! the default. Each fragment is priced once. Introspection costs nothing and is no level: `guard`
//! bounds it. Arithmetic saturates. Documents come here measured by `guard`: they are small, and no
//! fragment spreads itself.

use std::collections::HashMap;

use async_graphql::{ServerError, Value as ConstValue, Variables};
use async_graphql_parser::{
    Positioned,
    types::{Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;

use super::{
    error::refusal,
    page::{Level, PageSizes},
    shape::{Kind, Shape},
};
use crate::error::Code;

/// The cost of counting a list, or of its sums.
const TOTAL: u64 = 10;

/// What an operation may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Most {
    pub(super) depth: u32,
    pub(super) cost: u64,
}

/// What an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Estimate {
    pub(super) depth: u32,
    pub(super) cost: u64,
}

/// The rules that prices follow.
#[derive(Clone, Copy)]
pub(super) struct Tariff<'a> {
    pub(super) shape: &'a Shape,
    pub(super) pages: PageSizes,
}

/// The price of a selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Price {
    /// To be paid once.
    once: u64,
    /// To be paid for every row of the page that is being selected from.
    per_row: u64,
    /// Levels of fields.
    depth: u32,
}

/// Prices an operation of a document.
pub(super) fn estimate(
    tariff: Tariff<'_>,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Estimate {
    let price = Pricing::new(tariff, document, operation, variables).whole();
    Estimate { depth: price.depth, cost: price.once }
}

/// Refuses an operation that asks for too much, with the path where most of it lies.
pub(super) fn check(
    tariff: Tariff<'_>,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    estimate: Estimate,
    most: Most,
) -> Result<(), ServerError> {
    let path = |weight: fn(Price) -> u64| {
        Pricing::new(tariff, document, operation, variables).heaviest(weight).join(".")
    };
    if estimate.depth > most.depth {
        let path = path(|price| price.depth.into());
        let message = format!(
            "the operation is {} levels deep, {} at most (graphql.max_depth); the deepest path is {path}: \
             leave its last levels out, or ask for them by id in another operation",
            estimate.depth, most.depth
        );
        return Err(refuse(Code::QueryTooDeep, message, estimate.depth.into(), most.depth.into(), path));
    }
    if estimate.cost > most.cost {
        let path = path(|price| price.once.max(price.per_row));
        let message = format!(
            "the operation costs {}, {} at most (graphql.max_cost); the most expensive path is {path}: \
             ask for smaller pages with first, or for less in each row",
            estimate.cost, most.cost
        );
        return Err(refuse(Code::QueryTooComplex, message, estimate.cost, most.cost, path));
    }
    Ok(())
}

fn refuse(code: Code, message: String, found: u64, limit: u64, path: String) -> ServerError {
    let mut error = refusal(code, message);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("limit", limit);
    extensions.set("actual", found);
    extensions.set("path", path);
    error
}

impl Price {
    fn beside(self, other: Self) -> Self {
        Self {
            once: self.once.saturating_add(other.once),
            per_row: self.per_row.saturating_add(other.per_row),
            depth: self.depth.max(other.depth),
        }
    }
}

struct Pricing<'a> {
    tariff: Tariff<'a>,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    fragments: HashMap<&'a str, Price>,
}

impl<'a> Pricing<'a> {
    fn new(
        tariff: Tariff<'a>,
        document: &'a ExecutableDocument,
        operation: &'a OperationDefinition,
        variables: &'a Variables,
    ) -> Self {
        Self { tariff, document, operation, variables, fragments: HashMap::new() }
    }

    fn whole(&mut self) -> Price {
        self.set(&self.operation.selection_set.node, &self.tariff.shape.query)
    }

    fn set(&mut self, set: &'a SelectionSet, ty: &'a str) -> Price {
        set.items.iter().fold(Price::default(), |sum, item| sum.beside(self.selection(&item.node, ty)))
    }

    fn selection(&mut self, selection: &'a Selection, ty: &'a str) -> Price {
        if self.left_out(selection.directives()) {
            return Price::default();
        }
        match selection {
            Selection::Field(field) => self.field(&field.node, ty),
            Selection::InlineFragment(fragment) => {
                let on =
                    fragment.node.type_condition.as_ref().map_or(ty, |condition| &condition.node.on.node);
                self.set(&fragment.node.selection_set.node, on)
            }
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
        }
    }

    fn fragment(&mut self, name: &'a str) -> Price {
        if let Some(price) = self.fragments.get(name) {
            return *price;
        }
        let Some(fragment) = self.document.fragments.get(name) else { return Price::default() };
        let price = self.set(&fragment.node.selection_set.node, &fragment.node.type_condition.node.on.node);
        self.fragments.insert(name, price);
        price
    }

    fn field(&mut self, field: &'a Field, ty: &'a str) -> Price {
        // Introspection, or a field that validation will refuse.
        let Some(known) = self.tariff.shape.field(ty, &field.name.node) else { return Price::default() };
        let inner = self.set(&field.selection_set.node, &known.ty);
        let level = Price { depth: inner.depth.saturating_add(1), ..Price::default() };
        match known.kind {
            Kind::Own => Price { once: inner.once, ..level },
            Kind::Related => Price { once: inner.once.saturating_add(1), ..level },
            Kind::Total => Price { once: TOTAL, ..level },
            Kind::Through => inner,
            Kind::Rows => Price { once: 0, per_row: inner.once, depth: inner.depth },
            Kind::Sized(argument) => Price { once: page(self.length(field, argument), inner.once), ..level },
            Kind::Connection => {
                let rows = page(self.rows(field, ty), inner.per_row);
                Price { once: rows.saturating_add(inner.once), ..level }
            }
        }
    }

    /// The rows that a page has at most.
    fn rows(&self, field: &Field, ty: &str) -> u64 {
        let number = |name| match self.argument(field, name) {
            Some(ConstValue::Number(number)) => number.as_i64(),
            _ => None,
        };
        let level = if ty == self.tariff.shape.query { Level::Root } else { Level::Nested };
        self.tariff.pages.priced(level, number("first"), number("last"))
    }

    /// The length of a list argument.
    fn length(&self, field: &Field, argument: &str) -> u64 {
        match self.argument(field, argument) {
            Some(ConstValue::List(values)) => u64::try_from(values.len()).unwrap_or(u64::MAX),
            _ => 1,
        }
    }

    fn argument(&self, field: &Field, name: &str) -> Option<ConstValue> {
        self.value(&field.get_argument(name)?.node)
    }

    /// A value with the request's variables put in; `None` when one is missing.
    fn value(&self, value: &Value) -> Option<ConstValue> {
        value.clone().into_const_with(|name| self.variable(&name).ok_or(())).ok()
    }

    fn variable(&self, name: &str) -> Option<ConstValue> {
        let given = self.variables.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| value);
        given.cloned().or_else(|| {
            let mut definitions = self.operation.variable_definitions.iter();
            let definition = definitions.find(|definition| definition.node.name.node == name)?;
            definition.node.default_value().cloned()
        })
    }

    /// True when `@skip` or `@include` takes the selection away.
    fn left_out(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let condition = directive.node.get_argument("if").and_then(|value| self.value(&value.node));
            let Some(ConstValue::Boolean(condition)) = condition else { return false };
            match directive.node.name.node.as_str() {
                "skip" => condition,
                "include" => !condition,
                _ => false,
            }
        })
    }

    /// The names of the fields from the root to where most weight lies.
    fn heaviest(&mut self, weight: fn(Price) -> u64) -> Vec<&'a str> {
        let mut path = Vec::new();
        let (mut set, mut ty) = (&self.operation.selection_set.node, self.tariff.shape.query.as_str());
        loop {
            let weighed = set.items.iter().map(|item| (weight(self.selection(&item.node, ty)), &item.node));
            // The first of equals.
            let heaviest = weighed.reduce(|best, next| if next.0 > best.0 { next } else { best });
            match heaviest {
                None | Some((0, _)) => return path,
                Some((_, Selection::Field(field))) => {
                    path.push(field.node.response_key().node.as_str());
                    let Some(known) = self.tariff.shape.field(ty, &field.node.name.node) else { return path };
                    (set, ty) = (&field.node.selection_set.node, &known.ty);
                }
                Some((_, Selection::InlineFragment(fragment))) => {
                    ty = fragment.node.type_condition.as_ref().map_or(ty, |on| &on.node.on.node);
                    set = &fragment.node.selection_set.node;
                }
                Some((_, Selection::FragmentSpread(spread))) => {
                    let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) else {
                        return path;
                    };
                    ty = &fragment.node.type_condition.node.on.node;
                    set = &fragment.node.selection_set.node;
                }
            }
        }
    }
}

/// 1 + rows × (1 + what a row selects).
fn page(rows: u64, per_row: u64) -> u64 {
    rows.saturating_mul(per_row.saturating_add(1)).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use async_graphql_parser::parse_query;
    use serde_json::json;

    use super::*;

    fn priced(text: &str, variables: serde_json::Value) -> (Estimate, Option<ServerError>) {
        let shape = Shape::new(&crate::graphql::sdl());
        let tariff = Tariff { shape: &shape, pages: PageSizes::default() };
        let document = parse_query(text).unwrap();
        let operation = &document.operations.iter().next().unwrap().1.node;
        let variables = Variables::from_json(variables);
        let estimate = estimate(tariff, &document, operation, &variables);
        let most = Most { depth: 10, cost: 1_000 };
        (estimate, check(tariff, &document, operation, &variables, estimate, most).err())
    }

    fn cost(text: &str) -> u64 {
        priced(text, json!({})).0.cost
    }

    fn depth(text: &str) -> u32 {
        priced(text, json!({})).0.depth
    }

    #[test]
    fn the_worked_examples_cost_what_the_design_says() {
        let example = |first: &str, three: &str, five: &str| {
            format!(
                "{{ processes{first} {{ nodes {{ buyer {{ name }} awards{three} {{ nodes {{ suppliers {{ name }} }} }} \
                 bids{five} {{ nodes {{ tenderers {{ name }} }} }} contracts{three} {{ nodes {{ id }} }} }} }} }}"
            )
        };
        assert_eq!(cost(&example("(first: 20)", "(first: 3)", "(first: 5)")), 481);
        assert_eq!(cost(&example("", "", "")), 601);
    }

    #[test]
    fn each_kind_of_field_has_its_price() {
        for (text, expected) in [
            ("{ serverInfo { version } }", 0),
            ("{ __typename __schema { types { name } } }", 0),
            ("{ node(id: 1) { id } }", 1),
            ("{ nodes(ids: [1, 2, 3]) { ... on Award { suppliers { id } } } }", 7),
            ("{ process(ocid: 1) { ocid tender { title value { amount } } } }", 1),
            ("{ process(ocid: 1) { planning tender { description lots } } }", 4),
            ("{ processes { totalCount } }", 31),
            ("{ processes { totalCount totalValue { amount currency } } }", 41),
            ("{ processes(first: 0) { nodes { buyer { id } } } }", 1),
            ("{ processes(first: 2) { edges { cursor node { buyer { id } } } pageInfo { endCursor } } }", 5),
            ("{ processes(first: -3) { nodes { id } } }", 1),
            ("{ processes(last: 1000000) { nodes { id } } }", 101),
            ("{ a: serverInfo { version } b: datasets(first: 1) { nodes { id } } }", 2),
        ] {
            assert_eq!(cost(text), expected, "{text}");
        }
    }

    #[test]
    fn sizes_and_conditions_come_from_variables() {
        let text = "query ($n: Int = 4, $no: Boolean!) { processes(first: $n) { nodes { id buyer @skip(if: $no) { id } } } }";
        let cost = |variables| priced(text, variables).0.cost;
        assert_eq!(cost(json!({ "no": true })), 5);
        assert_eq!(cost(json!({ "no": false, "n": 7 })), 15);
        assert_eq!(cost(json!({ "no": true, "n": null })), 21);
    }

    #[test]
    fn fragments_are_expanded_each_in_its_place() {
        let text = "{ processes(first: 2) { ...page } } fragment page on ContractingProcessConnection { nodes { ...row ...row } } \
                    fragment row on ContractingProcess { buyer { id } ... { dataset { id } } }";
        assert_eq!(cost(text), 1 + 2 * (1 + 4));
    }

    #[test]
    fn pages_add_no_depth() {
        assert_eq!(depth("{ serverInfo { version } }"), 2);
        assert_eq!(depth("{ processes { edges { node { buyer { name } } } } }"), 3);
        assert_eq!(
            depth("{ processes { nodes { ...f } } } fragment f on ContractingProcess { buyer { name } }"),
            3
        );
        assert_eq!(depth("{ __schema { types { ofType { ofType { name } } } } }"), 0);
    }

    #[test]
    fn refusals_name_both_numbers_and_the_path() {
        let (_, error) = priced(
            "{ serverInfo { version } list: processes(first: 100) { nodes { ocid bids(first: 10) { nodes { date tenderers { id } } } } } }",
            json!({}),
        );
        let error = error.unwrap();
        assert!(error.message.starts_with("the operation costs 2201, 1000 at most"), "{}", error.message);
        assert!(error.message.contains("path is list.nodes.bids.nodes.tenderers:"), "{}", error.message);
        let deep = format!(
            "{{ process(ocid: 1) {{ {} id {} }} }}",
            "buyer { processes(first: 1) { nodes {".repeat(5),
            "} } }".repeat(5)
        );
        let (_, error) = priced(&deep, json!({}));
        let error = error.unwrap();
        assert!(
            error.message.starts_with("the operation is 12 levels deep, 10 at most"),
            "{}",
            error.message
        );
    }

    #[test]
    fn arithmetic_saturates() {
        let shape = Shape::new(&crate::graphql::sdl());
        let pages = PageSizes { root: u32::MAX, nested: u32::MAX, most: u32::MAX };
        let text = format!(
            "{{ processes {{ nodes {{ {} id {} }} }} }}",
            "buyer { processes { nodes {".repeat(5),
            "} } }".repeat(5)
        );
        let document = parse_query(text).unwrap();
        let operation = &document.operations.iter().next().unwrap().1.node;
        let tariff = Tariff { shape: &shape, pages };
        assert_eq!(estimate(tariff, &document, operation, &Variables::default()).cost, u64::MAX);
    }
}

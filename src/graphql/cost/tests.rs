//! The tariff: estimates, refusals, and what an answer cost.

use async_graphql::{ServerError, Value, Variables};
use serde_json::json;

use super::{Estimate, Formulas, Inputs, Most, actual, check, estimate};
use crate::graphql::{documents::complete_variables, page::PageSizes, shape::Shape, syntax::parse};

/// A schema with what ours does not have yet.
const SMALL: &str = "type Query { things(first: Int, filter: ThingFilter): ThingConnection spending(first: Int): [Spending] } \
    interface Node { id: ID } type Thing implements Node { id: ID parts(filter: ThingFilter): [Thing] } \
    type ThingConnection { nodes: [Thing] } type Spending { sum: Int thing: Thing } \
    input ThingFilter { search: String and: [ThingFilter] or: [ThingFilter] not: ThingFilter }";

struct Priced {
    estimate: Estimate,
    refusal: Option<ServerError>,
    actual: u64,
}

/// Prices the first operation of a document, and an answer to it.
fn price(
    sdl: &str,
    text: &str,
    variables: serde_json::Value,
    data: serde_json::Value,
) -> Result<Priced, ServerError> {
    let document = parse(text).unwrap().executable;
    let formulas = Formulas::compile(&Shape::new(sdl), &document);
    let (name, operation) = document.operations.iter().next().unwrap();
    let mut variables = Variables::from_json(variables);
    complete_variables(&operation.node, &mut variables).unwrap();
    let inputs = Inputs {
        pages: PageSizes::default(),
        formulas: &formulas,
        name: name.map(async_graphql::Name::as_str),
        variables: &variables,
    };
    let estimate = estimate(inputs)?;
    let refusal = check(inputs, estimate, Most { depth: 10, cost: 1_000 }).err();
    Ok(Priced { estimate, refusal, actual: actual(inputs, &Value::from_json(data).unwrap()) })
}

fn priced(text: &str, variables: serde_json::Value) -> (Estimate, Option<ServerError>) {
    let priced = price(&crate::graphql::sdl(), text, variables, json!(null)).unwrap();
    (priced.estimate, priced.refusal)
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
fn fragments_are_expanded_and_merged() {
    let text = "{ processes(first: 2) { ...page } } fragment page on ContractingProcessConnection { nodes { ...row ...row } } \
                fragment row on ContractingProcess { buyer { id } ... { dataset { id } } }";
    assert_eq!(cost(text), 1 + 2 * (1 + 2));
}

#[test]
fn what_is_executed_once_is_priced_once() {
    for (text, expected) in [
        ("{ process(ocid: 1) { buyer { name } buyer { id } ... { buyer { id } } } }", 2),
        (
            "{ process(ocid: 1) { buyer { id processes(first: 2) { totalCount } } buyer { processes(first: 2) { nodes { id } } } } }",
            15,
        ),
        ("{ process(ocid: 1) { buyer { id } other: buyer { id } } }", 3),
        ("{ node(id: 1) { ... on Award { x: suppliers { id } } ... on Bid { x: tenderers { id } } } }", 3),
    ] {
        assert_eq!(cost(text), expected, "{text}");
    }
}

#[test]
fn groups_are_priced_as_many_as_are_returned() {
    let groups =
        |asked: &str| cost(&format!("{{ spending(groupBy: SUPPLIER{asked}) {{ organization {{ id }} }} }}"));
    assert_eq!((groups(""), groups(", first: 1000"), groups(", first: 5000")), (30, 1_010, 1_010));
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
    assert!(error.message.starts_with("the operation is 12 levels deep, 10 at most"), "{}", error.message);
}

#[test]
fn arithmetic_saturates() {
    let text = format!(
        "{{ processes {{ nodes {{ {} id {} }} }} }}",
        "buyer { processes { nodes {".repeat(5),
        "} } }".repeat(5)
    );
    let document = parse(&text).unwrap().executable;
    let formulas = Formulas::compile(&Shape::new(&crate::graphql::sdl()), &document);
    let pages = PageSizes { root: u32::MAX, nested: u32::MAX, most: u32::MAX };
    let variables = Variables::default();
    let inputs = Inputs { pages, formulas: &formulas, name: None, variables: &variables };
    assert_eq!(estimate(inputs).unwrap().cost, u64::MAX);
}

#[test]
fn a_page_size_that_is_no_int_is_refused_wherever_it_comes_from() {
    let sdl = crate::graphql::sdl();
    let wide = |text: &str, n: serde_json::Value| {
        price(&sdl, text, json!({ "n": n }), json!(null))
            .map(|priced| priced.estimate.cost)
            .map_err(|error| error.message)
    };
    for number in ["2147483648", "4294967297", "9223372036854775808", "18446744073709551617", "-2147483649"] {
        let given: serde_json::Value = serde_json::from_str(number).unwrap();
        let literal = format!("{{ all: processes(first: {number}) {{ nodes {{ id }} }} }}");
        for refused in [
            wide(&literal, json!(null)),
            wide("query ($n: Int) { all: processes(first: $n) { nodes { id } } }", given.clone()),
            wide(
                "query ($n: Int) { ...f } fragment f on Query { ... { all: processes(first: $n) { nodes { id } } } }",
                given,
            ),
        ] {
            let message = refused.unwrap_err();
            assert!(message.starts_with("first of all is "), "{message}");
            assert!(message.ends_with("; it must be 0 to 100"), "{message}");
        }
    }
    assert_eq!(
        wide("query ($n: Int) { processes(first: $n) { nodes { id } } }", json!(2_147_483_647)),
        Ok(101)
    );
}

#[test]
fn each_word_of_a_search_costs() {
    let cost = |text: &str, variables: serde_json::Value| {
        price(SMALL, text, variables, json!(null)).unwrap().estimate.cost
    };
    for (filter, words) in [
        (r#"{ search: "" }"#, 0),
        (r#"{ search: " Ponte  nova, Águas—2024 " }"#, 4),
        (r#"{ search: "a\u0301gua" }"#, 1),
        (r#"{ search: "臺北 Taipei" }"#, 3),
        (r#"{ and: [{ search: "a" }, { or: [{ not: { search: "b c" } }] }] }"#, 3),
        ("null", 0),
    ] {
        let text = format!("{{ things(first: 2, filter: {filter}) {{ nodes {{ id }} }} }}");
        assert_eq!(cost(&text, json!({})), 3 + 10 * words, "{filter}");
    }
    let whole =
        "query ($f: ThingFilter = { search: \"x y\" }) { things(first: 2, filter: $f) { nodes { id } } }";
    assert_eq!(cost(whole, json!({})), 23);
    assert_eq!(
        cost(whole, json!({ "f": { "and": [{ "search": "a b c" }, { "not": { "search": "d" } }] } })),
        43
    );
    let part = "query ($f: ThingFilter, $s: String) { things(first: 2, filter: { and: [$f, { search: $s }] }) { nodes { id } } }";
    assert_eq!(cost(part, json!({ "f": { "search": "a" }, "s": "b c" })), 33);
    let nested = "{ things(first: 2) { nodes { parts(filter: { search: \"a b\" }) { id } } } }";
    assert_eq!(cost(nested, json!({})), 1 + 2 * (1 + 1 + 20));
}

#[test]
fn an_aggregate_costs_by_what_its_rows_select() {
    for (text, expected) in [
        ("{ spending { sum } }", 10),
        ("{ spending { sum thing { id } } }", 30),
        ("{ spending(first: 3) { thing { id } } }", 13),
        ("{ spending(first: 3) { thing { parts { id } } } }", 16),
    ] {
        let text = text.to_owned();
        assert_eq!(price_small(&text).estimate.cost, expected, "{text}");
    }
}

fn price_small(text: &str) -> Priced {
    price(SMALL, text, json!({}), json!(null)).unwrap()
}

#[test]
fn an_answer_costs_what_it_returned() {
    let actual = |text: &str, data: serde_json::Value| {
        let priced = price(&crate::graphql::sdl(), text, json!({}), data).unwrap();
        assert!(priced.actual <= priced.estimate.cost, "{text}");
        priced.actual
    };
    let row = json!({ "buyer": { "id": 1 }, "awards": { "nodes": [{ "suppliers": [{}, {}] }, { "suppliers": null }] } });
    let text = "{ processes(first: 20) { nodes { buyer { id } awards { nodes { suppliers { id } } } } totalCount } }";
    let data = json!({ "processes": { "nodes": [row, { "buyer": null, "awards": null }], "totalCount": 2 } });
    // The page and its two rows; of the first its buyer, and its awards: the page, two rows, one list; the count.
    assert_eq!(actual(text, data), 1 + 2 + 1 + (1 + 2 + 1) + 10);
    assert_eq!(actual(text, json!({ "processes": null })), 0);
    assert_eq!(actual(text, json!(null)), 0);
    let twice = "{ processes { edges { node { buyer { id } } } ...f } } \
                 fragment f on ContractingProcessConnection { nodes { buyer { name } } edges { node { buyer { name } } } }";
    let row = json!({ "buyer": { "id": 1, "name": "A" } });
    let data = json!({ "processes": { "edges": [{ "node": row }], "nodes": [row] } });
    assert_eq!(actual(twice, data), 1 + 1 + 2, "one page of one row, and its buyer by both ways");
    let nodes = "{ nodes(ids: [1, 2, 3]) { ... on Award { items: suppliers { id } } ... on Bid { items: tenderers { id } } } }";
    assert_eq!(actual(nodes, json!({ "nodes": [{ "items": [] }, null, {}] })), 1 + 2 + 1);
}

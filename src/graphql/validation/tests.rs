use async_graphql::Variables;
use serde_json::{Value, json};

use super::*;
use crate::graphql::{documents, sdl, syntax};

/// What is said of a document, the place and the message of each error.
fn said(text: &str) -> Vec<String> {
    let errors =
        Validator::new(&sdl()).validate(&syntax::parse(text).unwrap().tree).err().map(|refused| refused.0);
    let told = |error: &ServerError| {
        let place = error.locations.first().map(|at| format!("{}:{} ", at.line, at.column));
        format!("{}{}", place.unwrap_or_default(), error.message)
    };
    errors.iter().flatten().map(told).collect()
}

/// What becomes of the variables of a document of one operation.
fn read(text: &str, variables: Value) -> Result<Value, String> {
    let validator = Validator::new(&sdl());
    let syntax::Parsed { tree, executable: document } = syntax::parse(text).unwrap();
    let types = validator.validate(&tree).unwrap();
    let operation = documents::operation(&document, None).unwrap();
    let mut variables = Variables::from_json(variables);
    match validator.read_variables(&types, operation, &mut variables) {
        Ok(()) => Ok(serde_json::to_value(&variables).unwrap()),
        Err(refused) => Err(refused.0[0].message.clone()),
    }
}

#[test]
fn the_schema_is_read_and_each_scalar_is_known() {
    let schema = Schema::parse_and_validate(sdl(), "schema.graphql").unwrap();
    for scalar in schema.types.values().filter(|ty| ty.is_scalar() && !ty.is_built_in()) {
        let known = scalars::misread(scalar.name(), &"x", Some("x")).is_some();
        assert!(known || scalar.name() == "JSON", "how is {} read?", scalar.name());
    }
}

#[test]
fn what_is_wrong_is_said_on_one_line_with_its_place() {
    let of = |filter: &str| format!("{{ processes(filter: {filter}) {{ totalCount }} }}");
    for (document, message) in [
        ("{ nothing }".to_owned(), "1:3 type `Query` does not have a field `nothing`"),
        (of("{ dataset: \"a\", dataset: \"b\" }"), "1:37 ProcessFilter has the field dataset twice"),
        (
            of("{ and: [{ date: { from: \"2024-01-01\" } }] }"),
            "1:45 \"2024-01-01\" is not a DateTime; write it as \"2024-01-31T00:00:00Z\"",
        ),
        (of("{ value: { currency: \"EUR\", min: 5 } }"), "1:54 5 is not a Decimal; write it as \"12.50\""),
        (
            of("{ date: { from: [\"2024-01-31T00:00:00Z\"] } }"),
            "1:37 [\"2024-01-31T00:00:00Z\"] is not a DateTime; write it as \"2024-01-31T00:00:00Z\"",
        ),
        (
            format!("query ($d: String) {}", of("{ dataset: [$d] }")),
            "1:52 the variable $d is of type String; String! is needed here",
        ),
        (
            format!("query ($d: DateRange = {{ from: \"x\" }}) {}", of("{ date: $d }")),
            "1:32 \"x\" is not a DateTime; write it as \"2024-01-31T00:00:00Z\"",
        ),
        (
            "query ($a: Boolean = null) { __typename @skip(if: $a) }".to_owned(),
            "1:51 the variable $a is of type Boolean; Boolean! is needed here",
        ),
    ] {
        assert_eq!(said(&document), [message], "{document}");
    }
    let long = said(&of(&format!("{{ search: [\"{}\"] }}", "a\\n".repeat(1_000))));
    assert!(long[0].chars().count() < 310 && !long[0].contains('\n'), "{long:?}");
}

#[test]
fn many_mistakes_are_counted() {
    let mistakes = said(&format!("{{ {} }}", "nothing ".repeat(100)));
    assert_eq!(mistakes.len(), 21);
    assert_eq!(mistakes[20], "there are 80 more errors of this kind");
    let repeated =
        "fragment F on Query { processes(filter: { dataset: \"a\", dataset: \"b\" }) { totalCount } }";
    assert_eq!(said(&format!("query A {{ ...F }} query B {{ ...F }} {repeated}")).len(), 1);
}

#[test]
fn variables_become_what_their_type_wants() {
    let filter = "query ($f: ProcessFilter) { processes(filter: $f) { totalCount } }";
    for (document, given, becomes) in [
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": 7 }), json!({ "ids": ["7"] })),
        (filter, json!({ "f": { "dataset": "a" } }), json!({ "f": { "dataset": ["a"] } })),
        (filter, json!({ "f": null }), json!({ "f": null })),
        (
            filter,
            json!({ "f": { "or": { "date": { "from": "2024-01-31T00:00:00Z" } }, "status": null } }),
            json!({ "f": { "or": [{ "date": { "from": "2024-01-31T00:00:00Z" } }], "status": null } }),
        ),
        ("query Q($n: Int) { processes(first: $n) { totalCount } }", json!({ "n": 5 }), json!({ "n": 5 })),
    ] {
        assert_eq!(read(document, given), Ok(becomes), "{document}");
    }
}

#[test]
fn variables_that_do_not_fit_are_refused() {
    let filter = "query ($v: ProcessFilter) { processes(filter: $v) { totalCount } }";
    let page = "query ($v: Int) { processes(first: $v) { totalCount } }";
    let nodes = "query ($v: [ID!]!) { nodes(ids: $v) { id } }";
    let order = "query ($v: ProcessOrder) { processes(orderBy: $v) { totalCount } }";
    let found = "query ($v: String!) { process(ocid: $v) { id } }";
    let left_out = "query ($v: Boolean = false) { ...F } fragment F on Query { __typename @skip(if: $v) }";
    let skip = "query ($v: Boolean!) { __typename @skip(if: $v) }";
    for (document, given, message) in [
        (page, json!("x"), "the variable $v: \"x\" is not of type Int"),
        (page, json!(2.5), "the variable $v: 2.5 is not of type Int"),
        (page, json!(2_147_483_648_u64), "the variable $v: 2147483648 is not of type Int"),
        (page, json!([1]), "the variable $v: [1] is not of type Int"),
        (nodes, json!(["x", null]), "the variable $v[1]: null is given, ID! is needed"),
        (nodes, json!([1.5]), "the variable $v[0]: 1.5 is not of type ID"),
        (order, json!("X"), "the variable $v: \"X\" is not of type ProcessOrder"),
        (found, json!(1), "the variable $v: 1 is not of type String"),
        (skip, json!("true"), "the variable $v: \"true\" is not of type Boolean"),
        (left_out, json!(null), "the variable $v: null is given, Boolean! is needed"),
        (filter, json!([]), "the variable $v: [] is not of type ProcessFilter"),
        (filter, json!({ "x": 1 }), "the variable $v: ProcessFilter has no field x"),
        (
            filter,
            json!({ "and": [{}, { "value": {} }] }),
            "the variable $v.and[1].value.currency: no value is given, String! is needed",
        ),
        (
            filter,
            json!({ "date": { "from": "2024" } }),
            "the variable $v.date.from: \"2024\" is not a DateTime; write it as \"2024-01-31T00:00:00Z\"",
        ),
        (
            filter,
            json!({ "value": { "currency": "EUR", "max": 5 } }),
            "the variable $v.value.max: 5 is not a Decimal; write it as \"12.50\"",
        ),
    ] {
        assert_eq!(read(document, json!({ "v": given })), Err(message.to_owned()), "{document}");
    }
}

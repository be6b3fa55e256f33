//! A fixed, broad set of operations over the world of `releases`: every root by every way to narrow it, every
//! list of a process and of an organisation, every sum.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use farol::{
    ocds::party,
    store::id::{self, Kind},
};
use serde_json::{Value, json};

use super::releases::{DATASETS, FIRMS, OCIDS};

const PROCESS: &str = "
    fragment Process on ContractingProcess {
      id ocid date dataset { name processCount releaseCount organizationCount awardCount lastDate } buyer { id name }
      tender {
        title status value { amount currency } procuringEntity { name }
        tenderers { totalCount nodes { name } } items { totalCount nodes { description } }
      }
      parties { totalCount edges { roles node { name } } }
      bids { totalCount totalValue { amount currency } nodes { localId status value { amount } tenderers { name } } }
      awards { totalCount totalValue { amount currency } nodes { localId date suppliers { name } items { nodes { description } } } }
      contracts {
        totalCount totalValue { amount currency }
        nodes { localId status award { localId status } suppliers { name } transactions { nodes { payer { name } payee { name } } } }
      }
      documents { totalCount nodes { title } }
      releases { totalCount nodes { localId body } }
    }";
const FIRM: &str = "
    fragment Firm on Organization {
      id name contactPoint { name } dataset { name }
      processes { totalCount totalValue { amount currency } nodes { ocid tender { title } } }
      processesAsProcuringEntity { totalCount nodes { ocid date } }
      bids { totalCount totalValue { amount currency } nodes { localId date process { ocid } } }
      awards { totalCount totalValue { amount currency } nodes { localId status process { ocid } } }
      contracts { totalCount totalValue { amount currency } nodes { localId suppliers { name } } }
      totals { currency tendered { count sum } awarded { count sum } contracted { count sum } awardsWon { count sum } contractsWon { count sum } }
    }";

/// A root list, what is read of its rows, and whether it has a worth and a status.
const LISTS: [(&str, &str, &str); 5] = [
    ("processes", "ocid date buyer { name } tender { title status }", "totalValue { amount currency }"),
    ("bids", "localId date process { ocid } tenderers { name }", "totalValue { amount currency }"),
    ("awards", "localId title process { ocid } suppliers { name }", "totalValue { amount currency }"),
    ("contracts", "localId dateSigned process { ocid } suppliers { name }", "totalValue { amount currency }"),
    ("items", "description process { ocid }", ""),
];

/// What is read of a row that is asked for by its id.
const ROWS: &str = "id ... on Bid { statusText value { amount } tenderers { name } process { ocid } } \
     ... on Award { date statusText suppliers { name } process { ocid } } \
     ... on Contract { dateSigned statusText suppliers { name } award { date } }";

/// The global id of an organisation of a dataset.
pub(super) fn organization(dataset: &str, name: &str) -> String {
    let key = party::identity(None, Some(name)).unwrap();
    global("Organization", id::organization(id::dataset(dataset), &key))
}

fn process(dataset: &str, ocid: &str) -> String {
    global("ContractingProcess", id::process(id::dataset(dataset), ocid))
}

/// The rows that a process may have, by their global ids.
fn rows(dataset: &str, ocid: &str) -> Vec<String> {
    let process = id::process(id::dataset(dataset), ocid);
    let of = |kind: Kind| {
        ["0", "1"].map(|number| global(&format!("{kind:?}"), id::listed(kind, process, number, 0)))
    };
    [Kind::Bid, Kind::Award, Kind::Contract].map(of).concat()
}

fn global(kind: &str, id: i64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{kind}:{id}"))
}

/// Ways to narrow a list, that every list of everything knows.
fn filters() -> Vec<String> {
    let [one, two] = [organization("left", FIRMS[0]), organization("right", FIRMS[1])];
    [
        "{}".to_owned(),
        "{ dataset: \"left\" }".to_owned(),
        format!("{{ buyer: \"{one}\" }}"),
        format!("{{ supplier: [\"{one}\", \"{two}\"] }}"),
        format!("{{ tenderer: \"{two}\", dataset: [\"left\", \"right\"] }}"),
        format!("{{ procuringEntity: \"{one}\" }}"),
        format!("{{ not: {{ buyer: \"{one}\" }} }}"),
        format!("{{ or: [{{ supplier: \"{two}\" }}, {{ dataset: \"right\" }}] }}"),
        "{ and: [{ dataset: \"right\" }, { category: GOODS }] }".to_owned(),
        "{ search: \"gravel\" }".to_owned(),
        "{ classification: \"45\", method: OPEN }".to_owned(),
        "{ dataset: \"left\", search: \"town\", date: { from: \"2023-03-01T00:00:00Z\" } }".to_owned(),
        "{ value: { currency: \"EUR\", min: \"0\" } }".to_owned(),
    ]
    .into()
}

/// Filters of processes that need every part of what is known of one.
pub(super) fn judged() -> Vec<Value> {
    let [one, two] = [organization("left", FIRMS[0]), organization("right", FIRMS[1])];
    vec![
        json!({ "supplier": [one, two] }),
        json!({ "tenderer": [one, two] }),
        json!({ "classification": "45" }),
        json!({ "search": "gravel" }),
        json!({ "not": { "search": "town br" } }),
        json!({ "status": "ACTIVE", "buyer": one }),
    ]
}

/// Every process that there may be, and its dataset.
pub(super) fn processes() -> Vec<(i64, i64)> {
    let of = |name: &str| {
        let dataset = id::dataset(name);
        OCIDS.map(|ocid| (id::process(dataset, ocid), dataset))
    };
    DATASETS.map(of).concat()
}

/// Every operation.
pub(super) fn all() -> Vec<String> {
    let mut all =
        vec!["{ datasets { totalCount nodes { id name processCount releaseCount bidCount } } }".to_owned()];
    for filter in filters() {
        for (list, row, worth) in LISTS {
            let page = format!("totalCount {worth} pageInfo {{ hasNextPage }} nodes {{ {row} }}");
            all.push(format!("{{ {list}(filter: {filter}, first: 4) {{ {page} }} }}"));
        }
        let spending = |group: &str, measure: &str| {
            format!(
                "{group}: spending(groupBy: {group}, measure: {measure}, filter: {filter}) {{ organization {{ name }} category method year month currency count sum }}"
            )
        };
        let groups = [
            ("BUYER", "AWARDED"),
            ("SUPPLIER", "CONTRACTED"),
            ("CATEGORY", "TENDERED"),
            ("METHOD", "AWARDED"),
            ("YEAR", "CONTRACTED"),
            ("MONTH", "TENDERED"),
        ];
        let spendings: Vec<String> = groups.map(|(group, measure)| spending(group, measure)).into();
        all.push(format!("{{ {} }}", spendings.join(" ")));
    }
    for filter in ["{}", "{ dataset: \"left\" }", "{ search: \"gravel\" }"] {
        let rows = "totalCount nodes { name processes { totalCount } awards { totalCount } }";
        all.push(format!("{{ organizations(filter: {filter}) {{ {rows} }} }}"));
    }
    for dataset in DATASETS {
        for ocid in OCIDS {
            all.push(format!(
                "{{ process(ocid: \"{ocid}\", dataset: \"{dataset}\") {{ ...Process }} }} {PROCESS}"
            ));
            let id = process(dataset, ocid);
            all.push(format!("{{ nodes(ids: {:?}) {{ {ROWS} }} }}", rows(dataset, ocid)));
            all.push(format!("{{ node(id: \"{id}\") {{ id ... on ContractingProcess {{ ocid date }} }} }}"));
        }
        for name in FIRMS {
            let id = organization(dataset, name);
            all.push(format!("{{ organization(id: \"{id}\") {{ ...Firm }} }} {FIRM}"));
        }
    }
    // Without a dataset: the one that has it, or an error that names those that do.
    all.extend(OCIDS.map(|ocid| format!("{{ process(ocid: \"{ocid}\") {{ ocid dataset {{ name }} }} }}")));
    all
}

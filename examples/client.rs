//! A client in Rust whose types are made from `schema.graphql` when it is compiled: what the query does
//! not ask for cannot be read, and what may be null must be handled.
//!
//!     cargo run --example client -- http://127.0.0.1:8000/graphql 30
//!
//! lists the thirty newest processes with their buyers and awards, page by page.

use std::{env, error::Error};

use graphql_client::{GraphQLQuery, Response};
use newest_processes::{
    NewestProcessesProcessesNodes as Process, NewestProcessesProcessesNodesAwardsNodes as Award,
    ResponseData, Variables,
};

/// Rows in a page at most.
const PAGE: usize = 10;

/// Text, so that every digit of an amount arrives.
type Decimal = String;
/// RFC 3339, in UTC.
type DateTime = String;

/// The query, its variables and its answer; the module `newest_processes` has their types.
#[derive(GraphQLQuery)]
#[graphql(schema_path = "schema.graphql", query_path = "examples/client.graphql")]
struct NewestProcesses;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let endpoint = arguments.next().unwrap_or_else(|| "http://127.0.0.1:8000/graphql".to_owned());
    let count = arguments.next().map_or(Ok(20), |count| count.parse())?;
    print!("{}", table(&newest(&endpoint, count).await?));
    Ok(())
}

/// The newest processes: as many as are wanted, or all there are.
pub(crate) async fn newest(endpoint: &str, count: usize) -> Result<Vec<Process>, Box<dyn Error>> {
    let client = reqwest::Client::new();
    let (mut found, mut after) = (Vec::new(), None);
    while found.len() < count {
        let first = i64::try_from(PAGE.min(count - found.len()))?;
        let query = NewestProcesses::build_query(Variables { first, after });
        let answer = client.post(endpoint).json(&query).send().await?;
        let answer: Response<ResponseData> = answer.json().await?;
        if let Some(error) = answer.errors.unwrap_or_default().first() {
            return Err(error.to_string().into());
        }
        let Some(page) = answer.data.and_then(|data| data.processes) else { break };
        found.extend(page.nodes);
        after = page.page_info.end_cursor;
        if !page.page_info.has_next_page {
            break;
        }
    }
    Ok(found)
}

/// A line for each process, and one for each of its first awards.
pub(crate) fn table(processes: &[Process]) -> String {
    processes.iter().flat_map(lines).collect()
}

fn lines(process: &Process) -> Vec<String> {
    let day = process.date.as_deref().map_or("-", |date| date.split('T').next().unwrap_or(date));
    let buyer = process.buyer.as_ref().and_then(|buyer| buyer.name.as_deref()).unwrap_or("-");
    let title = process.tender.title.as_deref().unwrap_or("-");
    let awards = process.awards.iter().flat_map(|awards| &awards.nodes);
    let award = |award| format!("{:10}  {:16}  {:>24}  {}\n", "", "award", amount(award), suppliers(award));
    let mut lines = vec![format!("{day:10}  {:16}  {buyer:24}  {title}\n", process.ocid)];
    lines.extend(awards.map(award));
    lines
}

fn amount(award: &Award) -> String {
    let value = award.value.as_ref();
    let (amount, currency) =
        value.map_or((None, None), |value| (value.amount.as_deref(), value.currency.as_deref()));
    amount.map_or_else(|| "-".to_owned(), |amount| format!("{amount} {}", currency.unwrap_or("-")))
}

fn suppliers(award: &Award) -> String {
    let names = award.suppliers.iter().flatten().map(|supplier| supplier.name.as_deref().unwrap_or("-"));
    Some(names.collect::<Vec<_>>().join(", "))
        .filter(|names| !names.is_empty())
        .unwrap_or_else(|| "-".to_owned())
}

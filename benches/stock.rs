//! The usual stack, for comparison: the same nested query over the same tables, as its crates'
//! documentation shows how.
//!
//! async-graphql-axum on `axum::serve`, async-graphql's own `DataLoader`, SeaORM's finders. Two choices
//! favour it: the loader's delay is 0 (1 ms by default), and the allocator is Farol's, so that what is
//! compared is the stack. `scripts/bench-nested` runs it beside Farol, and checks that both answer alike.
//!
//! The pool is SeaORM's, as it comes: it asks the database whether a connection lives before each use of
//! it. `--tuned` turns that off, for those who would have.
//!
//! It answers what that script asks and no more, and reads PostgreSQL only.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Enum, InputObject, InputValueError, InputValueResult, Object,
    Result, Scalar, ScalarType, Schema, SimpleObject, Value,
    dataloader::{DataLoader, Loader},
};
use async_graphql_axum::GraphQL;
use axum::{Router, routing::post_service};
use chrono::{DateTime, Utc};
use clap::Parser;
use farol::ocds::codelist::{self, Codelist};
use sea_orm::{
    ColumnTrait, ConnectOptions, Database, DatabaseConnection, DbErr, EntityTrait, JoinType, QueryFilter,
    QueryOrder, QuerySelect,
};
use tokio::net::TcpListener;

#[path = "stock_entities.rs"]
mod entities;

use entities::{award, award_supplier, bid, bid_tenderer, organization, process};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The usual stack over Farol's tables
#[derive(Parser)]
struct Args {
    /// The PostgreSQL database that `farol import` filled
    #[arg(long)]
    database_url: String,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8001")]
    listen: SocketAddr,
    /// Take connections out of the pool without testing them
    #[arg(long)]
    tuned: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr).init();

    let mut options = ConnectOptions::new(args.database_url);
    options.max_connections(20).sqlx_logging(false).test_before_acquire(!args.tuned);
    let db = Database::connect(options).await?;

    let loader = DataLoader::new(Rows(db.clone()), tokio::spawn).delay(Duration::ZERO);
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).data(db).data(loader).finish();
    let app = Router::new().route("/graphql", post_service(GraphQL::new(schema)));
    let listener = TcpListener::bind(args.listen).await?;
    println!("endpoint  http://{}/graphql", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

// --- the schema ----------------------------------------------------------------------------------

struct Query;

#[Object]
impl Query {
    /// Newest first. An order of all, with `NULLS LAST`, could not use the index, and would sort the table
    /// for each request.
    async fn processes(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: u64,
        filter: ProcessFilter,
    ) -> Result<Nodes> {
        let rows = process::Entity::find()
            .filter(process::Column::Date.lt(filter.date.before.0))
            .order_by_desc(process::Column::Date)
            .order_by_desc(process::Column::Id)
            .limit(first)
            .all(ctx.data::<DatabaseConnection>()?)
            .await?;
        Ok(Nodes { nodes: rows.into_iter().map(|row| Process(Arc::new(row))).collect() })
    }
}

#[derive(InputObject)]
struct ProcessFilter {
    date: DateRange,
}

#[derive(InputObject)]
struct DateRange {
    before: Moment,
}

struct Moment(DateTime<Utc>);

#[Scalar(name = "DateTime")]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        Ok(Self(text.parse()?))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339())
    }
}

#[derive(SimpleObject)]
struct Nodes {
    nodes: Vec<Process>,
}

#[derive(SimpleObject)]
struct AwardNodes {
    nodes: Vec<Award>,
}

#[derive(SimpleObject)]
struct BidNodes {
    nodes: Vec<Bid>,
}

struct Process(Arc<process::Model>);

#[Object]
impl Process {
    async fn ocid(&self) -> &str {
        &self.0.ocid
    }

    async fn tender(&self) -> Tender {
        Tender(self.0.clone())
    }

    async fn buyer(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        let Some(id) = self.0.buyer_id else { return Ok(None) };
        Ok(loader(ctx)?.load_one(OrganizationId(id)).await?.map(Organization))
    }

    async fn awards(&self, ctx: &Context<'_>, #[graphql(default = 5)] first: i32) -> Result<AwardNodes> {
        let rows = loader(ctx)?.load_one(AwardsOf { process: self.0.id, first }).await?;
        Ok(AwardNodes { nodes: rows.unwrap_or_default().into_iter().map(Award).collect() })
    }

    async fn bids(&self, ctx: &Context<'_>, #[graphql(default = 5)] first: i32) -> Result<BidNodes> {
        let rows = loader(ctx)?.load_one(BidsOf { process: self.0.id, first }).await?;
        Ok(BidNodes { nodes: rows.unwrap_or_default().into_iter().map(Bid).collect() })
    }
}

struct Tender(Arc<process::Model>);

#[Object]
impl Tender {
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }
}

struct Award(Arc<award::Model>);

#[Object]
impl Award {
    async fn suppliers(&self, ctx: &Context<'_>) -> Result<Vec<Organization>> {
        let rows = loader(ctx)?.load_one(SuppliersOf(self.0.id)).await?;
        Ok(rows.unwrap_or_default().into_iter().map(Organization).collect())
    }
}

struct Bid(Arc<bid::Model>);

#[Object]
impl Bid {
    async fn status(&self) -> Option<BidStatus> {
        self.0.status.as_deref().map(|code| codelist::BidStatus::parse(code).into())
    }

    async fn tenderers(&self, ctx: &Context<'_>) -> Result<Vec<Organization>> {
        let rows = loader(ctx)?.load_one(TenderersOf(self.0.id)).await?;
        Ok(rows.unwrap_or_default().into_iter().map(Organization).collect())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "codelist::BidStatus")]
enum BidStatus {
    Invited,
    Pending,
    Valid,
    Disqualified,
    Withdrawn,
    Other,
}

struct Organization(Arc<organization::Model>);

#[Object]
impl Organization {
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }
}

// --- the loader ----------------------------------------------------------------------------------

/// Loads related rows, whatever they are related by. One for all requests.
struct Rows(DatabaseConnection);

type Loaded<K, V> = Result<HashMap<K, V>, Arc<DbErr>>;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OrganizationId(i64);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct AwardsOf {
    process: i64,
    first: i32,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct BidsOf {
    process: i64,
    first: i32,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct SuppliersOf(i64);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct TenderersOf(i64);

fn loader<'a>(ctx: &Context<'a>) -> Result<&'a DataLoader<Rows>> {
    ctx.data()
}

impl Loader<OrganizationId> for Rows {
    type Value = Arc<organization::Model>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[OrganizationId]) -> Loaded<OrganizationId, Self::Value> {
        let rows = organization::Entity::find()
            .filter(organization::Column::Id.is_in(keys.iter().map(|key| key.0)))
            .all(&self.0)
            .await?;
        Ok(rows.into_iter().map(|row| (OrganizationId(row.id), Arc::new(row))).collect())
    }
}

impl Loader<AwardsOf> for Rows {
    type Value = Vec<Arc<award::Model>>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[AwardsOf]) -> Loaded<AwardsOf, Self::Value> {
        let longest = keys.iter().map(|key| key.first).max().unwrap_or_default();
        let rows = award::Entity::find()
            .filter(award::Column::ProcessId.is_in(keys.iter().map(|key| key.process)))
            .filter(award::Column::Position.lt(longest))
            .order_by_asc(award::Column::Position)
            .all(&self.0)
            .await?;
        let lists = group(rows.into_iter().map(|row| (row.process_id, Arc::new(row))));
        Ok(keys.iter().map(|key| (*key, first_of(&lists, key.process, key.first))).collect())
    }
}

impl Loader<BidsOf> for Rows {
    type Value = Vec<Arc<bid::Model>>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[BidsOf]) -> Loaded<BidsOf, Self::Value> {
        let longest = keys.iter().map(|key| key.first).max().unwrap_or_default();
        let rows = bid::Entity::find()
            .filter(bid::Column::ProcessId.is_in(keys.iter().map(|key| key.process)))
            .filter(bid::Column::Position.lt(longest))
            .order_by_asc(bid::Column::Position)
            .all(&self.0)
            .await?;
        let lists = group(rows.into_iter().map(|row| (row.process_id, Arc::new(row))));
        Ok(keys.iter().map(|key| (*key, first_of(&lists, key.process, key.first))).collect())
    }
}

impl Loader<SuppliersOf> for Rows {
    type Value = Vec<Arc<organization::Model>>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[SuppliersOf]) -> Loaded<SuppliersOf, Self::Value> {
        let organization = award_supplier::Entity::belongs_to(organization::Entity)
            .from(award_supplier::Column::OrganizationId)
            .to(organization::Column::Id);
        let rows = award_supplier::Entity::find()
            .select_also(organization::Entity)
            .join(JoinType::InnerJoin, organization.into())
            .filter(award_supplier::Column::AwardId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(award_supplier::Column::Position)
            .all(&self.0)
            .await?;
        let rows = rows.into_iter().filter_map(|(row, to)| Some((SuppliersOf(row.award_id), Arc::new(to?))));
        Ok(group(rows))
    }
}

impl Loader<TenderersOf> for Rows {
    type Value = Vec<Arc<organization::Model>>;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[TenderersOf]) -> Loaded<TenderersOf, Self::Value> {
        let organization = bid_tenderer::Entity::belongs_to(organization::Entity)
            .from(bid_tenderer::Column::OrganizationId)
            .to(organization::Column::Id);
        let rows = bid_tenderer::Entity::find()
            .select_also(organization::Entity)
            .join(JoinType::InnerJoin, organization.into())
            .filter(bid_tenderer::Column::BidId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(bid_tenderer::Column::Position)
            .all(&self.0)
            .await?;
        let rows = rows.into_iter().filter_map(|(row, to)| Some((TenderersOf(row.bid_id), Arc::new(to?))));
        Ok(group(rows))
    }
}

/// Lists of rows by what they belong to, in the order of the rows.
fn group<K: Eq + std::hash::Hash, R>(rows: impl Iterator<Item = (K, R)>) -> HashMap<K, Vec<R>> {
    let mut lists: HashMap<K, Vec<R>> = HashMap::new();
    for (key, row) in rows {
        lists.entry(key).or_default().push(row);
    }
    lists
}

/// The first rows of a list. A batch can hold keys that ask for fewer than others.
fn first_of<R>(lists: &HashMap<i64, Vec<Arc<R>>>, parent: i64, first: i32) -> Vec<Arc<R>> {
    let rows = lists.get(&parent).map(Vec::as_slice).unwrap_or_default();
    rows.iter().take(usize::try_from(first).unwrap_or(0)).cloned().collect()
}

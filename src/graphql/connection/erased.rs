//! Resolves connections and edges of all types by the same code.
//!
//! async-graphql compiles its resolution of an object and of a list anew for each Rust type of them, some 10,000
//! lines of LLVM IR for a connection. What differs between connections is only what their nodes are: here a node
//! and an edge are trait objects, at the cost of one boxed future for each of them.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::Field,
    registry::Registry,
    resolver_utils::{resolve_container, resolve_list},
};
use futures_util::future::BoxFuture;

use super::{EdgeType, PageInfo};
use crate::graphql::{
    cursor::Cursor,
    error::Nullable,
    total::{Total, Worth},
};

/// What `__typename` answers; called only for it.
type TypeName = fn() -> Cow<'static, str>;
type Selection<'a> = ContextSelectionSet<'a>;
type Resolved<'a> = BoxFuture<'a, ServerResult<Value>>;

/// A value of any output type.
pub(super) trait AnyOutput: Send + Sync {
    fn resolve_boxed<'a>(&'a self, ctx: &'a Selection<'a>, field: &'a Positioned<Field>) -> Resolved<'a>;
}

/// An edge of any type.
trait AnyEdge: AnyOutput {
    fn node(&self) -> &dyn AnyOutput;
}

/// The fields of a connection.
pub(super) struct ConnectionFields<'a> {
    name: TypeName,
    edges: Vec<&'a dyn AnyEdge>,
    info: &'a PageInfo,
    total: &'a Total,
    worth: Option<&'a Worth>,
}

/// The fields of an edge that has nothing but its node and cursor.
pub(super) struct EdgeFields<'a> {
    pub(super) name: TypeName,
    pub(super) node: &'a dyn AnyOutput,
    pub(super) cursor: &'a Cursor,
}

/// An element of a list.
struct Element<'a>(&'a dyn AnyOutput);

impl<T: OutputType> AnyOutput for T {
    fn resolve_boxed<'a>(&'a self, ctx: &'a Selection<'a>, field: &'a Positioned<Field>) -> Resolved<'a> {
        Box::pin(OutputType::resolve(self, ctx, field))
    }
}

impl<E: EdgeType> AnyEdge for E {
    fn node(&self) -> &dyn AnyOutput {
        EdgeType::node(self)
    }
}

impl<'a> ConnectionFields<'a> {
    pub(super) fn new<E: EdgeType>(
        name: TypeName,
        page: &'a super::Connection<E>,
        worth: Option<&'a Worth>,
    ) -> Self {
        let edges = page.edges.iter().map(|edge| edge as &dyn AnyEdge).collect();
        Self { name, edges, info: &page.info, total: &page.total, worth }
    }

    async fn list(
        &self,
        ctx: &Selection<'_>,
        field: &Positioned<Field>,
        element: fn(&'a dyn AnyEdge) -> &'a dyn AnyOutput,
    ) -> ServerResult<Value> {
        let elements = self.edges.iter().map(|edge| Element(element(*edge)));
        resolve_list(ctx, field, elements, Some(self.edges.len())).await
    }
}

impl ContainerType for ConnectionFields<'_> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let field = ctx.item;
        let selection = ctx.with_selection_set(&field.node.selection_set);
        Ok(Some(match field.node.name.node.as_str() {
            "edges" => self.list(&selection, field, |edge| edge).await?,
            "nodes" => self.list(&selection, field, |edge| edge.node()).await?,
            "pageInfo" => OutputType::resolve(self.info, &selection, field).await?,
            "totalCount" => {
                let count: Nullable<i64> = Some(self.total.count(ctx).await);
                count.resolve(&selection, field).await?
            }
            "totalValue" => {
                let Some(worth) = self.worth else { return Ok(None) };
                let sums: Nullable<Vec<_>> = Some(worth.sums(ctx).await);
                sums.resolve(&selection, field).await?
            }
            _ => return Ok(None),
        }))
    }
}

impl ContainerType for EdgeFields<'_> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let field = ctx.item;
        Ok(Some(match field.node.name.node.as_str() {
            "node" => {
                let selection = ctx.with_selection_set(&field.node.selection_set);
                self.node.resolve_boxed(&selection, field).await?
            }
            "cursor" => Value::String(self.cursor.encode()),
            _ => return Ok(None),
        }))
    }
}

/// Resolved only; the schema is made from the types that stand for it in [`super::schema`].
macro_rules! resolved_only {
    ($type:ident, $name:literal) => {
        impl OutputType for $type<'_> {
            fn type_name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn introspection_type_name(&self) -> Cow<'static, str> {
                (self.name)()
            }

            fn create_type_info(_: &mut Registry) -> String {
                $name.to_owned()
            }

            async fn resolve(&self, ctx: &Selection<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
                resolve_container(ctx, self).await
            }
        }
    };
}

resolved_only!(ConnectionFields, "Connection");
resolved_only!(EdgeFields, "Edge");

impl OutputType for Element<'_> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Element")
    }

    fn create_type_info(_: &mut Registry) -> String {
        "Element".to_owned()
    }

    async fn resolve(&self, ctx: &Selection<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.0.resolve_boxed(ctx, field).await
    }
}

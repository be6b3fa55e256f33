//! What the schema says of connections and edges. These types are registered and never resolved: the fields of
//! each are resolved by [`super::erased`].

use std::{
    borrow::Cow,
    future::{Ready, ready},
    marker::PhantomData,
};

use async_graphql::{Object, OutputType, TypeName};

use super::{EdgeType, PageInfo};
use crate::graphql::{
    cache_control::{MAX_AGE, cache_control},
    error::{Error, Nullable},
    value::Money,
};

/// One page of a list.
pub(super) struct ConnectionObject<E>(PhantomData<E>);

/// One page of a list whose rows have a value.
pub(super) struct ValuedConnectionObject<E>(PhantomData<E>);

/// A row of a page.
pub(super) struct EdgeObject<N>(PhantomData<N>);

/// Never returned: these types are not resolved.
fn unresolved<T>() -> Ready<Result<T, Error>> {
    ready(Err(Error::Internal("a type of the schema was resolved in place of the values".to_owned())))
}

/// One page of a list.
#[Object(name_type, directive = cache_control::apply(MAX_AGE))]
impl<E: EdgeType> ConnectionObject<E> {
    /// The rows of the page, each with its cursor.
    async fn edges(&self) -> Result<&[E], Error> {
        unresolved().await
    }

    /// The rows of the page.
    async fn nodes(&self) -> Result<Vec<&E::Node>, Error> {
        unresolved().await
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> Result<&PageInfo, Error> {
        unresolved().await
    }

    /// How many rows the whole list has, all pages together. Null only when they could not be counted.
    async fn total_count(&self) -> Nullable<i64> {
        Some(unresolved().await)
    }
}

/// One page of a list.
#[Object(name_type, directive = cache_control::apply(MAX_AGE))]
impl<E: EdgeType> ValuedConnectionObject<E> {
    /// The rows of the page, each with its cursor.
    async fn edges(&self) -> Result<&[E], Error> {
        unresolved().await
    }

    /// The rows of the page.
    async fn nodes(&self) -> Result<Vec<&E::Node>, Error> {
        unresolved().await
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> Result<&PageInfo, Error> {
        unresolved().await
    }

    /// How many rows the whole list has, all pages together. Null only when they could not be counted.
    async fn total_count(&self) -> Nullable<i64> {
        Some(unresolved().await)
    }

    /// The exact sums of the values of the whole list, all pages together: one for each currency, in the
    /// order of their codes. The value of a process is that of its tender. Values without an amount or
    /// without a currency are left out. Null only when they could not be summed.
    async fn total_value(&self) -> Nullable<Vec<Money>> {
        Some(unresolved().await)
    }
}

/// A row of a page.
#[Object(name_type)]
impl<N: OutputType> EdgeObject<N> {
    /// What the row shows.
    async fn node(&self) -> Result<&N, Error> {
        unresolved().await
    }

    /// Where the row stands: the value for `after` or `before`.
    async fn cursor(&self) -> Result<String, Error> {
        unresolved().await
    }
}

impl<N: OutputType> TypeName for EdgeObject<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::type_name()).into()
    }
}

impl<E: EdgeType> TypeName for ConnectionObject<E> {
    fn type_name() -> Cow<'static, str> {
        connection_name(&E::type_name()).into()
    }
}

impl<E: EdgeType> TypeName for ValuedConnectionObject<E> {
    fn type_name() -> Cow<'static, str> {
        connection_name(&E::type_name()).into()
    }
}

fn connection_name(edge: &str) -> String {
    format!("{}Connection", edge.strip_suffix("Edge").unwrap_or(edge))
}

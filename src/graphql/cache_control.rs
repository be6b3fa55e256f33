//! `@cacheControl`: how long values of a type are kept, told in the schema.

use async_graphql::TypeDirective;

use crate::cache::policy::LIFETIME_SECONDS;

// How long values of the type are kept in the memory of a server at most, in seconds, unless its settings say
// otherwise. A write that touches a value drops it at once. (No doc comment: introspection would tell it, and
// async-graphql leaves descriptions of directives out of the schema's definition.)
#[TypeDirective(location = "Object", name = "cacheControl")]
pub(super) fn cache_control(max_age: u64) {}

/// What types whose values are kept tell.
pub(super) const MAX_AGE: u64 = LIFETIME_SECONDS;

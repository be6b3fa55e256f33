//! The schema as async-graphql runs it, and its definition.

use async_graphql::{SDLExportOptions, Schema, SchemaBuilder, ValidationMode};

use crate::graphql::{
    admission::Admission,
    call::Limits,
    change::Subscription,
    guard::MOST_NESTING,
    persisted::{Manifest, ManifestError},
    roots::{Mutation, Query},
};

/// The schema as async-graphql runs it.
pub(in crate::graphql) type Api = Schema<Query, Mutation, Subscription>;

/// The schema in the schema definition language; no database is needed.
pub fn sdl() -> String {
    definition(&schema().finish())
}

/// Whether every document of a manifest could be admitted within limits; no database is needed.
///
/// # Errors
/// Those that could not.
pub fn check_manifest(manifest: &Manifest, limits: Limits) -> Result<(), ManifestError> {
    let admission = Admission::new(&sdl(), limits);
    manifest.check(|text| admission.check_document(text))
}

pub(super) fn schema() -> SchemaBuilder<Query, Mutation, Subscription> {
    // Admission has validated (`validation`); what async-graphql then still does is to look for fragments
    // that spread themselves. Its own limit of depth counts `edges` and `node` too; the guard's is the same.
    Schema::build(Query, Mutation, Subscription)
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(MOST_NESTING)
}

pub(super) fn definition(schema: &Api) -> String {
    let options = SDLExportOptions::new().include_specified_by().prefer_single_line_descriptions();
    schema.sdl_with_options(options.use_space_ident())
}

//! The Open Contracting Data Standard, pure: no database, no runtime, no network.
//!
//! In reading order: [`model`] is what the rest of Farol gets; [`codelist`] its closed lists.

pub mod codelist;
pub mod model;

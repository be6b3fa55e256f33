//! The Open Contracting Data Standard, pure: no database, no runtime, no network.
//!
//! In reading order: [`model`] is what the rest of Farol gets; [`codelist`] its closed lists. An input
//! becomes pieces ([`reader`]), a piece releases ([`release`]), the releases of a process one compiled
//! release ([`compile`], which rests on [`merge`] and [`rules`]), and that a process ([`normalise`]).
//! [`same`] tells whether two texts say the same.
//! Nothing here fails on data: what cannot be read becomes an [`issue`].

pub mod amount;
pub mod codelist;
pub mod compile;
pub mod diff;
pub mod generate;
pub mod issue;
pub mod json;
pub mod merge;
pub mod model;
pub mod moment;
pub mod normalise;
pub mod party;
pub mod reader;
pub mod release;
pub mod rules;
pub mod same;

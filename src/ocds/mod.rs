//! ocds

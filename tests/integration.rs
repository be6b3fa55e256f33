//! Every test that uses the library as its users do, in one binary.

mod ocds;

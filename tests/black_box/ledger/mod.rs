//! The ledger: its store as a library, and the file as the built binary meets it.

mod conformance;

//! The ledger: its store as a library, and the file as the built binary meets it.

mod conformance;
mod damaged;
mod export;
mod fixture;
mod import;
mod kills;
mod network;
mod permissions;
mod processes;
mod receipts;
mod tampering;
mod updating;

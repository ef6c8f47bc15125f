//! Callers who have to be verified by the tool.

mod configuration;
pub mod fixture;
mod incidents;
mod limits;
mod scripts;
mod secrecy;

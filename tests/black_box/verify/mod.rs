//! Callers who have to be verified by the tool.

mod codes;
mod configuration;
mod incidents;
mod limits;
mod scripts;
mod secrecy;

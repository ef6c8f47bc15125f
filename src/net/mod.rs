//! The HTTPS client: retries, how failures are told, and certificates.

mod certificate;
pub mod https;
pub mod retry;
pub mod trust;

pub use certificate::{certificate_check, describe_certificate};

//! The HTTPS client, its retries and errors, and the verification of certificates.

mod certificate;
pub(crate) mod https;
pub(crate) mod retry;
pub(crate) mod trust;

pub(crate) use certificate::{certificate_check, describe_certificate};

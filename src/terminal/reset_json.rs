//! The result of a reset as JSON, with the customer script.

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::domain::{Contact, Customer, Error, Issuance, SessionsEnded, Status, UserProfile, Verification};
use crate::output::to_json;
use crate::texts::{Localization, PasswordIs};

#[derive(Serialize)]
struct ResetJson<'a> {
    schema: &'static str,
    customer: &'a Customer,
    user: Option<&'a UserProfile>,
    differences: &'a [String],
    backend: &'a str,
    user_created: bool,
    status: Status,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
    proved: Option<bool>,
    proof_reason: Option<&'a str>,
    sessions_ended: SessionsEnded,
    rules: Vec<String>,
    rules_are_all: bool,
    next_steps: Vec<String>,
    verification: Option<&'a Verification>,
    notified: Vec<String>,
    attempt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    temporary_password: Option<&'a str>,
}

/// Writes `tellonce.reset/v1`, with the rules and the next steps in this language. It holds the password only for an explicit reveal.
///
/// # Errors
/// Exit 1: it cannot be written as JSON.
pub(crate) fn reset_json(
    issuance: &Issuance,
    password: Option<&str>,
    localization: &Localization,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    to_json(&ResetJson {
        schema: "tellonce.reset/v1",
        customer: &issuance.customer,
        user: issuance.user.as_ref(),
        differences: &issuance.differences,
        backend: &issuance.profile_ref.backend,
        user_created: issuance.user_created,
        status: issuance.state.status(),
        issued_at: issuance.issued_at,
        expires_at: issuance.expires_at,
        proved: issuance.proof.proved(),
        proof_reason: issuance.proof.reason(),
        sessions_ended: issuance.sessions_ended,
        rules: localization.rules(&issuance.rules),
        rules_are_all: issuance.rules_are_all,
        next_steps: localization
            .next_steps(issuance, if password.is_some() { PasswordIs::Shown } else { PasswordIs::Gone }),
        verification: issuance.verification.as_ref(),
        notified: issuance.notified.iter().map(Contact::masked).collect(),
        attempt: issuance.attempt.as_str(),
        temporary_password: password,
    })
}

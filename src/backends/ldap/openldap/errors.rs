//! Turns slapd's refusals of binds and changes into errors and rules.

use ldap3::LdapResult;

use crate::backends::ldap::backend::not_unique;
use crate::backends::ldap::ber::{self, PolicyError};
use crate::backends::ldap::dialect::{LdapSession, wrong_password};
use crate::backends::ldap::errors;
use crate::backends::ldap::result_code::{CONSTRAINT, INVALID_NAME, WRONG_CREDENTIALS};
use crate::backends::ldap::result_redaction::NOT_UNIQUE;
use crate::backends::ldap::trial::BindAnswer;
use crate::domain::ports::SetFailed;
use crate::domain::{Error, Kind, Reason, Rule, TrialAnswer};

/// Returns why a set was refused.
pub(super) fn set_error(session: &LdapSession, result: &LdapResult, length: usize) -> SetFailed {
    let error = ber::policy_answer(result).and_then(|answer| answer.error);
    match error {
        Some(PolicyError::TooShort) => SetFailed::Policy(vec![Rule::MinLength(length + 4)]),
        Some(PolicyError::Quality) => SetFailed::Policy(vec![
            Rule::MinLength(length.max(16)),
            Rule::Upper(2),
            Rule::Lower(2),
            Rule::Digits(2),
            Rule::Special(2),
        ]),
        Some(PolicyError::InHistory) => SetFailed::Policy(vec![Rule::History(1)]),
        Some(PolicyError::TooYoung) => Error::refused(
            Reason::Policy,
            "The password was changed too recently for the policy (pwdMinAge); it cannot be set yet.",
        )
        .into(),
        // slapo-unique(5) refuses with the same code as slapo-constraint(5).
        _ if result.rc == CONSTRAINT && result.text.contains(NOT_UNIQUE) => not_unique().into(),
        _ => modify_error(session, result).into(),
    }
}

/// Makes the error of a refused change.
pub(super) fn modify_error(session: &LdapSession, result: &LdapResult) -> Error {
    let server = session.connection.server();
    match ber::policy_answer(result).and_then(|answer| answer.error) {
        // Only a manager of userPassword needs no old password (slapo-ppolicy(5), pwdSafeModify).
        Some(PolicyError::OldMissing) => Error::new(
            Kind::NotAllowed,
            Reason::MissingRight,
            format!("{server} asks you for the customer's old password: the customer's policy has pwdSafeModify TRUE."),
        )
        .hint(
            "Have the agents granted =mw on userPassword (docs/backends/openldap.md), or pwdSafeModify set to FALSE.",
        ),
        _ => errors::from_result(&server, result),
    }
}

/// Explains a refused bind.
pub(super) fn bind_error(result: &LdapResult) -> Option<Error> {
    let answer = ber::policy_answer(result).unwrap_or_default();
    let no = |reason, words: &str| Some(Error::new(Kind::NotAllowed, reason, words));
    match answer.error {
        Some(PolicyError::Locked) => {
            no(Reason::Locked, "Your own user is locked after failed attempts. Wait, or have it unlocked.")
        }
        Some(PolicyError::Expired) => {
            no(Reason::PasswordExpired, "Your own password has expired. Choose a new one first, then sign in again.")
        }
        Some(PolicyError::ChangeAfterReset) => {
            no(Reason::PasswordExpired, "You must choose a new password of your own first, then sign in again.")
        }
        _ if result.rc == WRONG_CREDENTIALS => Some(wrong_password(result)),
        _ if result.rc == INVALID_NAME => no(
            Reason::SignInRefused,
            "The directory does not know that name (DN). Give the whole DN, or set agents = \"ou=agents,…\" in the profile.",
        ),
        _ => None,
    }
}

/// Says what slapd's answer to a bind with the temporary password means.
pub(super) fn trial_answer(bind: &BindAnswer) -> TrialAnswer {
    let error = bind.policy.and_then(|answer| answer.error);
    match (bind.code, error) {
        (0, Some(PolicyError::ChangeAfterReset)) => TrialAnswer::ChangeRequired,
        (0, _) if bind.policy.is_none() => TrialAnswer::SignedIn(Some(NO_OVERLAY.to_owned())),
        (0, _) => TrialAnswer::SignedIn(None),
        (WRONG_CREDENTIALS, Some(PolicyError::Locked)) => TrialAnswer::Restricted("the user is locked".to_owned()),
        (WRONG_CREDENTIALS, Some(PolicyError::Expired)) => {
            TrialAnswer::Restricted("the password has expired".to_owned())
        }
        (WRONG_CREDENTIALS, _) => TrialAnswer::WrongPassword,
        _ => bind.restricted(),
    }
}

/// What a bind without an answer of the password policy shows.
const NO_OVERLAY: &str = "slapd applied no password policy to it: the ppolicy overlay is not on this database. Without the overlay slapd stores passwords in clear text.";

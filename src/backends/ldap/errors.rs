//! Turns LDAP results and lost connections into errors for the agent.

use ldap3::{LdapError, LdapResult};
use rustls::Error as TlsError;

use super::result_code::{
    BUSY, NO_RIGHT, NO_SUCH_OBJECT, NOT_AVAILABLE, REFERRAL, UNWILLING, WRONG_CREDENTIALS, is_about_values, meaning,
};
use super::violation::Violation;
use crate::domain::{Error, Kind, Reason};
use crate::net::trust;

/// Whether the connection is gone, as opposed to an answer that refuses.
pub(super) const fn is_lost(error: &LdapError) -> bool {
    matches!(
        error,
        LdapError::Io { .. }
            | LdapError::OpSend { .. }
            | LdapError::ResultRecv { .. }
            | LdapError::IdScrubSend { .. }
            | LdapError::EndOfStream
    )
}

/// Whether the request was never sent, because the connection was gone before.
pub(super) const fn is_unsent(error: &LdapError) -> bool {
    matches!(error, LdapError::OpSend { .. } | LdapError::AddNoValues)
}

/// Whether a retry may succeed: the connection was lost or refused, or the server is busy.
pub(super) fn is_transient(error: &Error) -> bool {
    let Some(source) = error.source.as_deref() else { return false };
    if let Some(result) = source.downcast_ref::<LdapResult>() {
        return matches!(result.rc, BUSY | NOT_AVAILABLE);
    }
    match source.downcast_ref::<LdapError>() {
        Some(error) => match Violation::of(error) {
            Some(violation) => violation == Violation::Malformed,
            None => is_lost(error) && !is_tls(error),
        },
        None => false,
    }
}

fn tls_error(error: &std::io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref::<TlsError>()
}

fn is_tls(error: &LdapError) -> bool {
    matches!(error, LdapError::Io { source } if tls_error(source).is_some())
}

/// Makes the error of a connection that could not be opened.
pub(super) fn connect_error(server: &str, error: LdapError) -> Error {
    if let Some(violation) = Violation::of(&error) {
        return Error::unavailable(format!("{server} {violation}.")).hint(violation.hint()).because(error);
    }
    let cause = match &error {
        LdapError::Timeout { .. } => "it did not answer in time".to_owned(),
        LdapError::Io { source } => match (trust::explanation(source), tls_error(source)) {
            (Some(words), _) => words,
            (None, Some(other)) => format!("TLS failed ({other})"),
            (None, None) => source.to_string(),
        },
        LdapError::LdapResult { result } => format!("it refused StartTLS: {}", describe(result)),
        _ if is_lost(&error) => "it closed the connection".to_owned(),
        other => other.to_string(),
    };
    let hint = "`tellonce doctor` looks at the connection; url and ca_cert are in the profile.";
    Error::unavailable(format!("{server} cannot be used: {cause}.")).hint(hint).because(without_request(error))
}

/// Makes the error of an operation that got no answer. A change may have been made: see [`Error::answer_lost`].
pub(super) fn no_answer(server: &str, error: LdapError) -> Error {
    if let Some(violation) = Violation::of(&error) {
        return Error::unavailable(format!("{server} {violation}.")).hint(violation.hint()).because(error);
    }
    let event = match &error {
        LdapError::Timeout { .. } => "did not answer in time (`--timeout` gives it longer)",
        _ => "closed the connection before it answered",
    };
    Error::unavailable(format!("{server} {event}.")).because(without_request(error))
}

/// Drops the request from the error of one that could not be sent: it may hold a password.
fn without_request(error: LdapError) -> LdapError {
    match error {
        LdapError::OpSend { .. } => LdapError::EndOfStream,
        other => other,
    }
}

/// Makes the error of a result that refuses. A result that may quote a secret is redacted before.
pub(super) fn from_result(server: &str, result: &LdapResult) -> Error {
    let meaning = meaning(result.rc);
    let error = match result.rc {
        NO_RIGHT => Error::new(
            Kind::NotAllowed,
            Reason::MissingRight,
            format!("{server} does not let you do this (insufficient access rights)."),
        ),
        48 | WRONG_CREDENTIALS => Error::new(
            Kind::NotAllowed,
            Reason::SignInRefused,
            format!("{server} refused the sign-in: {}.", meaning.words),
        ),
        NO_SUCH_OBJECT => {
            let gone = "The entry is gone from the directory: somebody moved or removed it.";
            return Error::unavailable(gone).hint("Look again: `tellonce find TEXT`.").because(result.clone());
        }
        BUSY => Error::new(
            Kind::Unavailable,
            Reason::Throttled,
            format!("{server} is too busy now ({}).", describe(result)),
        ),
        NOT_AVAILABLE => Error::unavailable(format!("{server} is not available now ({}).", describe(result))),
        REFERRAL => {
            let other = result.refs.first().map_or("another server", String::as_str);
            Error::unavailable(format!("{server} refers to {other}, and tellonce follows no referral."))
        }
        UNWILLING if result.text.contains(SHADOW) => {
            return Error::unavailable(format!("{server} is a copy that takes no changes."))
                .hint("Name the server that it copies from (the provider) as url.")
                .because(result.clone());
        }
        code if is_about_values(code) => {
            Error::refused(Reason::RefusedByBackend, format!("{server} refused the request: {}.", describe(result)))
        }
        _ => Error::unavailable(format!("{server} refused the request: {}.", describe(result))),
    };
    error.hint(meaning.advice).because(result.clone())
}

/// What a copy answers that takes no changes and names no other server (slapd 2.5).
const SHADOW: &str = "shadow context";

/// Describes a result on one line: what its code means, and the server's message.
pub(super) fn describe(result: &LdapResult) -> String {
    let text = result.text.replace(['\n', '\r', '\0'], " ");
    let text = text.trim().trim_end_matches('.');
    let (meaning, code) = (meaning(result.rc).words, result.rc);
    if text.is_empty() { format!("{meaning} (result {code})") } else { format!("{meaning} (result {code}: {text})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Changed;

    fn answered(rc: u32) -> Error {
        let result =
            LdapResult { rc, matched: String::new(), text: "later".to_owned(), refs: Vec::new(), ctrls: Vec::new() };
        from_result("ldaps://dc1", &result)
    }

    #[test]
    fn a_server_that_is_busy_or_away_changed_nothing_and_may_be_asked_again() {
        for (rc, reason) in [(51, Reason::Throttled), (52, Reason::BackendUnavailable)] {
            let error = answered(rc);
            assert_eq!((error.reason, error.changed), (reason, Changed::No), "{rc}");
            assert!(error.is_passing(), "{rc}");
            assert!(error.message.contains("later"), "{}", error.message);
        }
        assert!(!answered(NO_RIGHT).is_passing());
    }

    #[test]
    fn a_change_that_is_refused_for_its_values_is_not_tried_again() {
        for rc in [17, 19, 20, 21, 64, 65, 67, 69] {
            let error = answered(rc);
            assert_eq!((error.exit_code().number(), error.reason), (7, Reason::RefusedByBackend), "{rc}");
            assert!(!error.is_passing(), "{rc}");
        }
        assert_eq!(answered(80).exit_code().number(), 8);
    }

    #[test]
    fn a_server_that_sends_elsewhere_is_reported_with_the_address() {
        let refs = vec!["ldap://provider.example.com/dc=example".to_owned()];
        let mut result = LdapResult { rc: 10, matched: String::new(), text: String::new(), refs, ctrls: Vec::new() };
        let error = from_result("ldaps://dc1", &result);
        assert!(error.message.contains("provider.example.com"), "{error}");
        result.refs.clear();
        assert!(from_result("ldaps://dc1", &result).message.contains("another server"));
        (result.rc, result.text) = (53, "shadow context; no update referral".to_owned());
        assert!(from_result("ldaps://dc1", &result).message_with_hint().contains("provider"));
    }

    #[test]
    fn a_request_that_could_not_be_sent_is_not_kept() {
        let error = no_answer("ldaps://dc1", Violation::TooManyEntries(7).as_error());
        assert!(error.message.contains("more than 7 entries") && !is_transient(&error), "{error}");
        let error = no_answer("ldaps://dc1", Violation::Malformed.as_error());
        assert!(error.message.contains("closed the connection") && is_transient(&error), "{error}");
    }

    #[test]
    fn a_change_whose_answer_was_lost_is_not_tried_again() {
        let error = no_answer("ldaps://dc1", LdapError::EndOfStream).answer_lost();
        assert!(!error.is_passing());
        assert!(is_unsent(&LdapError::AddNoValues) && !is_unsent(&LdapError::EndOfStream));
    }
}

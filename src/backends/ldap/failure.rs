//! What a server's answer, or its silence, means.

use ldap3::{LdapError, LdapResult};
use rustls::{CertificateError, Error as TlsError};

use crate::domain::{Failure, Kind, Reason};

/// The server does not let the agent do this (RFC 4511 appendix A: insufficientAccessRights).
pub(super) const NO_RIGHT: u32 = 50;
/// invalidDNSyntax.
pub(super) const INVALID_NAME: u32 = 34;
/// noSuchObject.
pub(super) const NO_SUCH_OBJECT: u32 = 32;
/// entryAlreadyExists.
pub(super) const EXISTS: u32 = 68;
/// constraintViolation.
pub(super) const CONSTRAINT: u32 = 19;
/// unwillingToPerform.
pub(super) const UNWILLING: u32 = 53;
/// invalidCredentials.
pub(super) const WRONG_CREDENTIALS: u32 = 49;
/// sizeLimitExceeded: what was sent is a part.
pub(super) const SIZE_LIMIT: u32 = 4;
/// busy: it was not done, and may be later.
pub(super) const BUSY: u32 = 51;
/// unavailable: the same, of a server that is going down or coming up.
pub(super) const NOT_AVAILABLE: u32 = 52;
/// assertionFailed (RFC 4528).
pub(super) const ASSERTION_FAILED: u32 = 122;

/// The connection is gone, as opposed to an answer that says no.
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

/// The request never left: the connection was gone before.
pub(super) const fn was_not_sent(error: &LdapError) -> bool {
    matches!(error, LdapError::OpSend { .. } | LdapError::AddNoValues)
}

/// Whether the same call may well succeed a moment later: the connection was lost or not taken, or the server is busy.
pub(super) fn is_passing(failure: &Failure) -> bool {
    let Some(source) = failure.source.as_deref() else { return false };
    if let Some(result) = source.downcast_ref::<LdapResult>() {
        return matches!(result.rc, BUSY | NOT_AVAILABLE);
    }
    match source.downcast_ref::<LdapError>() {
        Some(LdapError::Io { source }) => tls_error(source).is_none(),
        Some(error) => is_lost(error),
        None => false,
    }
}

fn tls_error(error: &std::io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref::<TlsError>()
}

/// The words for a connection that did not come about.
pub(super) fn not_reached(server: &str, error: LdapError) -> Failure {
    let what = match &error {
        LdapError::Timeout { .. } => "it did not answer in time".to_owned(),
        LdapError::Io { source } => match tls_error(source) {
            Some(TlsError::InvalidCertificate(wrong)) => certificate(wrong),
            Some(other) => format!("no encrypted connection came about ({other})"),
            None => source.to_string(),
        },
        LdapError::LdapResult { result } => format!("it refused StartTLS ({})", words(result)),
        other => other.to_string(),
    };
    let hint = "`tellonce doctor` looks at the connection; url and ca_cert are in the profile.";
    Failure::unavailable(format!("{server} cannot be used: {what}.")).hint(hint).because(error)
}

fn certificate(wrong: &CertificateError) -> String {
    match wrong {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate is signed by an authority that is not trusted here; name the right one as ca_cert"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is this machine's clock right?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another host name; use the name in it as url".to_owned()
        }
        other => format!("its certificate is not good ({other})"),
    }
}

/// The words for an operation that got no answer. A change may have been made: see [`Failure::answer_lost`].
pub(super) fn no_answer(server: &str, error: LdapError) -> Failure {
    let what = match &error {
        LdapError::Timeout { .. } => "did not answer in time (`--timeout` gives it longer)",
        _ => "closed the connection before it answered",
    };
    Failure::unavailable(format!("{server} {what}.")).because(error)
}

/// The words for an answer that says no.
pub(super) fn refused(server: &str, result: &LdapResult) -> Failure {
    match result.rc {
        NO_RIGHT => Failure::new(
            Kind::NotAllowed,
            Reason::MissingRight,
            format!("{server} does not let you do this (insufficient access rights)."),
        )
        .hint("Ask whoever delegates rights in the directory; `tellonce whoami` lists yours."),
        NO_SUCH_OBJECT => Failure::unavailable("The entry is gone from the directory: somebody moved or removed it.")
            .hint("Look again: `tellonce find TEXT`."),
        BUSY => Failure::new(
            Kind::Unavailable,
            Reason::Throttled,
            format!("{server} is too busy to take it now ({}).", words(result)),
        )
        .hint("Try again in a minute."),
        NOT_AVAILABLE => Failure::unavailable(format!("{server} is not available now ({}).", words(result)))
            .hint("Try again in a minute."),
        10 => Failure::unavailable(format!("{server} refers to another server, which this tool does not follow."))
            .hint("Name a server that can be written to as url."),
        _ => Failure::unavailable(format!("{server} refused it: {}.", words(result))),
    }
    .because(result.clone())
}

/// The code and the server's own words, on one line.
pub(super) fn words(result: &LdapResult) -> String {
    let text = result.text.replace(['\n', '\r', '\0'], " ");
    let text = text.trim().trim_end_matches('.');
    if text.is_empty() { format!("result {}", result.rc) } else { format!("result {}, {text}", result.rc) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Changed;

    fn answered(rc: u32) -> Failure {
        let result =
            LdapResult { rc, matched: String::new(), text: "later".to_owned(), refs: Vec::new(), ctrls: Vec::new() };
        refused("ldaps://dc1", &result)
    }

    #[test]
    fn a_server_that_is_busy_or_away_changed_nothing_and_may_be_asked_again() {
        for (rc, reason) in [(51, Reason::Throttled), (52, Reason::BackendUnavailable)] {
            let failure = answered(rc);
            assert_eq!((failure.reason, failure.changed), (reason, Changed::No), "{rc}");
            assert!(failure.is_passing(), "{rc}");
            assert!(failure.message.contains("later"), "{}", failure.message);
        }
        assert!(!answered(NO_RIGHT).is_passing());
    }

    #[test]
    fn a_change_whose_answer_was_lost_is_not_tried_again() {
        let failure = no_answer("ldaps://dc1", LdapError::EndOfStream).answer_lost();
        assert!(!failure.is_passing());
        assert!(was_not_sent(&LdapError::AddNoValues) && !was_not_sent(&LdapError::EndOfStream));
    }
}

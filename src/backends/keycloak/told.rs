//! Answers that are no success, in words.

use reqwest::{StatusCode, Url};

use super::wire::Refusal;
use crate::domain::ports::SetFailed;
use crate::domain::{Answer, Failure, Kind, Reason, Right, Rule};

/// The server, as people call it.
pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// The agent lacks a right: 403.
pub(super) fn missing(right: Right, realm: &str) -> Failure {
    Failure::new(
        Kind::NotAllowed,
        Reason::MissingRight,
        format!("You do not have the right to {} in realm {realm} (403): it takes {}.", right.words(), role(right)),
    )
    .hint("Ask the realm's administrator; docs/backends/keycloak.md lists the rights that agents need.")
}

/// The role of `realm-management` that gives a right.
pub(super) const fn role(right: Right) -> &'static str {
    match right {
        Right::FindCustomers => "view-users",
        Right::Sweep => "view-users and manage-users",
        _ => "manage-users",
    }
}

/// The server takes no token of this session any more.
pub(super) fn session_over() -> Failure {
    Failure::new(
        Kind::NotAllowed,
        Reason::SessionOver,
        "Your session is over: the server does not take its token (401).",
    )
    .hint("Sign in again: `tellonce login`.")
}

/// The profile does not fit what is there: exit 2.
pub(super) fn misconfigured(what: String) -> Failure {
    Failure::new(Kind::Usage, Reason::Configuration, what).hint("Check url and realm: `tellonce profile show`.")
}

/// What a 404 says: none where only the thing asked for is missing.
pub(super) fn not_found(realm_url: &Url, realm: &str, body: &[u8]) -> Option<Failure> {
    let refusal: Option<Refusal> = serde_json::from_slice(body).ok();
    match refusal.as_ref().and_then(|refusal| refusal.error.as_deref()) {
        Some(words) if words.starts_with("Realm") => {
            Some(misconfigured(format!("{} has no realm \"{realm}\".", host(realm_url))))
        }
        Some(_) => None,
        None => Some(misconfigured(format!(
            "{realm_url} is not there (404), and what answers is no Keycloak: \"{}\".",
            begins(body)
        ))),
    }
}

/// An answer that is not JSON where it should be.
pub(super) fn unreadable(url: &Url, body: &[u8]) -> Failure {
    Failure::unavailable(format!("{} answered something that cannot be read: \"{}\".", host(url), begins(body)))
}

/// A status that nothing else explains.
pub(super) fn unexpected(url: &Url, status: StatusCode, location: Option<&str>, body: &[u8]) -> Failure {
    if status.is_redirection() {
        let to = location.unwrap_or("somewhere else");
        return Failure::new(
            Kind::Usage,
            Reason::Configuration,
            format!("{} sends tellonce on to {to}; it does not go there with an agent's token.", host(url)),
        )
        .hint("If that is the server's right address, set it in the profile: url.");
    }
    let words = serde_json::from_slice::<Refusal>(body).map_or_else(|_| begins(body), |refusal| refusal.words());
    let words = if words.is_empty() { String::new() } else { format!(": {words}") };
    Failure::unavailable(format!("{} answered {status}{words}.", host(url)))
}

/// How an answer begins, for people.
pub(super) fn begins(body: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(body).chars().take(80).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a 400 to a set means: the policy, or a race that was lost. Nothing was changed.
pub(super) fn set_refused(refusal: &Refusal) -> SetFailed {
    let key = refusal.error.as_deref().or(refusal.error_message.as_deref()).unwrap_or_default();
    if key.starts_with("invalidPassword") {
        return SetFailed::Policy(broken_rules(key, refusal.error_description.as_deref().unwrap_or_default()));
    }
    let words = refusal.words();
    // Two resets of one user at once: the other one was answered 204 and holds.
    if ["row count", "optimistic", "StaleObject", "unknown_error"]
        .iter()
        .any(|sign| words.contains(sign) || key.contains(sign))
    {
        return SetFailed::Other(
            Failure::new(
                Kind::Unavailable,
                Reason::ResetAtTheSameTime,
                "Someone else is resetting this customer at this moment; yours was not applied.",
            )
            .hint("Ask your colleagues; `tellonce show` says where the customer stands."),
        );
    }
    SetFailed::Other(Failure::unavailable(format!("The server refused the temporary password: {words}.")))
}

/// The rules that a refusal names, so that the next password keeps them; none named: another try may do.
fn broken_rules(key: &str, words: &str) -> Vec<Rule> {
    let number = words.split(|letter: char| !letter.is_ascii_digit()).find_map(|digits| digits.parse().ok());
    let rule = match (key, number) {
        ("invalidPasswordMinLengthMessage", Some(least)) => Some(Rule::MinLength(least)),
        ("invalidPasswordMaxLengthMessage", Some(most)) => Some(Rule::MaxLength(most)),
        ("invalidPasswordMinUpperCaseCharsMessage", Some(least)) => Some(Rule::Upper(least)),
        ("invalidPasswordMinLowerCaseCharsMessage", Some(least)) => Some(Rule::Lower(least)),
        ("invalidPasswordMinDigitsMessage", Some(least)) => Some(Rule::Digits(least)),
        ("invalidPasswordMinSpecialCharsMessage", Some(least)) => Some(Rule::Special(least)),
        ("invalidPasswordNotUsernameMessage", _) => Some(Rule::NotUsername),
        ("invalidPasswordNotContainsUsernameMessage", _) => Some(Rule::NotContainsUsername),
        ("invalidPasswordNotEmailMessage", _) => Some(Rule::NotEmail),
        ("invalidPasswordBlacklistedMessage", _) => Some(Rule::NotWellKnown),
        ("invalidPasswordHistoryMessage", last) => Some(Rule::History(last.unwrap_or(1))),
        ("invalidPasswordRegexPatternMessage", _) => Some(Rule::HiddenPattern), // the answer does not quote it
        _ => None,
    };
    rule.into_iter().collect()
}

/// A 409 to a creation.
pub(super) fn exists(refusal: &Refusal, username: &str) -> Failure {
    Failure::new(
        Kind::Unavailable,
        Reason::CustomerExists,
        format!("There is a user \"{username}\", or one with that e-mail, already ({}).", refusal.words()),
    )
    .hint("Somebody created it just now, or an earlier attempt did. Look again: `tellonce find`.")
}

/// What a 400 or 409 to a creation means. Nothing was changed.
pub(super) fn create_refused(status: StatusCode, refusal: &Refusal, username: &str) -> SetFailed {
    if status == StatusCode::CONFLICT {
        return SetFailed::Other(exists(refusal, username));
    }
    let fields: Vec<(&str, &str)> = refusal.fields().collect();
    if fields.is_empty() {
        return set_refused(refusal);
    }
    let named: Vec<String> = fields.iter().map(|(field, what)| format!("{field} ({})", field_words(what))).collect();
    SetFailed::Other(
        Failure::refused(
            Reason::ProfileRule,
            format!("The realm's user profile does not take this user: {}.", named.join(", ")),
        )
        .hint("Have the realm's administrator create the user, or relax the rule; then reset it."),
    )
}

fn field_words(message: &str) -> &str {
    match message {
        "error-user-attribute-required" => "is required",
        "error-invalid-email" => "is no e-mail address",
        "error-username-invalid-character" => "has a character that usernames may not have",
        "error-invalid-length" | "error-invalid-length-too-short" | "error-invalid-length-too-long" => {
            "has the wrong length"
        }
        other => other,
    }
}

/// The one user that is meant, gone since it was looked at.
pub(super) fn gone<T>() -> Answer<T> {
    Err(Failure::unavailable("The user is gone: somebody removed it just now."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn refusal(body: &str) -> Refusal {
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn a_breach_of_the_policy_names_its_rule() {
        for (key, words, rule) in [
            ("invalidPasswordMinLengthMessage", "Invalid password: minimum length 20.", Rule::MinLength(20)),
            (
                "invalidPasswordMinDigitsMessage",
                "Invalid password: must contain at least 1 numerical digits.",
                Rule::Digits(1),
            ),
            ("invalidPasswordMinSpecialCharsMessage", "… at least 3 special characters.", Rule::Special(3)),
            (
                "invalidPasswordNotUsernameMessage",
                "Invalid password: must not be equal to the username.",
                Rule::NotUsername,
            ),
            ("invalidPasswordHistoryMessage", "… any of last 5 passwords.", Rule::History(5)),
        ] {
            let body = format!(r#"{{"error":"{key}","error_description":"{words}"}}"#);
            let SetFailed::Policy(rules) = set_refused(&refusal(&body)) else { panic!("{key}") };
            assert_eq!(rules, [rule]);
        }
        let pattern = refusal(r#"{"error":"invalidPasswordRegexPatternMessage","error_description":"fails to match"}"#);
        assert!(matches!(set_refused(&pattern), SetFailed::Policy(rules) if rules == [Rule::HiddenPattern]));
        let unknown = refusal(r#"{"error":"invalidPasswordQuantumMessage","error_description":"fails to match"}"#);
        assert!(matches!(set_refused(&unknown), SetFailed::Policy(rules) if rules.is_empty()));
    }

    #[test]
    fn a_lost_race_is_told_from_the_policy_and_changed_nothing() {
        let body = r#"{"error":"Batch update returned unexpected row count from update [0]; actual row count: 0; expected: 1"}"#;
        let SetFailed::Other(failure) = set_refused(&refusal(body)) else { panic!("no policy") };
        assert_eq!((failure.exit_code().number(), failure.reason), (8, Reason::ResetAtTheSameTime));
        assert_eq!(failure.changed, crate::domain::Changed::No);
    }

    #[test]
    fn what_the_realms_profile_does_not_take_is_named() {
        for body in [
            r#"{"field":"branch","errorMessage":"error-user-attribute-required","params":["branch"]}"#,
            r#"{"errors":[{"field":"branch","errorMessage":"error-user-attribute-required"},{"field":"email","errorMessage":"error-invalid-email"}]}"#,
        ] {
            let SetFailed::Other(failure) = create_refused(StatusCode::BAD_REQUEST, &refusal(body), "x") else {
                panic!()
            };
            assert!(failure.message.contains("branch (is required)"), "{}", failure.message);
            assert_eq!(failure.exit_code().number(), 7);
        }
    }

    #[test]
    fn a_missing_realm_is_told_from_a_missing_user_and_from_no_keycloak() {
        let url: Url = "https://id/admin/realms/x".parse().unwrap();
        assert!(not_found(&url, "x", br#"{"error":"User not found"}"#).is_none());
        assert!(not_found(&url, "x", br#"{"error":"Realm not found."}"#).unwrap().message.contains("no realm \"x\""));
        assert!(not_found(&url, "x", b"<html>nginx</html>").unwrap().message.contains("no Keycloak"));
    }
}

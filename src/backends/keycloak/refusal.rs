//! The JSON bodies of Keycloak's refusals (26.0 to 26.7), and what the refusal of a set or a creation means.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::domain::ports::SetFailed;
use crate::domain::{Error, Kind, PolicyRead, Reason, Rule};

/// A refusal whose request carried no secret: a message may quote the server's text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refusal {
    pub(super) error: Option<String>,
    #[serde(rename = "error_description")]
    error_description: Option<String>,
    error_message: Option<String>,
    field: Option<String>,
    #[serde(default)]
    errors: Vec<FieldError>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FieldError {
    field: Option<String>,
    error_message: Option<String>,
}

impl Refusal {
    /// Reports whether the body has the shape of a Keycloak refusal. A proxy's body has another shape.
    pub(super) const fn is_keycloaks(&self) -> bool {
        self.error.is_some() || self.error_message.is_some() || !self.errors.is_empty()
    }

    /// Returns the server's own text. Only a call that carried no secret may quote it.
    pub(super) fn description(&self) -> String {
        let fields: Vec<String> = self.invalid_fields().map(|(field, why)| format!("{field}: {why}")).collect();
        if !fields.is_empty() {
            return fields.join("; ");
        }
        [&self.error_description, &self.error_message, &self.error]
            .into_iter()
            .flatten()
            .next()
            .cloned()
            .unwrap_or_default()
    }

    /// Lists the fields of the user profile that are wrong, each with the server's message key.
    pub(super) fn invalid_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let one = self.field.as_deref().zip(self.error_message.as_deref());
        let several = self.errors.iter().filter_map(|error| error.field.as_deref().zip(error.error_message.as_deref()));
        one.into_iter().chain(several)
    }
}

/// The known codes of a refusal. Nothing else is kept of the answer to a request that carried a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RefusalCodes {
    /// The violated rules, if the message key is one of the password policy's.
    policy: Option<Vec<Rule>>,
    /// Another change of the same user was committed first.
    lost_race: bool,
    /// The fields of the user profile that are wrong, and why.
    invalid_fields: Vec<(String, &'static str)>,
}

/// The prefix of Keycloak's message keys about the password policy.
const POLICY_KEY: &str = "invalidPassword";
/// Texts of the persistence layer in a 400 that lost a race; the last is all that 26.0 says of a stale row.
const LOST_RACE: [&str; 5] =
    ["row count", "versioned entity", "optimistic", "StaleObject", "Database operation failed"];
/// The longest name of a user profile field that a message shows.
const MAX_FIELD_NAME: usize = 64;

impl RefusalCodes {
    /// Reads the known codes of a refusal's body.
    pub(super) fn from_body(body: &[u8]) -> Self {
        let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
        let key = refusal.error.as_deref().or(refusal.error_message.as_deref()).unwrap_or_default();
        let description = refusal.error_description.as_deref().unwrap_or_default();
        let names_race = |text: &str| LOST_RACE.iter().any(|sign| text.contains(sign));
        let fields = refusal.invalid_fields().filter(|(field, _)| is_field_name(field));
        Self {
            policy: key.starts_with(POLICY_KEY).then(|| violated_rules(key, description)),
            lost_race: names_race(key) || names_race(description),
            invalid_fields: fields.map(|(field, key)| (field.to_owned(), describe_field_error(key))).collect(),
        }
    }
}

/// Reports whether a text can be a field's name. The holder of the secret still redacts it from the message.
fn is_field_name(field: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
    !field.is_empty() && field.len() <= MAX_FIELD_NAME && field.chars().all(plain)
}

fn describe_field_error(key: &str) -> &'static str {
    match key {
        "error-user-attribute-required" => "is required",
        "error-user-attribute-read-only" => "may not be changed",
        "error-invalid-email" => "is no e-mail address",
        "error-username-invalid-character" => "has a character that usernames may not have",
        "error-invalid-length" | "error-invalid-length-too-short" | "error-invalid-length-too-long" => {
            "has the wrong length"
        }
        _ => "has a value that is not allowed",
    }
}

/// Explains a 400 or 409 to a set. The server rolled it back, so nothing was changed.
pub(super) fn set_error(status: StatusCode, codes: &RefusalCodes, policy: &PolicyRead) -> SetFailed {
    if let Some(rules) = &codes.policy {
        return SetFailed::Policy(rules.clone());
    }
    // Two sets at once insert the same required action or credential, and the second violates a key (409 "Duplicate
    // resource error"), or update a row that the first has changed (400 "unexpected row count").
    if status == StatusCode::CONFLICT || codes.lost_race {
        return SetFailed::Other(
            Error::new(
                Kind::Unavailable,
                Reason::ResetAtTheSameTime,
                "Someone else is resetting this customer at this moment; yours was not applied.",
            )
            .hint("Ask your colleagues; `tellonce show` says where the customer stands."),
        );
    }
    let server_log = "The reason is in the server's log. tellonce does not show the server's answer, since it may repeat the password.";
    SetFailed::Other(if policy.is_whole() {
        // Another try gets the same answer, so it is not said to be unavailable: a bulk run would try again for minutes.
        let message =
            "The server refused to set the temporary password (400) and named no known reason. Nothing was changed.";
        Error::refused(Reason::RefusedByBackend, message).hint(server_log)
    } else {
        // A rule of a custom policy has a message key of its own.
        let message = "The server refused the temporary password (400) and named no known rule. A rule of the password policy that tellonce cannot read may have refused it. Nothing was changed.";
        Error::refused(Reason::Policy, message).hint(server_log)
    })
}

/// Returns the violated rules that a message key names, so that the next password keeps them. The list is empty for an
/// unknown key: another password may still be accepted.
fn violated_rules(key: &str, description: &str) -> Vec<Rule> {
    let number = description.split(|letter: char| !letter.is_ascii_digit()).find_map(|digits| digits.parse().ok());
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

/// Explains a 409 to a creation.
pub(super) fn user_exists(username: &str) -> Error {
    Error::new(
        Kind::Unavailable,
        Reason::CustomerExists,
        format!("There is a user \"{username}\", or one with that e-mail, already (409)."),
    )
    .hint("Somebody created it just now, or an earlier attempt did. Look again: `tellonce find`.")
}

/// Explains a 400 or 409 to a creation. Nothing was changed.
pub(super) fn create_error(status: StatusCode, codes: &RefusalCodes, username: &str, policy: &PolicyRead) -> SetFailed {
    if status == StatusCode::CONFLICT {
        return SetFailed::Other(user_exists(username));
    }
    if codes.invalid_fields.is_empty() {
        return set_error(status, codes, policy);
    }
    let fields: Vec<String> = codes.invalid_fields.iter().map(|(field, why)| format!("{field} ({why})")).collect();
    SetFailed::Other(
        Error::refused(
            Reason::ProfileRule,
            format!("The realm's user profile does not accept this user: {}. Nothing was changed.", fields.join(", ")),
        )
        .hint("Have the realm's administrator create the user, or relax the rule; then reset it."),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test may stop at what it does not expect")]

    use super::*;
    use crate::domain::{Changed, Policy};

    fn refusal(body: &str) -> RefusalCodes {
        RefusalCodes::from_body(body.as_bytes())
    }

    fn readable() -> PolicyRead {
        PolicyRead::Read(Policy::default())
    }

    fn refused_set(status: StatusCode, body: &str, policy: &PolicyRead) -> SetFailed {
        set_error(status, &refusal(body), policy)
    }

    #[test]
    fn a_breach_of_the_policy_names_its_rule() {
        for (key, description, rule) in [
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
            let body = format!(r#"{{"error":"{key}","error_description":"{description}"}}"#);
            let SetFailed::Policy(rules) = refused_set(StatusCode::BAD_REQUEST, &body, &readable()) else {
                panic!("{key}")
            };
            assert_eq!(rules, [rule]);
        }
        let set = |body| refused_set(StatusCode::BAD_REQUEST, body, &readable());
        let pattern = set(r#"{"error":"invalidPasswordRegexPatternMessage","error_description":"fails to match"}"#);
        assert!(matches!(pattern, SetFailed::Policy(rules) if rules == [Rule::HiddenPattern]));
        let unknown = set(r#"{"error":"invalidPasswordQuantumMessage","error_description":"fails to match"}"#);
        assert!(matches!(unknown, SetFailed::Policy(rules) if rules.is_empty()));
    }

    /// The bodies that concurrent sets of one user got from 26.0.8, 26.2.5, 26.4.7 and 26.7.3.
    #[test]
    fn a_lost_race_is_distinguished_from_the_policy_and_changed_nothing() {
        for (status, body) in [
            (StatusCode::CONFLICT, r#"{"error":"conflict","error_description":"Duplicate resource error"}"#),
            (StatusCode::CONFLICT, r#"{"error":"unknown_error","error_description":"Duplicate resource error"}"#),
            (StatusCode::CONFLICT, r#"{"error":"unknown_error"}"#),
            (
                StatusCode::BAD_REQUEST,
                r#"{"error":"Database operation failed","error_description":"Database operation failed"}"#,
            ),
            (
                StatusCode::BAD_REQUEST,
                r#"{"error":"Batch update returned unexpected row count from update 0 (expected row count 1 but was 0) [update CREDENTIAL set CREATED_DATE=? where ID=? and VERSION=?] for entity [org.keycloak.models.jpa.entities.CredentialEntity with id '7']"}"#,
            ),
            (
                StatusCode::BAD_REQUEST,
                r#"{"error":"Batch update returned unexpected row count from update [0]; actual row count: 0; expected: 1"}"#,
            ),
            (
                StatusCode::BAD_REQUEST,
                r#"{"error":"No rows were returned from JDBC query for versioned entity for entity [CredentialEntity with id '7']"}"#,
            ),
        ] {
            for policy in [readable(), PolicyRead::Unreadable("hidden".to_owned())] {
                let SetFailed::Other(error) = refused_set(status, body, &policy) else { panic!("{body}") };
                assert_eq!((error.exit_code().number(), error.reason), (8, Reason::ResetAtTheSameTime), "{body}");
                assert_eq!(error.changed, Changed::No);
            }
        }
    }

    /// Bodies of 26.4.7 and 26.7.3, and one of a proxy.
    #[test]
    fn a_refusal_without_a_known_reason_is_the_policys_only_where_the_policy_is_not_known_whole() {
        for body in [
            r#"{"error":"unknown_error","error_description":"Cannot parse the JSON"}"#,
            r#"{"error":"No password provided"}"#,
            r#"{"error":"Can't reset password as account is read only"}"#,
            "<html>400 Bad Request</html>",
        ] {
            let SetFailed::Other(error) = refused_set(StatusCode::BAD_REQUEST, body, &readable()) else { panic!() };
            assert_eq!((error.exit_code().number(), error.reason), (7, Reason::RefusedByBackend), "{body}");
            assert!(error.changed == Changed::No && !error.is_passing());
            assert!(!error.message.contains("policy"), "{error}");
            for policy in [
                PolicyRead::InPart(Policy::default(), "a custom rule".to_owned()),
                PolicyRead::Unreadable("hidden".to_owned()),
            ] {
                let SetFailed::Other(error) = refused_set(StatusCode::BAD_REQUEST, body, &policy) else { panic!() };
                assert_eq!((error.exit_code().number(), error.reason), (7, Reason::Policy), "{body}");
                assert_eq!(error.changed, Changed::No);
            }
        }
    }

    #[test]
    fn a_field_that_the_user_profile_rejects_is_named() {
        for body in [
            r#"{"field":"branch","errorMessage":"error-user-attribute-required","params":["branch"]}"#,
            r#"{"errors":[{"field":"branch","errorMessage":"error-user-attribute-required"},{"field":"email","errorMessage":"error-invalid-email"}]}"#,
        ] {
            let refused = create_error(StatusCode::BAD_REQUEST, &refusal(body), "x", &readable());
            let SetFailed::Other(error) = refused else { panic!() };
            assert!(error.message.contains("branch (is required)"), "{}", error.message);
            assert_eq!(error.exit_code().number(), 7);
        }
    }

    #[test]
    fn a_body_that_repeats_the_request_leaves_nothing_of_it() {
        let secret = "Temp-Pass-Word";
        for body in [
            r#"{"error":"cannot take {\"value\":\"Temp-Pass-Word\"}","error_description":"Temp-Pass-Word"}"#,
            r#"{"error":"invalidPasswordTemp-Pass-Word","error_description":"Temp-Pass-Word 12"}"#,
            r#"{"field":"Temp-Pass-Word is wrong","errorMessage":"Temp-Pass-Word"}"#,
            r#"{"errors":[{"field":"email","errorMessage":"Temp-Pass-Word"}]}"#,
            "Temp-Pass-Word row count",
        ] {
            let codes = refusal(body);
            let shown = match create_error(StatusCode::BAD_REQUEST, &codes, "x", &readable()) {
                SetFailed::Other(error) => error.message_with_hint(),
                SetFailed::Policy(rules) => format!("{rules:?}"),
            };
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

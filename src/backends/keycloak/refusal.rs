//! The bodies that refusals come with, in the shapes that were seen (26.0 to 26.7), and what a refused set means.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::domain::ports::SetFailed;
use crate::domain::{Error, Kind, Reason, Rule};

/// A refusal whose call carried no secret: the server's own words may be told.
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
    /// Whether it has the shape of Keycloak's refusals: what stands between answers otherwise.
    pub(super) const fn is_keycloaks(&self) -> bool {
        self.error.is_some() || self.error_message.is_some() || !self.errors.is_empty()
    }

    /// The server's own words; only for calls that carried no secret.
    pub(super) fn words(&self) -> String {
        let fields: Vec<String> = self.fields().map(|(field, what)| format!("{field}: {what}")).collect();
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

    /// The fields of the user profile that are wrong, and why.
    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let one = self.field.as_deref().zip(self.error_message.as_deref());
        let several = self.errors.iter().filter_map(|error| error.field.as_deref().zip(error.error_message.as_deref()));
        one.into_iter().chain(several)
    }
}

/// What a refusal says by codes that are known beforehand. It is all that is read of the answer to a call that carried
/// a secret: no text of it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RefusalCodes {
    /// The password policy: the message's key, and the rule with its number.
    policy: Option<Vec<Rule>>,
    /// Another change of the same user came first.
    lost_race: bool,
    /// The fields of the user profile that are wrong, and why.
    fields: Vec<(String, &'static str)>,
}

/// What Keycloak's message keys about the policy begin with.
const POLICY: &str = "invalidPassword";
/// What the server's error has in it where two changes of one user met: its database layer's words.
const LOST_RACE: [&str; 4] = ["row count", "optimistic", "StaleObject", "unknown_error"];
/// The longest name of a field of the user profile that is told.
const LONGEST_FIELD: usize = 64;

impl RefusalCodes {
    /// Reads the codes of a body.
    pub(super) fn of(body: &[u8]) -> Self {
        let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
        let key = refusal.error.as_deref().or(refusal.error_message.as_deref()).unwrap_or_default();
        let description = refusal.error_description.as_deref().unwrap_or_default();
        let is_race = |text: &str| LOST_RACE.iter().any(|sign| text.contains(sign));
        let fields = refusal.fields().filter(|(field, _)| is_name(field));
        Self {
            policy: key.starts_with(POLICY).then(|| broken_rules(key, description)),
            lost_race: is_race(key) || is_race(&refusal.words()),
            fields: fields.map(|(field, what)| (field.to_owned(), field_words(what))).collect(),
        }
    }
}

/// Whether it can be the name of a field; whoever holds the secret still takes that out of what is told.
fn is_name(field: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
    !field.is_empty() && field.len() <= LONGEST_FIELD && field.chars().all(plain)
}

fn field_words(message: &str) -> &'static str {
    match message {
        "error-user-attribute-required" => "is required",
        "error-user-attribute-read-only" => "may not be changed",
        "error-invalid-email" => "is no e-mail address",
        "error-username-invalid-character" => "has a character that usernames may not have",
        "error-invalid-length" | "error-invalid-length-too-short" | "error-invalid-length-too-long" => {
            "has the wrong length"
        }
        _ => "is not taken as it is",
    }
}

/// What a 400 to a set means: the policy, or a race that was lost. Nothing was changed.
pub(super) fn set_refused(codes: &RefusalCodes) -> SetFailed {
    if let Some(rules) = &codes.policy {
        return SetFailed::Policy(rules.clone());
    }
    // Two resets of one user at once: the other one was answered 204 and holds.
    if codes.lost_race {
        return SetFailed::Other(
            Error::new(
                Kind::Unavailable,
                Reason::ResetAtTheSameTime,
                "Someone else is resetting this customer at this moment; yours was not applied.",
            )
            .hint("Ask your colleagues; `tellonce show` says where the customer stands."),
        );
    }
    SetFailed::Other(
        Error::refused(
            Reason::Policy,
            "The server refused the temporary password (400) and named no rule of its policy.",
        )
        .hint("The server's own log says why: its answer is not shown, since it may repeat the request."),
    )
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
pub(super) fn exists(username: &str) -> Error {
    Error::new(
        Kind::Unavailable,
        Reason::CustomerExists,
        format!("There is a user \"{username}\", or one with that e-mail, already (409)."),
    )
    .hint("Somebody created it just now, or an earlier attempt did. Look again: `tellonce find`.")
}

/// What a 400 or 409 to a creation means. Nothing was changed.
pub(super) fn create_refused(status: StatusCode, codes: &RefusalCodes, username: &str) -> SetFailed {
    if status == StatusCode::CONFLICT {
        return SetFailed::Other(exists(username));
    }
    if codes.fields.is_empty() {
        return set_refused(codes);
    }
    let named: Vec<String> = codes.fields.iter().map(|(field, what)| format!("{field} ({what})")).collect();
    SetFailed::Other(
        Error::refused(
            Reason::ProfileRule,
            format!("The realm's user profile does not take this user: {}.", named.join(", ")),
        )
        .hint("Have the realm's administrator create the user, or relax the rule; then reset it."),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn refusal(body: &str) -> RefusalCodes {
        RefusalCodes::of(body.as_bytes())
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
            let told = match create_refused(StatusCode::BAD_REQUEST, &codes, "x") {
                SetFailed::Other(failure) => failure.told(),
                SetFailed::Policy(rules) => format!("{rules:?}"),
            };
            assert!(!told.contains(secret), "{told}");
        }
    }
}

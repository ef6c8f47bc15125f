//! Explanations of a set that the pool refuses.

use super::action::Action;
use super::errors::{Refusal, unexpected};
use crate::domain::ports::SetFailed;
use crate::domain::{Error, Reason, Rule};

/// What the pool says of a password, and the rule it means (seen on both emulators; AWS does not document its texts).
const PHRASES: [(&str, Rule); 8] = [
    ("not long enough", Rule::MinLength(0)),
    ("minimum length", Rule::MinLength(0)),
    ("uppercase", Rule::Upper(1)),
    ("lowercase", Rule::Lower(1)),
    ("numeric", Rule::Digits(1)),
    ("number", Rule::Digits(1)),
    ("symbol", Rule::Special(1)),
    ("history", Rule::History(1)),
];

/// Explains why the pool refuses a set or a creation. A text of the pool decides, and is never quoted.
pub(super) fn set_refusal(action: Action, refusal: &Refusal) -> SetFailed {
    match refusal.code.as_str() {
        "InvalidPasswordException" => SetFailed::Policy(rules_named_in(refusal)),
        "PasswordHistoryPolicyViolationException" => SetFailed::Policy(vec![Rule::History(1)]),
        "UserNotFoundException" => match super::errors::user_gone::<()>() {
            Ok(()) => SetFailed::Other(unexpected(action, &refusal.code)),
            Err(error) => SetFailed::Other(error),
        },
        "UserLambdaValidationException" | "InvalidLambdaResponseException" | "UnexpectedLambdaException" => {
            let message = "A Lambda trigger of the pool refuses the user.";
            SetFailed::Other(
                Error::refused(Reason::RefusedByBackend, message)
                    .hint("Its log says why: the trigger PreSignUp runs when a user is created."),
            )
        }
        "UnsupportedUserStateException" => SetFailed::Other(
            Error::refused(Reason::RefusedByBackend, "The pool sets no password for a user in this state.")
                .hint("`tellonce show` says where the user stands."),
        ),
        _ => SetFailed::Other(unexpected(action, &refusal.code)),
    }
}

/// Returns the rules that the pool names. It names none in a text that is not known.
fn rules_named_in(refusal: &Refusal) -> Vec<Rule> {
    let mut rules: Vec<Rule> =
        PHRASES.iter().filter(|(phrase, _)| refusal.says(phrase)).map(|(_, rule)| rule.clone()).collect();
    rules.dedup();
    rules
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn refused(code: &str, message: &str) -> SetFailed {
        set_refusal(Action::AdminSetUserPassword, &Refusal { code: code.to_owned(), message: message.to_owned() })
    }

    #[test]
    fn the_rule_that_the_pool_names_is_kept_next_time() {
        for (message, rule) in [
            ("Password did not conform with policy: Password must have uppercase characters", Rule::Upper(1)),
            ("Password did not conform with policy: Password must have numeric characters", Rule::Digits(1)),
            ("Password did not conform with policy: Password must have symbol characters", Rule::Special(1)),
        ] {
            let SetFailed::Policy(rules) = refused("InvalidPasswordException", message) else { panic!("{message}") };
            assert_eq!(rules, [rule]);
        }
        let SetFailed::Policy(rules) = refused("InvalidPasswordException", "no") else { panic!("unknown") };
        assert!(rules.is_empty());
    }

    #[test]
    fn no_text_of_the_pool_is_quoted() {
        for code in
            ["InvalidParameterException", "UserLambdaValidationException", "Sesame Open", "UserNotFoundException"]
        {
            let SetFailed::Other(error) = refused(code, "Sesame-Open-1") else { panic!("{code}") };
            assert!(!error.message_with_hint().contains("Sesame"), "{}", error.message);
        }
    }
}

//! Turns a domain's refusals into errors and rules.

use ldap3::LdapResult;

use crate::backends::ldap::backend::not_unique;
use crate::backends::ldap::dialect::{LdapSession, wrong_password};
use crate::backends::ldap::errors;
use crate::backends::ldap::result_code::{CONSTRAINT, UNWILLING, WRONG_CREDENTIALS};
use crate::backends::ldap::result_redaction::UPN_NOT_UNIQUE;
use crate::backends::ldap::trial::BindAnswer;
use crate::domain::ports::SetFailed;
use crate::domain::{Changed, Error, Kind, Reason, Rule, TrialAnswer, Unreadable};

/// Makes the error of a value that cannot be read back after the set.
pub(super) fn unreadable_after_set(hidden: &Unreadable) -> Error {
    Error {
        changed: Changed::Yes,
        ..Error::unavailable(format!("The set cannot be read back: {}.", hidden.describe()))
    }
}

/// Returns why a set was refused. Samba names the rule, Windows only 0000052D.
pub(super) fn set_error(session: &LdapSession, result: &LdapResult, length: usize) -> SetFailed {
    let policy = result.text.contains("0000052D") || result.text.contains("0000052d");
    if policy && matches!(result.rc, CONSTRAINT | UNWILLING) {
        let words = result.text.to_lowercase();
        let longer = words.split("longer than ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        return SetFailed::Policy(match longer {
            Some(length) => vec![Rule::MinLength(length)],
            None if words.contains("complexity") => {
                vec![Rule::Upper(2), Rule::Lower(2), Rule::Digits(2), Rule::Special(2)]
            }
            None => {
                vec![Rule::MinLength(length + 8), Rule::Upper(2), Rule::Lower(2), Rule::Digits(2), Rule::Special(2)]
            }
        });
    }
    if result.rc == CONSTRAINT && result.text.contains(UPN_NOT_UNIQUE) {
        return not_unique().into();
    }
    errors::from_result(&session.connection.server(), result).into()
}

/// Explains a refused bind by the number after "data" in its message ([MS-ERREF] section 2.2).
pub(super) fn bind_error(result: &LdapResult) -> Option<Error> {
    if result.rc != WRONG_CREDENTIALS {
        return None;
    }
    let data = result.text.split("data ").nth(1).unwrap_or_default();
    let code: String = data.chars().take_while(char::is_ascii_hexdigit).collect();
    let no = |reason, words: &str| Error::new(Kind::NotAllowed, reason, words);
    Some(match code.as_str() {
        "775" => no(Reason::Locked, "Your own user is locked after failed attempts. Wait, or have it unlocked."),
        "533" => no(Reason::Disabled, "Your own user is disabled."),
        "532" => {
            no(Reason::PasswordExpired, "Your own password has expired. Choose a new one first, then sign in again.")
        }
        "701" => no(Reason::Disabled, "Your own user's time has ended (accountExpires)."),
        "773" => no(Reason::PasswordExpired, "You must choose a new password of your own first, then sign in again."),
        "530" | "531" => no(Reason::Disabled, "Your own user may not sign in now, or from here."),
        _ => wrong_password(result),
    })
}

/// Why a domain refuses a right password ([MS-ERREF] section 2.2): the code behind "data", and what it says.
const RESTRICTIONS: [(&str, &str); 7] = [
    ("data 530", "the user may not sign in at this hour"),
    ("data 531", "the user may not sign in from this machine"),
    ("data 532", "the password has expired"),
    ("data 533", "the user is disabled"),
    ("data 534", "the user may not sign in this way"),
    ("data 701", "the user has expired"),
    ("data 775", "the user is locked"),
];

/// Says what a domain controller's answer to a bind with the temporary password means.
pub(super) fn trial_answer(bind: &BindAnswer) -> TrialAnswer {
    let says = |code: &str| bind.text.contains(code);
    match bind.code {
        0 => TrialAnswer::SignedIn(None),
        WRONG_CREDENTIALS if says("data 773") => TrialAnswer::ChangeRequired,
        WRONG_CREDENTIALS => match RESTRICTIONS.iter().find(|(code, _)| says(code)) {
            Some((code, words)) => TrialAnswer::Restricted(format!("{words}, {code}")),
            None => TrialAnswer::WrongPassword,
        },
        _ => bind.restricted(),
    }
}

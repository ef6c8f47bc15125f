//! Redacts results of requests that carried a secret: the code stays, and known facts of the message.
//!
//! A server may quote the request in its message. The facts come from the lists here, and never from the message.

use ldap3::LdapResult;

use super::ber::PASSWORD_POLICY;

/// `ERROR_DS_UPN_VALUE_NOT_UNIQUE_IN_FOREST` ([MS-ERREF] section 2.2).
pub(super) const UPN_NOT_UNIQUE: &str = "000021C8";
/// What slapo-unique(5) says before the filter that found the other entry.
pub(super) const NOT_UNIQUE: &str = "non-unique attributes found";

/// Codes and phrases that may stay: Windows errors ([MS-ERREF] section 2.2), the reasons of a refused
/// bind behind "data", the rules that Samba names, what slapd says of a copy that takes no changes, and what
/// slapo-unique(5) says of a value that another entry has.
const KNOWN: [&str; 22] = [
    "0000052D",
    "00000056",
    "00000775",
    "00002098",
    "0000202B",
    "data 52e",
    "data 525",
    "data 530",
    "data 531",
    "data 532",
    "data 533",
    "data 534",
    "data 701",
    "data 773",
    "data 775",
    "complexity",
    "in history",
    "already used",
    "shadow context",
    "Transport encryption required",
    UPN_NOT_UNIQUE,
    NOT_UNIQUE,
];
/// The words before the number of characters that Samba asks for.
const LONGER_THAN: &str = "longer than ";
/// The most digits of that number.
const DIGITS: usize = 3;

/// Redacts a result: known facts of its message stay, and no other text of the server.
pub(super) fn redact_result(answer: LdapResult) -> LdapResult {
    let mut ctrls = answer.ctrls;
    if answer.rc != 0 {
        ctrls.retain(|control| control.1.ctype == PASSWORD_POLICY);
    }
    LdapResult { rc: answer.rc, matched: String::new(), text: known(&answer.text), refs: Vec::new(), ctrls }
}

/// Returns the known facts in a message.
fn known(message: &str) -> String {
    let message = message.to_ascii_lowercase();
    let mut facts: Vec<String> = KNOWN
        .iter()
        .filter(|fact| message.contains(&fact.to_ascii_lowercase()))
        .map(|fact| (*fact).to_owned())
        .collect();
    if let Some(length) = message.split(LONGER_THAN).nth(1).and_then(number) {
        facts.push(format!("{LONGER_THAN}{length} characters"));
    }
    facts.join("; ")
}

/// Reads the number at the beginning of a text. Returns `None` for one that no length has.
fn number(text: &str) -> Option<u16> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(DIGITS + 1).collect();
    digits.parse().ok().filter(|_| digits.len() <= DIGITS)
}

#[cfg(test)]
mod tests {
    use ldap3::controls::{Control, RawControl};

    use super::*;

    fn answered(rc: u32, text: &str) -> LdapResult {
        let quoted = |oid: &str| Control(None, RawControl { ctype: oid.to_owned(), crit: false, val: Some(vec![1]) });
        LdapResult {
            rc,
            matched: format!("cn={text}"),
            text: text.to_owned(),
            refs: vec![format!("ldap://dc2/{text}")],
            ctrls: vec![quoted(PASSWORD_POLICY), quoted("1.2.3")],
        }
    }

    #[test]
    fn facts_stay_and_the_servers_words_go() {
        let samba = "0000052D: Constraint violation - check_password_restrictions: the password is too short. It should be equal or longer than 12 characters!";
        assert_eq!(redact_result(answered(19, samba)).text, "0000052D; longer than 12 characters");
        let bind = "80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data 773, v4f7c";
        assert_eq!(redact_result(answered(49, bind)).text, "data 773");
        assert_eq!(redact_result(answered(19, "non-unique attributes found with (|(sn=Unique))")).text, NOT_UNIQUE);
        assert_eq!(redact_result(answered(53, "shadow context; no update referral")).text, "shadow context");
    }

    #[test]
    fn nothing_that_a_server_quotes_stays() {
        let secret = "Hq7w-Xnk9-Tb4m-Rz2p";
        for text in [
            secret.to_owned(),
            format!("0000052D: {secret}"),
            format!("longer than {secret}"),
            "longer than 12345".to_owned(),
        ] {
            let kept = redact_result(answered(19, &text));
            let told = format!("{kept} {kept:?}");
            assert!(!told.contains(secret) && !told.contains("1.2.3") && !told.contains("12345"), "{told}");
            assert!(kept.refs.is_empty() && kept.matched.is_empty());
        }
        assert_eq!(
            redact_result(answered(0, secret)).ctrls.len(),
            2,
            "a set is recognised by what came with its success"
        );
    }
}

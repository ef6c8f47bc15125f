//! Reads and makes LDAP controls: password policy, paging, post-read. Values are not trusted.

use std::time::Duration;

use lber::parse::parse_tag;
use lber::structure::{PL, StructureTag};
use ldap3::LdapResult;
use ldap3::controls::RawControl;

use super::entry::Entry;
use crate::domain::OwnPassword;

/// The password policy control (draft-behera-ldap-password-policy-10 section 6).
pub(super) const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
/// The account usability control (draft-behera-ldap-account-usability).
pub(super) const ACCOUNT_USABILITY: &str = "1.3.6.1.4.1.42.2.27.9.5.8";
/// The paged results control (RFC 2696).
const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// The post-read control (RFC 4527).
pub(super) const POST_READ: &str = "1.3.6.1.1.13.2";
/// The assertion control (RFC 4528).
pub(super) const ASSERTION: &str = "1.3.6.1.1.12";
/// The policy-hints control: a reset keeps the password history ([MS-ADTS] section 3.1.1.3.4.1.27).
pub(super) const POLICY_HINTS: &str = "1.2.840.113556.1.4.2239";

/// The attribute with an entry's security descriptor.
pub(super) const DESCRIPTOR: &str = "nTSecurityDescriptor";
/// The SD-flags control, which asks for parts of a security descriptor ([MS-ADTS] section 3.1.1.3.4.1.11).
const DESCRIPTOR_PARTS: &str = "1.2.840.113556.1.4.801";

/// The value of a password policy response control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PolicyAnswer {
    /// How many sign-ins are left with an expired password.
    pub(super) grace: Option<u32>,
    /// Seconds until the password expires, if that is soon.
    pub(super) expires_in: Option<u32>,
    pub(super) error: Option<PolicyError>,
}

/// The errors of the password policy response control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PolicyError {
    Expired,
    Locked,
    ChangeAfterReset,
    MayNotChange,
    OldMissing,
    Quality,
    TooShort,
    TooYoung,
    InHistory,
    Other,
}

impl PolicyAnswer {
    /// Returns what it says of the agent's own password.
    pub(super) fn own_password(self) -> Option<OwnPassword> {
        let soon = |seconds: u32| OwnPassword::ExpiresIn(Duration::from_secs(seconds.into()));
        let over = self.grace.map(|sign_ins_left| OwnPassword::Expired { sign_ins_left });
        over.or_else(|| self.expires_in.map(soon))
    }
}

impl PolicyError {
    const fn of(number: u32) -> Self {
        match number {
            0 => Self::Expired,
            1 => Self::Locked,
            2 => Self::ChangeAfterReset,
            3 => Self::MayNotChange,
            4 => Self::OldMissing,
            5 => Self::Quality,
            6 => Self::TooShort,
            7 => Self::TooYoung,
            8 => Self::InHistory,
            _ => Self::Other,
        }
    }
}

/// Makes a request control without a value, which the server may ignore.
pub(super) fn optional_control(oid: &str) -> RawControl {
    RawControl { ctype: oid.to_owned(), crit: false, val: None }
}

/// Returns the controls for a request of these attributes: of a security descriptor only its DACL (4) is wanted.
pub(super) fn controls_for(attributes: &[&str]) -> Vec<RawControl> {
    let list = RawControl { ctype: DESCRIPTOR_PARTS.to_owned(), crit: true, val: Some(vec![0x30, 3, 2, 1, 4]) };
    if attributes.contains(&DESCRIPTOR) { vec![list] } else { Vec::new() }
}

fn value<'a>(result: &'a LdapResult, oid: &str) -> Option<&'a [u8]> {
    let control = result.ctrls.iter().find(|control| control.1.ctype == oid)?;
    control.1.val.as_deref()
}

fn parsed(value: &[u8]) -> Option<StructureTag> {
    parse_tag(value).ok().map(|(_, tag)| tag)
}

fn number(bytes: &[u8]) -> Option<u32> {
    (bytes.len() <= 4).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// Reads the password policy control of a result. Returns `None` if there is none.
pub(super) fn policy_answer(result: &LdapResult) -> Option<PolicyAnswer> {
    read_policy(value(result, PASSWORD_POLICY)?)
}

pub(super) fn read_policy(value: &[u8]) -> Option<PolicyAnswer> {
    let PL::C(parts) = parsed(value)?.payload else { return None };
    let mut answer = PolicyAnswer::default();
    for part in parts {
        match (part.id, part.payload) {
            (0, PL::C(warnings)) => {
                for warning in warnings {
                    match (warning.id, warning.payload) {
                        (0, PL::P(bytes)) => answer.expires_in = number(&bytes),
                        (1, PL::P(bytes)) => answer.grace = number(&bytes),
                        _ => {}
                    }
                }
            }
            (1, PL::P(bytes)) => answer.error = number(&bytes).map(PolicyError::of),
            _ => {}
        }
    }
    Some(answer)
}

/// Returns the cookie for the next page, or `None` after the last one.
pub(super) fn next_page(result: &LdapResult) -> Option<Vec<u8>> {
    let PL::C(parts) = parsed(value(result, PAGED_RESULTS)?)?.payload else { return None };
    match parts.into_iter().nth(1)?.payload {
        PL::P(cookie) if !cookie.is_empty() => Some(cookie),
        _ => None,
    }
}

/// Reads the entry as the change left it, from the post-read control.
pub(super) fn post_read(result: &LdapResult) -> Option<Entry> {
    Entry::of(parsed(value(result, POST_READ)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_of_the_password_policy_are_read() {
        let error = |error| Some(PolicyAnswer { error: Some(error), ..PolicyAnswer::default() });
        assert_eq!(read_policy(&[0x30, 3, 0x81, 1, 6]), error(PolicyError::TooShort), "as slapd 2.5 sent it");
        assert_eq!(read_policy(&[0x30, 3, 0x81, 1, 2]), error(PolicyError::ChangeAfterReset));
        assert_eq!(read_policy(&[0x30, 0]), Some(PolicyAnswer::default()));
        let grace = read_policy(&[0x30, 5, 0xa0, 3, 0x81, 1, 2]);
        assert_eq!(grace, Some(PolicyAnswer { grace: Some(2), ..PolicyAnswer::default() }));
        assert_eq!(grace.and_then(PolicyAnswer::own_password), Some(OwnPassword::Expired { sign_ins_left: 2 }));
        let soon = read_policy(&[0x30, 6, 0xa0, 4, 0x80, 2, 2, 0x58]);
        assert_eq!(soon.and_then(PolicyAnswer::own_password), Some(OwnPassword::ExpiresIn(Duration::from_mins(10))));
        assert_eq!(PolicyAnswer::default().own_password(), None);
    }

    #[test]
    fn what_is_cut_off_or_nonsense_is_no_answer_and_stops_nothing() {
        let whole = [0x30_u8, 8, 0xa0, 3, 0x81, 1, 2, 0x81, 1, 6];
        for length in 0..whole.len() {
            let _ = read_policy(&whole[..length]);
        }
        assert_eq!(read_policy(&[]), None);
        assert_eq!(read_policy(&[0x04, 1, 0]), None);
        assert_eq!(number(&[1, 2, 3, 4, 5]), None);
    }
}

//! The domain's policy, and the stricter one that a password settings object may hold for a user.

use ldap3::Scope;

use super::attributes::Fact;
use super::values::NEVER_EXPIRES;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::settings::suffix;
use crate::domain::{Policy, PolicyRead, Result, Rule};

/// The bit of pwdProperties that requires complexity ([MS-SAMR] section 2.2.1.1: `DOMAIN_PASSWORD_COMPLEX`).
const COMPLEX: i64 = 1;
/// The steps of 100 ns in a second. Windows writes durations as negative numbers of steps.
const STEPS: i64 = 10_000_000;

/// The password policy that applies to a user.
pub(super) struct DomainPolicy {
    pub(super) rules: PolicyRead,
    /// How long a lock lasts, in seconds. `None` if it has no end, or if that cannot be read.
    pub(super) lockout_seconds: Option<i64>,
    /// How many passwords are remembered, if that can be read.
    pub(super) history: Option<i64>,
}

/// Reads the policy of a user: the domain's, or the user's password settings object.
pub(super) async fn read_user_policy(
    session: &LdapSession,
    settings_object: &Fact<Option<String>>,
) -> Result<DomainPolicy> {
    match settings_object {
        Ok(None) => read_domain_policy(session).await,
        Ok(Some(name)) => read_settings_object(session, name).await,
        Err(hidden) => {
            let domain = read_domain_policy(session).await?;
            let why = hidden.describe();
            let rules = match domain.rules {
                PolicyRead::Read(policy) | PolicyRead::InPart(policy, _) => PolicyRead::InPart(policy, why),
                PolicyRead::Unreadable(also) => PolicyRead::Unreadable(format!("{also}; {why}")),
            };
            Ok(DomainPolicy { rules, lockout_seconds: None, history: None })
        }
    }
}

async fn read_settings_object(session: &LdapSession, name: &str) -> Result<DomainPolicy> {
    let entry = session.connection.read_cached(name, &["*"]).await?.unwrap_or_default();
    let complex = entry.text("msDS-PasswordComplexityEnabled").map(|_| entry.is_true("msDS-PasswordComplexityEnabled"));
    let values = Values {
        length: entry.number("msDS-MinimumPasswordLength"),
        complex,
        history: entry.number("msDS-PasswordHistoryLength"),
        lockout: entry.number("msDS-LockoutDuration"),
    };
    Ok(values.policy(&format!("a stricter policy applies ({name}), which you may not read")))
}

/// Reads the domain's own policy.
pub(super) async fn read_domain_policy(session: &LdapSession) -> Result<DomainPolicy> {
    let domain = suffix(&session.settings.base);
    let attributes = ["minPwdLength", "pwdProperties", "pwdHistoryLength", "lockoutDuration"];
    let entry = session.connection.read_cached(domain, &attributes).await?.unwrap_or_default();
    let values = Values {
        length: entry.number("minPwdLength"),
        complex: entry.number("pwdProperties").map(|properties| properties & COMPLEX != 0),
        history: entry.number("pwdHistoryLength"),
        lockout: entry.number("lockoutDuration"),
    };
    Ok(values.policy(&format!("the password policy of {domain} cannot be read")))
}

/// The values of a policy. Each policy has all of them, so an absent one is hidden.
struct Values {
    length: Option<i64>,
    complex: Option<bool>,
    history: Option<i64>,
    lockout: Option<i64>,
}

impl Values {
    /// Makes the policy of these values. `hidden` is the reason for a policy of which none can be read.
    fn policy(&self, hidden: &str) -> DomainPolicy {
        let number =
            |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0);
        let mut rules = Vec::new();
        rules.extend(number(self.length).map(Rule::MinLength));
        if self.complex == Some(true) {
            // Windows asks for three of four classes. These three always do, and are easier to say.
            rules.extend([Rule::Upper(1), Rule::Lower(1), Rule::Digits(1), Rule::NotContainsUsername]);
        }
        rules.extend(number(self.history).map(Rule::History));
        let read = [self.length.is_some(), self.complex.is_some(), self.history.is_some()];
        let rules = if read == [true; 3] {
            PolicyRead::Read(Policy::new(rules))
        } else if read == [false; 3] {
            PolicyRead::Unreadable(hidden.to_owned())
        } else {
            PolicyRead::InPart(Policy::new(rules), format!("a part of it is hidden from you: {hidden}"))
        };
        DomainPolicy { rules, lockout_seconds: self.lockout.and_then(lockout_seconds), history: self.history }
    }
}

/// Converts a lock's duration to seconds. Returns `None` for one without an end: 0, or the smallest number ([MS-SAMR]
/// section 3.1.1.5).
fn lockout_seconds(steps: i64) -> Option<i64> {
    steps.checked_neg().map(|steps| steps / STEPS).filter(|seconds| *seconds > 0)
}

/// Counts users with "Password never expires", up to `most`.
pub(super) async fn count_never_expiring(session: &LdapSession, users: &str, most: usize) -> Result<usize> {
    let filter = format!("(&{users}(userAccountControl:1.2.840.113556.1.4.803:={NEVER_EXPIRES}))");
    let found = session.connection.search(&session.settings.base, Scope::Subtree, &filter, &["1.1"], most).await?;
    Ok(found.entries.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_out_that_does_not_end_has_no_end() {
        assert_eq!(lockout_seconds(-18_000_000_000), Some(1800));
        for steps in [0, i64::MIN, 18_000_000_000, -1] {
            assert_eq!(lockout_seconds(steps), None, "{steps}");
        }
    }

    #[test]
    fn what_is_hidden_of_a_policy_is_not_claimed() {
        let values = |length, complex, history| Values { length, complex, history, lockout: None };
        assert!(values(Some(0), Some(false), Some(0)).policy("").rules.is_whole());
        for hidden in
            [values(None, Some(true), Some(3)), values(Some(8), None, Some(3)), values(Some(8), Some(true), None)]
        {
            assert!(matches!(hidden.policy("").rules, PolicyRead::InPart(..)));
        }
        assert_eq!(values(Some(8), Some(true), None).policy("").history, None);
        assert!(
            matches!(values(None, None, None).policy("hidden").rules, PolicyRead::Unreadable(why) if why == "hidden")
        );
    }
}

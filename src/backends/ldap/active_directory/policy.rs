//! The domain's policy, and the stricter one that a password settings object may hold for a user.

use ldap3::Scope;

use super::values::NEVER_EXPIRES;
use crate::backends::ldap::agent::LdapAgent;
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::settings::suffix;
use crate::domain::{Answer, Policy, PolicyRead, Rule};

/// pwdProperties: complexity is asked for ([MS-SAMR] section 2.2.1.1: `DOMAIN_PASSWORD_COMPLEX`).
const COMPLEX: i64 = 1;
/// Windows counts durations in steps of 100 ns, and writes them as negative numbers.
const STEPS: i64 = 10_000_000;

/// What applies to one user.
pub(super) struct DomainPolicy {
    pub(super) rules: PolicyRead,
    /// How long a lock-out lasts, in seconds; none: until somebody lifts it.
    pub(super) lockout_seconds: Option<i64>,
    /// How many passwords are remembered, where it can be read.
    pub(super) history: Option<i64>,
}

/// Reads the domain's policy, and that of the user's settings object.
pub(super) async fn read(agent: &LdapAgent, settings_object: Option<&str>) -> Answer<DomainPolicy> {
    if let Some(name) = settings_object {
        let entry = agent.connection.read_lately(name, &["*"]).await?;
        return Ok(match entry.filter(|entry| entry.has("msDS-MinimumPasswordLength")) {
            Some(entry) => of(
                &entry,
                entry.number("msDS-MinimumPasswordLength"),
                entry.is_true("msDS-PasswordComplexityEnabled"),
                entry.number("msDS-PasswordHistoryLength"),
                "msDS-LockoutDuration",
            ),
            None => DomainPolicy {
                rules: PolicyRead::Unreadable(format!("a stricter policy applies ({name}), which you may not read")),
                lockout_seconds: None,
                history: None,
            },
        });
    }
    let domain = suffix(&agent.settings.base);
    let attributes = ["minPwdLength", "pwdProperties", "pwdHistoryLength", "lockoutDuration"];
    let entry = agent.connection.read_lately(domain, &attributes).await?.unwrap_or_default();
    if !entry.has("minPwdLength") {
        let rules = PolicyRead::Unreadable(format!("the password policy of {domain} cannot be read"));
        return Ok(DomainPolicy { rules, lockout_seconds: None, history: None });
    }
    let complex = entry.number("pwdProperties").unwrap_or(COMPLEX) & COMPLEX != 0;
    Ok(of(&entry, entry.number("minPwdLength"), complex, entry.number("pwdHistoryLength"), "lockoutDuration"))
}

fn of(entry: &Entry, length: Option<i64>, complex: bool, history: Option<i64>, lockout: &str) -> DomainPolicy {
    let number =
        |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0);
    let mut rules = Vec::new();
    rules.extend(number(length).map(Rule::MinLength));
    if complex {
        // Three of four classes would do; these three always do, and are easier to say.
        rules.extend([Rule::Upper(1), Rule::Lower(1), Rule::Digits(1), Rule::NotContainsUsername]);
    }
    rules.extend(number(history).map(Rule::History));
    DomainPolicy {
        rules: PolicyRead::Read(Policy::new(rules)),
        lockout_seconds: entry
            .number(lockout)
            .map(|steps| steps.saturating_neg() / STEPS)
            .filter(|seconds| *seconds > 0),
        history,
    }
}

/// Up to so many users on whom no change can be forced, for `doctor`.
pub(super) async fn never_expiring(agent: &LdapAgent, users: &str, most: usize) -> Answer<usize> {
    let filter = format!("(&{users}(userAccountControl:1.2.840.113556.1.4.803:={NEVER_EXPIRES}))");
    let found = agent.connection.search(&agent.settings.base, Scope::Subtree, &filter, &["1.1"], most).await?;
    Ok(found.entries.len())
}

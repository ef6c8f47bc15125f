//! The password policy that applies to a user (slapo-ppolicy(5)): the one that the user names, else the default.

use super::readability::{Freshness, hidden, right_to_read};
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Obstacle, Policy, PolicyRead, Result, Rule, Unreadable};

/// The attributes that the rules are read from.
const RULES: [&str; 4] = ["pwdCheckQuality", "pwdMinLength", "pwdMaxLength", "pwdInHistory"];
/// The attributes that decide about a reset or a status. An absent one has slapo-ppolicy(5)'s default.
const DECIDES: [&str; 5] = ["pwdMustChange", "pwdAllowUserChange", "pwdLockout", "pwdLockoutDuration", "pwdMaxIdle"];
/// The numbers of a policy. slapd ignores a whole policy with a number beyond 32 bits (slapd 2.5).
const NUMBERS: [&str; 16] = [
    "pwdMinAge",
    "pwdMaxAge",
    "pwdMaxIdle",
    "pwdInHistory",
    "pwdCheckQuality",
    "pwdMinLength",
    "pwdMaxLength",
    "pwdMaxFailure",
    "pwdMaxRecordedFailure",
    "pwdGraceExpiry",
    "pwdGraceAuthNLimit",
    "pwdExpireWarning",
    "pwdFailureCountInterval",
    "pwdLockoutDuration",
    "pwdMinDelay",
    "pwdMaxDelay",
];

/// A policy entry, as far as the agent may read it.
pub(super) struct UserPolicy {
    entry: Option<Entry>,
    name: String,
    /// The attributes that the agent may not read.
    hidden: Vec<&'static str>,
}

impl UserPolicy {
    /// Reads the named policy, else the default, perhaps from the cache.
    pub(super) async fn read(session: &LdapSession, named: Option<String>) -> Result<Self> {
        let name = named.unwrap_or_else(|| session.settings.default_policy.clone());
        let entry = session.connection.read_cached(&name, &["*"]).await?;
        let mut policy = Self::of(entry, name);
        if let Some(entry) = &policy.entry {
            let asked = [&DECIDES[..], &RULES].concat();
            policy.hidden = hidden(session, entry, &asked, Freshness::Cached).await?;
        }
        Ok(policy)
    }

    /// Reads the policy from the server. Does not ask again what of it may be read: that was settled before the set.
    pub(super) async fn read_now(session: &LdapSession, named: Option<String>) -> Result<Self> {
        let name = named.unwrap_or_else(|| session.settings.default_policy.clone());
        let entry = session.connection.read(&name, &["*"]).await?;
        Ok(Self::of(entry, name))
    }

    fn of(entry: Option<Entry>, name: String) -> Self {
        Self { entry: entry.filter(|entry| entry.has("pwdAttribute")), name, hidden: Vec::new() }
    }

    /// Makes a policy for tests.
    #[cfg(test)]
    pub(super) fn seen(entry: Entry, hidden: &[&'static str]) -> Self {
        Self { hidden: hidden.to_vec(), ..Self::of(Some(entry), "cn=default".to_owned()) }
    }

    /// Returns the policy that a user's entry names, or this one.
    pub(super) async fn or_named_by(self, session: &LdapSession, user: &Entry) -> Result<Self> {
        match user.text("pwdPolicySubentry") {
            Some(named) => Self::read_now(session, Some(named)).await,
            None => Ok(self),
        }
    }

    /// Returns the obstacle of a policy under which no change is forced, or under which the customer could not make it.
    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        let Some(entry) = &self.entry else { return Some(Obstacle::Unreadable(self.whole())) };
        let name = &self.name;
        let says_no = |attribute: &str| entry.text(attribute).is_some_and(|text| text.eq_ignore_ascii_case("FALSE"));
        if let Some(number) = NUMBERS.iter().find(|number| is_beyond(entry, number)) {
            let why =
                format!("the password policy {name} has a {number} beyond 2147483647, so slapd ignores all of it");
            Some(Obstacle::WouldNotStick(why))
        } else if self.hides("pwdMustChange") {
            Some(Obstacle::Unreadable(self.part("pwdMustChange", "whether a change is forced")))
        } else if !entry.is_true("pwdMustChange") {
            // Reading pwdReset back proves nothing, since slapd stores it anyway.
            Some(Obstacle::WouldNotStick(format!("the password policy {name} has pwdMustChange FALSE")))
        } else if self.hides("pwdAllowUserChange") {
            let decides = "whether the customer may choose a password";
            Some(Obstacle::Unreadable(self.part("pwdAllowUserChange", decides)))
        } else if says_no("pwdAllowUserChange") {
            Some(Obstacle::MayNotChoose(format!("the password policy {name} has pwdAllowUserChange FALSE")))
        } else {
            None
        }
    }

    /// Returns the rules for passwords.
    pub(super) fn rules(&self) -> PolicyRead {
        let Some(entry) = &self.entry else {
            return PolicyRead::Unreadable(format!("the password policy {} cannot be read", self.name));
        };
        let classes = entry.texts("objectClass");
        let checker = classes.iter().any(|class| class.eq_ignore_ascii_case("pwdPolicyChecker"));
        if checker || entry.is_true("pwdUseCheckModule") || entry.has("pwdCheckModule") || classes.is_empty() {
            return PolicyRead::Unreadable(format!(
                "the password policy {} may have a check module, whose rules cannot be read",
                self.name
            ));
        }
        let number = |name: &str| {
            entry.number(name).and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0)
        };
        let length_counts = self.hides("pwdCheckQuality") || entry.number("pwdCheckQuality").unwrap_or(0) > 0;
        let mut rules = Vec::new();
        rules.extend(number("pwdMinLength").filter(|_| length_counts).map(Rule::MinLength));
        rules.extend(number("pwdMaxLength").filter(|_| length_counts).map(Rule::MaxLength));
        rules.extend(number("pwdInHistory").map(Rule::History));
        let unread: Vec<&str> = RULES.into_iter().filter(|name| self.hides(name)).collect();
        if unread.is_empty() {
            PolicyRead::Read(Policy::new(rules))
        } else {
            let why = format!("{} of the password policy {} cannot be read", unread.join(", "), self.name);
            PolicyRead::InPart(Policy::new(rules), why)
        }
    }

    /// Whether slapd enforces locks (pwdLockout). Otherwise it ignores those that an entry has.
    pub(super) fn locks(&self) -> Result<bool, Unreadable> {
        let entry = self.known("pwdLockout", "whether a lock holds")?;
        Ok(entry.is_true("pwdLockout"))
    }

    /// Returns how long a lock lasts, in seconds, or `None` for one without an end.
    pub(super) fn lockout_seconds(&self) -> Result<Option<i64>, Unreadable> {
        let entry = self.known("pwdLockoutDuration", "how long a lock lasts")?;
        Ok(entry.number("pwdLockoutDuration").filter(|seconds| *seconds > 0))
    }

    /// Returns after how many seconds without a sign-in a user is locked, or `None` for never.
    pub(super) fn idle_seconds(&self) -> Result<Option<i64>, Unreadable> {
        let entry = self.known("pwdMaxIdle", "whether a user is locked for not signing in")?;
        Ok(entry.number("pwdMaxIdle").filter(|seconds| *seconds > 0))
    }

    /// Whether a failed sign-in locks the user for some seconds (pwdMinDelay).
    pub(super) fn delays(&self) -> bool {
        self.entry.as_ref().is_some_and(|entry| entry.number("pwdMinDelay").is_some_and(|seconds| seconds > 0))
    }

    /// Whether slapd gives a pwdChangedTime to an entry that is added under it (2.5).
    pub(super) fn dates_additions(&self) -> bool {
        let is_set = |name: &str| self.entry.as_ref().and_then(|entry| entry.number(name)).is_some_and(|age| age > 0);
        is_set("pwdMaxAge") || is_set("pwdMinAge")
    }

    /// Whether the customer may keep the temporary password as the new one. True if that cannot be read.
    pub(super) fn allows_reuse(&self) -> bool {
        self.entry.as_ref().is_none_or(|entry| entry.number("pwdInHistory").unwrap_or(0) == 0)
    }

    /// Whether a change needs the old password (pwdSafeModify). False if that cannot be read.
    ///
    /// It concerns customers, on connections that are bound already too, and agents who may write userPassword but not
    /// manage it.
    pub(super) fn needs_old_password(&self) -> bool {
        self.entry.as_ref().is_some_and(|entry| entry.is_true("pwdSafeModify"))
    }

    fn hides(&self, attribute: &str) -> bool {
        self.hidden.contains(&attribute)
    }

    /// Returns the entry if this attribute of it can be read.
    fn known(&self, attribute: &str, decides: &str) -> Result<&Entry, Unreadable> {
        match &self.entry {
            None => Err(self.whole()),
            Some(_) if self.hides(attribute) => Err(self.part(attribute, decides)),
            Some(entry) => Ok(entry),
        }
    }

    fn whole(&self) -> Unreadable {
        let value = format!("the password policy {}", self.name);
        let right = format!("{}, or, if there is no such policy, its name corrected", right_to_read(&value));
        Unreadable::new(value, "whether a change is forced", right)
    }

    fn part(&self, attribute: &str, decides: &str) -> Unreadable {
        let value = format!("{attribute} of the password policy {}", self.name);
        let right = right_to_read(&value);
        Unreadable::new(value, decides, right)
    }
}

/// Whether an attribute has a number that slapd cannot hold.
fn is_beyond(entry: &Entry, attribute: &str) -> bool {
    entry.text(attribute).is_some_and(|text| text.trim().parse::<i32>().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(attributes: &[(&str, &str)], hidden: &[&'static str]) -> UserPolicy {
        let mut all = vec![("pwdAttribute", "userPassword"), ("objectClass", "pwdPolicy"), ("pwdMustChange", "TRUE")];
        all.retain(|(name, _)| !hidden.contains(name));
        all.extend(attributes);
        UserPolicy::seen(Entry::of_texts("cn=default", &all), hidden)
    }

    #[test]
    fn what_is_left_out_has_the_default_and_what_is_hidden_has_none() {
        assert_eq!(policy(&[], &[]).obstacle(), None);
        assert!(matches!(policy(&[], &["pwdMustChange"]).obstacle(), Some(Obstacle::Unreadable(_))));
        assert!(matches!(policy(&[], &["pwdAllowUserChange"]).obstacle(), Some(Obstacle::Unreadable(_))));
        let none = UserPolicy::of(None, "cn=gone".to_owned());
        assert!(matches!(none.obstacle(), Some(Obstacle::Unreadable(value)) if value.value.contains("cn=gone")));
        assert!(none.locks().is_err() && none.idle_seconds().is_err());
        assert_eq!(policy(&[], &[]).locks(), Ok(false));
        assert!(policy(&[], &["pwdLockout"]).locks().is_err());
        assert_eq!(policy(&[("pwdLockoutDuration", "60")], &[]).lockout_seconds(), Ok(Some(60)));
        assert!(policy(&[], &["pwdLockoutDuration"]).lockout_seconds().is_err());
    }

    #[test]
    fn a_number_that_slapd_cannot_hold_makes_the_policy_void() {
        let found = policy(&[("pwdMaxAge", "3000000000")], &[]).obstacle();
        assert!(matches!(found, Some(Obstacle::WouldNotStick(why)) if why.contains("pwdMaxAge")));
        assert_eq!(policy(&[("pwdMaxAge", "2147483647")], &[]).obstacle(), None);
    }

    #[test]
    fn rules_that_cannot_be_read_are_not_said_to_be_all() {
        let read = policy(&[("pwdCheckQuality", "2"), ("pwdMinLength", "12")], &["pwdInHistory"]).rules();
        assert!(
            matches!(&read, PolicyRead::InPart(rules, _) if rules.describe() == Policy::new([Rule::MinLength(12)]).describe())
        );
        assert!(!read.is_whole());
        assert!(policy(&[("pwdMinLength", "12")], &[]).rules().is_whole());
    }
}

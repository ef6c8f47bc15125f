//! The policy that applies to a user: the entry of slapo-ppolicy(5) that the user names, else the default.

use crate::backends::ldap::agent::LdapAgent;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Answer, Obstacle, Policy, PolicyRead, Rule};

/// A policy entry, as far as it may be read.
pub(super) struct UserPolicy {
    entry: Option<Entry>,
    name: String,
}

impl UserPolicy {
    /// The policy named here, else the default, as it is now or was a moment ago.
    pub(super) async fn read(agent: &LdapAgent, named: Option<String>) -> Answer<Self> {
        let name = named.unwrap_or_else(|| agent.settings.default_policy.clone());
        let entry = agent.connection.read_lately(&name, &["*"]).await?;
        Ok(Self::of(entry, name))
    }

    /// The same, as it is now.
    pub(super) async fn read_now(agent: &LdapAgent, named: Option<String>) -> Answer<Self> {
        let name = named.unwrap_or_else(|| agent.settings.default_policy.clone());
        let entry = agent.connection.read(&name, &["*"]).await?;
        Ok(Self::of(entry, name))
    }

    fn of(entry: Option<Entry>, name: String) -> Self {
        Self { entry: entry.filter(|entry| entry.has("pwdAttribute")), name }
    }

    /// This one, or the one that a user's entry names.
    pub(super) async fn or_of(self, agent: &LdapAgent, user: &Entry) -> Answer<Self> {
        match user.text("pwdPolicySubentry") {
            Some(named) => Self::read_now(agent, Some(named)).await,
            None => Ok(self),
        }
    }

    /// Why a reset under it would not do what it says; none: it would.
    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        let stuck = || self.may_not_choose().map(Obstacle::MayNotChoose);
        self.would_not_stick().map(Obstacle::WouldNotStick).or_else(stuck)
    }

    /// Why a forced change would not stick; none: it does. Reading pwdReset back proves nothing: slapd stores it anyway.
    pub(super) fn would_not_stick(&self) -> Option<String> {
        let name = &self.name;
        match &self.entry {
            None => Some(format!("the password policy {name} cannot be read, so nobody can tell")),
            Some(entry) if !entry.is_true("pwdMustChange") => {
                Some(format!("the password policy {name} has pwdMustChange FALSE"))
            }
            Some(_) => None,
        }
    }

    /// Why the customer may not choose a password; none: they may.
    pub(super) fn may_not_choose(&self) -> Option<String> {
        let allowed = self.entry.as_ref()?.text("pwdAllowUserChange")?;
        let name = &self.name;
        allowed
            .eq_ignore_ascii_case("FALSE")
            .then(|| format!("the password policy {name} has pwdAllowUserChange FALSE"))
    }

    /// The rules.
    pub(super) fn rules(&self) -> PolicyRead {
        let Some(entry) = &self.entry else {
            return PolicyRead::Unreadable(format!("the password policy {} cannot be read", self.name));
        };
        if entry.is_true("pwdUseCheckModule") || entry.has("pwdCheckModule") {
            return PolicyRead::Unreadable(format!("the password policy {} has a check module of its own", self.name));
        }
        let number = |name: &str| {
            entry.number(name).and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0)
        };
        let checked = entry.number("pwdCheckQuality").unwrap_or(0) > 0;
        let mut rules = Vec::new();
        rules.extend(number("pwdMinLength").filter(|_| checked).map(Rule::MinLength));
        rules.extend(number("pwdMaxLength").filter(|_| checked).map(Rule::MaxLength));
        rules.extend(number("pwdInHistory").map(Rule::History));
        PolicyRead::Read(Policy::new(rules))
    }

    /// How long a lock-out lasts, in seconds; none: until an administrator lifts it.
    pub(super) fn lockout_seconds(&self) -> Option<i64> {
        self.entry.as_ref()?.number("pwdLockoutDuration").filter(|seconds| *seconds > 0)
    }

    /// Whether the customer may keep the temporary password as the new one.
    pub(super) fn may_keep(&self) -> bool {
        self.entry.as_ref().is_none_or(|entry| entry.number("pwdInHistory").unwrap_or(0) == 0)
    }

    /// Whether a change needs the old password: the customer's own, on a connection that is bound already too, and that
    /// of an agent who may write userPassword and not manage it.
    pub(super) fn asks_for_the_old(&self) -> bool {
        self.entry.as_ref().is_some_and(|entry| entry.is_true("pwdSafeModify"))
    }
}

//! What `doctor` finds out of slapd as this agent.

use ldap3::Scope;

use super::groups;
use super::policy::UserPolicy;
use crate::backends::ldap::agent::LdapAgent;
use crate::backends::ldap::ber;
use crate::domain::{Answer, Check, CheckState, PolicyRead};

/// The checks.
pub(super) async fn read(agent: &LdapAgent) -> Answer<Vec<Check>> {
    let policy = UserPolicy::read(agent, None).await?;
    let name = &agent.settings.default_policy;
    let mut checks = vec![match policy.would_not_stick().or_else(|| policy.may_not_choose()) {
        None => Check::new("default_policy", CheckState::Ok, format!("{name} forces a change after a reset")),
        Some(why) => Check::new(
            "default_policy",
            CheckState::Fault,
            format!("no change can be forced, so resets are refused: {why}"),
        ),
    }];
    if let PolicyRead::Unreadable(why) = policy.rules() {
        checks.push(Check::new("policy", CheckState::Warning, format!("{why}: passwords are made for a strict one")));
    }
    if policy.asks_for_the_old() {
        let words =
            format!("{name} has pwdSafeModify TRUE: agents need =mw on userPassword, or every reset is refused");
        checks.push(Check::new("safe_modify", CheckState::Unknown, words));
    }
    checks.push(Check::new(
        "expiry",
        CheckState::Warning,
        "slapd does not end an unused temporary password: run `tellonce withdraw --older-than 24h --all` from a timer",
    ));
    if !agent.known.has(ber::PASSWORD_POLICY) {
        checks.push(Check::new(
            "ppolicy",
            CheckState::Fault,
            "the password-policy overlay is not loaded: no change is ever forced",
        ));
    }
    for why in groups::protected(agent).await?.into_iter().filter_map(|group| group.entries.err()) {
        let words = format!("{why}: every reset is refused until protected.groups (and groups) are right");
        checks.push(Check::new("protected", CheckState::Fault, words));
    }
    let filter = "(|(userPassword=*)(pwdHistory=*))";
    let seen = agent
        .connection
        .search(&agent.settings.base, Scope::Subtree, filter, &["userPassword", "pwdHistory"], 50)
        .await?;
    if seen.entries.iter().any(|entry| entry.has("userPassword") || entry.has("pwdHistory")) {
        checks.push(Check::new(
            "hashes",
            CheckState::Warning,
            "agents may read password hashes (userPassword or pwdHistory): narrow slapd's access rules",
        ));
    }
    Ok(checks)
}

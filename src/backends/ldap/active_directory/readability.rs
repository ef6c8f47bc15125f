//! Checks whether the agent can read the values of customers that a reset depends on.

use futures_util::future::try_join_all;
use ldap3::Scope;

use super::attributes::RESULTANT_PSO;
use super::facts::{FACTS, Facts};
use super::identity::{self, Identity};
use crate::backends::ldap::dialect::{Dialect, LdapSession};
use crate::domain::{Check, CheckState, Result, Unreadable};

/// How many users are checked.
const SAMPLE: usize = 20;

/// Reports each value that is hidden of one of some users. Leaves out administrators, who are refused anyway.
pub(super) async fn checks(session: &LdapSession, dialect: &dyn Dialect, identity: &Identity) -> Result<Vec<Check>> {
    let filter = format!("(&{}(!(adminCount>=1)))", dialect.user_filter());
    let base = session.settings.base.as_str();
    let found = session.connection.search(base, Scope::Subtree, &filter, &["1.1"], SAMPLE).await?;
    let each = found.entries.iter().take(SAMPLE).map(|user| session.connection.read(&user.dn, &FACTS));
    let users: Vec<_> = try_join_all(each).await?.into_iter().flatten().collect();
    if users.is_empty() {
        return Ok(Vec::new()); // another check reports it
    }
    let mut hidden: Vec<(Unreadable, String, usize)> = Vec::new();
    let mut policies = 0;
    for user in &users {
        let facts = Facts::of(user, &identity.sids);
        policies += usize::from(facts.settings_object.is_err());
        for value in facts.hidden() {
            match hidden.iter_mut().find(|(known, ..)| known.value == value.value) {
                Some((.., count)) => *count += 1,
                None => hidden.push((value, user.dn.clone(), 1)),
            }
        }
    }
    let of = users.len();
    let mut checks: Vec<Check> = hidden
        .into_iter()
        .map(|(value, dn, count)| {
            let words = format!(
                "{} (of {count} of {of} users looked at, among them {dn}): resets of these are refused",
                value.describe()
            );
            Check::new("readable", CheckState::Fault, words)
        })
        .collect();
    if checks.is_empty() {
        let words = format!("what a reset depends on can be read, of each of {of} users looked at below {base}");
        checks.push(Check::new("readable", CheckState::Ok, words));
    }
    if policies > 0 {
        let words = format!(
            "{} (of {policies} of {of} users looked at): their rules are not told in full",
            RESULTANT_PSO.unreadable().describe()
        );
        checks.push(Check::new("stricter_policy", CheckState::Warning, words));
    }
    Ok(checks)
}

/// Checks whether the domain tells who the agent is.
pub(super) async fn own_user(session: &LdapSession, identity: &Identity) -> Result<Check> {
    let fault = |words: String| Check::new("own_user", CheckState::Fault, words);
    let own = identity::own_entry(session).await?;
    Ok(match own {
        Some(own) if own.values("objectSid").iter().any(|sid| identity.sids.contains(sid)) => {
            Check::new("own_user", CheckState::Ok, format!("you are {}", own.dn))
        }
        Some(own) => fault(format!(
            "the domain does not name {} among your identifiers (tokenGroups of the rootDSE): whether a user is your own is told by name alone",
            own.dn
        )),
        None if identity.is_known => Check::new(
            "own_user",
            CheckState::Ok,
            "your identifiers are known; your own entry is not in this domain, or not seen",
        ),
        None => fault(format!("{}: every reset is refused", identity::unknown_identity().describe())),
    })
}

//! Checks whether a search finds all that it looks for: one by a hidden attribute silently finds nothing.

use std::collections::HashSet;

use ldap3::Scope;

use super::readability::{unreadable, unreadable_error};
use crate::backends::ldap::dialect::{Dialect, LdapSession};
use crate::backends::ldap::entry::Entry;
use crate::domain::{Result, Unreadable};

/// How many users are checked. slapd's rules are about subtrees, groups and filters, seldom about one user.
const SAMPLE: usize = 500;

/// Checks that users can be searched by pwdReset, and that the set of each pending one has a time.
///
/// # Errors
/// Exit 7 with what cannot be read.
pub(super) async fn check(session: &LdapSession, dialect: &dyn Dialect, pending: &[Entry]) -> Result<()> {
    let (base, users) = (&session.settings.base, dialect.user_filter());
    match can_be_searched_by(session, dialect, "pwdReset").await? {
        None => {
            let right =
                format!("read access to the users below {base} in slapd's rules, or base corrected in the profile");
            return Err(unreadable_error(&Unreadable::new(
                "any user",
                "whether a temporary password is pending",
                right,
            )));
        }
        Some(false) => return Err(unreadable_error(&unreadable("pwdReset"))),
        Some(true) => {}
    }
    let undated: Vec<&Entry> = pending.iter().filter(|user| user.time("pwdChangedTime").is_none()).collect();
    if undated.is_empty() {
        return Ok(());
    }
    // The password of an entry that was added may have no time. One that was set later has.
    let without = format!("(&{users}{}(!(pwdChangedTime=*)))", dialect.pending_filter());
    let without = session.connection.search(base, Scope::Subtree, &without, &["1.1"], usize::MAX).await?.entries;
    let without: HashSet<&str> = without.iter().map(|user| user.dn.as_str()).collect();
    if undated.iter().all(|user| without.contains(user.dn.as_str())) {
        return Ok(());
    }
    Err(unreadable_error(&unreadable("pwdChangedTime")))
}

/// Whether a search by this attribute finds those who have it. Returns `None` if the agent sees no user.
pub(super) async fn can_be_searched_by(
    session: &LdapSession,
    dialect: &dyn Dialect,
    attribute: &str,
) -> Result<Option<bool>> {
    let (base, users) = (&session.settings.base, dialect.user_filter());
    let all = session.sample_users(base, &["1.1"], SAMPLE).await?;
    if all.is_empty() {
        return Ok(None);
    }
    let either = format!("(&{users}(|({attribute}=*)(!({attribute}=*))))");
    let found = session.connection.search_cached(base, Scope::Subtree, &either, &["1.1"], SAMPLE).await?.entries;
    let found: HashSet<&str> = found.iter().map(|user| user.dn.as_str()).collect();
    Ok(Some(all.iter().take(SAMPLE).all(|user| found.contains(user.dn.as_str()))))
}

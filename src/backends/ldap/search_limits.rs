//! Checks whether the server's size limits let `find` and the sweep see everything.

use ldap3::Scope;

use super::dialect::LdapSession;
use crate::domain::{Check, CheckState, Result};

/// How many users are searched for: as many as `find` counts.
const USERS: usize = 1000;
/// How to raise the limits of slapd that a search meets (slapd.conf(5), `limits`).
pub(super) const RAISE_LIMITS: &str =
    "for slapd: `limits group=\"…\" size=unlimited size.pr=unlimited size.prtotal=unlimited`";

/// Searches as `find` and the sweep do, and reports a search that a limit cuts off.
pub(super) async fn check(session: &LdapSession) -> Result<Check> {
    let (base, dialect) = (&session.settings.base, &session.dialect);
    let pending = format!("(&{}{})", dialect.user_filter(), dialect.pending_filter());
    let pending = session.connection.search(base, Scope::Subtree, &pending, &["1.1"], usize::MAX).await?;
    let users = session.connection.search(base, Scope::Subtree, dialect.user_filter(), &["1.1"], USERS).await?;
    let (state, words) = if !pending.complete {
        let words = "the server sends only a part of the pending users, so the sweep is refused; have the agents' limits raised";
        (CheckState::Fault, format!("{words}, {RAISE_LIMITS}"))
    } else if session.connection.refuses_pages() {
        let words = "the server refuses searches in pages: with many users `find` shows a part, and the sweep stops; have the agents' limits raised";
        (CheckState::Warning, format!("{words}, {RAISE_LIMITS}"))
    } else if !users.complete && users.entries.len() < USERS {
        let words = format!(
            "the server sends {} entries to a search and no more: with more pending the sweep stops; have the agents' limits raised",
            users.entries.len()
        );
        (CheckState::Warning, format!("{words}, {RAISE_LIMITS}"))
    } else {
        (CheckState::Ok, "the searches of find and of the sweep are answered in pages".to_owned())
    };
    Ok(Check::new("limits", state, words))
}

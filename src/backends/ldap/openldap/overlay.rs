//! Whether the password-policy overlay is on the database of the users, as far as an agent sees it.
//!
//! The controls of slapo-ppolicy are in the root DSE as soon as the module is loaded. The overlay answers them on its own
//! database alone: with every bind but the root user's, and with what the root user reads.

use crate::backends::ldap::ber::{self, ACCOUNT_USABILITY, PASSWORD_POLICY};
use crate::backends::ldap::dialect::LdapSession;
use crate::domain::{Obstacle, Result};

/// Returns the obstacle of a database without the overlay; `None` if it is there, or if that cannot be seen.
pub(super) async fn obstacle(session: &LdapSession) -> Result<Option<Obstacle>> {
    Ok(is_missing(session).await?.then(|| {
        let base = session.server_facts.top.as_deref().unwrap_or(&session.settings.base);
        Obstacle::WouldNotStick(format!("{} {base}", describe(session)))
    }))
}

/// Says what is missing, up to the name of the database.
pub(super) fn describe(session: &LdapSession) -> &'static str {
    if session.server_facts.has(PASSWORD_POLICY) {
        "no change is ever forced, and passwords are stored in clear text: the ppolicy module is loaded, but slapd has no overlay ppolicy on the database"
    } else {
        "no change is ever forced, and passwords are stored in clear text: slapd has not loaded the ppolicy module for the database"
    }
}

/// Whether the overlay is known to be missing.
pub(super) async fn is_missing(session: &LdapSession) -> Result<bool> {
    let facts = &session.server_facts;
    if session.connection.has_bind_policy() {
        return Ok(false);
    }
    if !facts.shares_database {
        return Ok(false); // an agent of another database shows nothing of this one
    }
    if !facts.has(PASSWORD_POLICY) {
        return Ok(true);
    }
    if !facts.has(ACCOUNT_USABILITY) {
        return Ok(false); // the root user cannot be told from a missing overlay
    }
    let Some(user) = session.first_user_dn().await? else { return Ok(false) };
    Ok(!session.connection.answers_control(&user, ber::optional_control(ACCOUNT_USABILITY)).await?)
}

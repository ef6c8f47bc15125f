//! slapd's own clock, as its database monitor shows it (slapd-monitor(5)).

use jiff::Timestamp;

use crate::backends::ldap::dialect::LdapSession;
use crate::domain::{Reason, Result};

/// The entry whose monitorTimestamp is the time of the read (2.5).
const NOW: &str = "cn=Current,cn=Time,cn=Monitor";

/// Reads the time. Returns `None` if slapd has no such database, or does not show it to the agent.
pub(super) async fn read(session: &LdapSession) -> Result<Option<Timestamp>> {
    match session.connection.read(NOW, &["monitorTimestamp"]).await {
        Ok(entry) => Ok(entry.and_then(|entry| entry.time("monitorTimestamp"))),
        Err(error) if error.reason == Reason::MissingRight => Ok(None),
        Err(error) => Err(error),
    }
}

//! What the agent may do, as far as the domain tells.

use super::creation;
use super::write_rights::{WRITABLE, WriteRights};
use crate::backends::ldap::dialect::LdapSession;
use crate::domain::{Result, Right, UserId};

/// Reads the rights: what the agent may write at the first user, and whether it may add one.
pub(super) async fn read(session: &LdapSession) -> Result<Vec<Right>> {
    let mut rights = vec![Right::FindCustomers];
    if let Some(user) = session.first_user_dn().await? {
        let user = session.entry(&UserId::new(user), &[WRITABLE]).await?;
        let write_rights = WriteRights::of(&user);
        if write_rights.force_change {
            rights.extend([Right::IssueTemporaryPasswords, Right::Sweep]);
        }
        if write_rights.unlock {
            rights.push(Right::Unlock);
        }
    }
    if creation::can_create_users(session).await? {
        rights.push(Right::CreateUsers);
    }
    Ok(rights)
}

//! The obstacles of new users: a policy that forces nothing, and values that could not be read back.

use super::coverage::can_be_searched_by;
use super::overlay;
use super::policy::UserPolicy;
use super::readability::right_to_read;
use super::user_snapshot::{self, SET};
use crate::backends::ldap::dialect::{Dialect, LdapSession};
use crate::domain::{Obstacle, Result, Unreadable};

/// Lists the obstacles.
pub(super) async fn obstacles(session: &LdapSession, dialect: &dyn Dialect) -> Result<Vec<Obstacle>> {
    let mut obstacles: Vec<Obstacle> = UserPolicy::read(session, None).await?.obstacle().into_iter().collect();
    obstacles.extend(overlay::obstacle(session).await?);
    // A search by a hidden attribute does not find a customer who has a user already.
    let mut found_by = vec![session.id_attribute(), dialect.login_attribute(), "mail"];
    found_by.dedup();
    for attribute in found_by {
        if can_be_searched_by(session, dialect, attribute).await? == Some(false) {
            let decides = "whether the customer has a user already";
            obstacles.push(Obstacle::Unreadable(Unreadable::new(attribute, decides, right_to_read(attribute))));
        }
    }
    // A user who is there already shows what can be read of a new one.
    let base = &session.settings.create_in;
    let neighbour = session.sample_users(base, &session.snapshot_attributes(base), 1).await?.into_iter().next();
    if let Some(neighbour) = neighbour {
        let unread = user_snapshot::unreadable_of(session, &neighbour).await?;
        let unread = unread.into_iter().filter(|value| SET.contains(&value.value.as_str()));
        obstacles.extend(unread.map(Obstacle::Unreadable));
    }
    Ok(obstacles)
}

//! What stands in the way of a new user: a policy that forces nothing, and what could not be read of the user then.

use super::coverage::can_be_searched_by;
use super::policy::UserPolicy;
use super::readability::right_to_read;
use super::user_snapshot::{self, SET};
use crate::backends::ldap::dialect::{Dialect, LdapAgent};
use crate::domain::{Obstacle, Result, Unreadable};

/// Lists it.
pub(super) async fn obstacles(agent: &LdapAgent, dialect: &dyn Dialect) -> Result<Vec<Obstacle>> {
    let mut obstacles: Vec<Obstacle> = UserPolicy::read(agent, None).await?.obstacle().into_iter().collect();
    // Somebody who is not found by what is hidden of them may have a user already.
    let mut found_by = vec![agent.id_attribute(), dialect.login_attribute(), "mail"];
    found_by.dedup();
    for attribute in found_by {
        if can_be_searched_by(agent, dialect, attribute).await? == Some(false) {
            let decides = "whether the customer has a user already";
            obstacles.push(Obstacle::Unreadable(Unreadable::new(attribute, decides, right_to_read(attribute))));
        }
    }
    // What can be read of a new user shows one who is there already.
    let place = &agent.settings.create_in;
    let neighbour = agent.sample_users(place, &agent.snapshot_attributes(place), 1).await?.into_iter().next();
    if let Some(neighbour) = neighbour {
        let unread = user_snapshot::unreadable_of(agent, &neighbour).await?;
        let unread = unread.into_iter().filter(|value| SET.contains(&value.value.as_str()));
        obstacles.extend(unread.map(Obstacle::Unreadable));
    }
    Ok(obstacles)
}

//! Whom agents do not reset: the profile's groups, with those below them, and effective roles.

use std::collections::BTreeSet;

use super::agent::KeycloakAgent;
use super::guards::Guards;
use super::standing::{Protection, readable};
use super::wire::{Count, Group, Named};
use crate::domain::{Answer, Obstacle, Right};

impl KeycloakAgent {
    /// A protected group or role; or that it cannot be read whether there is one.
    pub(super) fn protection(
        &self,
        groups: &Protection<Vec<Group>>,
        roles: &Protection<Vec<String>>,
        guards: &Guards,
    ) -> Option<Obstacle> {
        let protected = &self.0.protected;
        let in_group = groups.iter().flatten();
        let in_group: Vec<&str> = in_group.map(|group| group.path.as_str()).collect();
        let group = protected.groups.iter().find(|name| in_group.iter().any(|path| is_in(path, name)));
        let has_role: BTreeSet<&String> = roles.iter().flatten().collect();
        let role = protected.roles.iter().find(|role| has_role.contains(role));
        if let Some(name) = group.or(role) {
            return Some(Obstacle::Protected(name.clone()));
        }
        let unread_groups = groups.as_ref().err().filter(|_| !protected.groups.is_empty());
        let unread_roles = roles.as_ref().err().filter(|_| !protected.roles.is_empty());
        let why = guards.unseen.as_ref().or(unread_groups).or(unread_roles)?;
        Some(Obstacle::ProtectionUnreadable(why.clone()))
    }

    /// The user's groups, or why they cannot be read.
    pub(super) async fn groups(&self, id: &str) -> Answer<Protection<Vec<Group>>> {
        let read: Answer<Vec<Group>> = self.api().get(&["users", id, "groups"], &[], Right::FindCustomers).await;
        let groups = match readable(read, "you may not read the user's groups")? {
            Ok(groups) if !self.sees_all_groups() => groups,
            read => return Ok(read),
        };
        // Fine-grained permissions leave out what is not permitted, without a word; the count leaves out nothing.
        let count: Count = self.api().get(&["users", id, "groups", "count"], &[], Right::FindCustomers).await?;
        Ok(if count.count > groups.len() {
            Err("you are not shown all of the user's groups (it takes the permission view on groups)".to_owned())
        } else {
            Ok(groups)
        })
    }

    pub(super) fn sees_all_groups(&self) -> bool {
        self.0.claims.has("view-users") || self.0.claims.has("manage-users")
    }

    /// The user's effective roles of the realm, and `client/role` of the clients whose roles are protected.
    pub(super) async fn roles(&self, id: &str) -> Answer<Protection<Vec<String>>> {
        let path = ["users", id, "role-mappings", "realm", "composite"];
        let read = self.api().get::<Vec<Named>>(&path, &[], Right::FindCustomers).await;
        let mut roles: Vec<String> = match readable(read, "you may not read the user's roles")? {
            Ok(found) => found.into_iter().map(|role| role.name).collect(),
            Err(why) => return Ok(Err(why)),
        };
        for (client, client_id) in &self.guards().await?.clients {
            let path = ["users", id, "role-mappings", "clients", client_id, "composite"];
            let read = self.api().get::<Vec<Named>>(&path, &[], Right::FindCustomers).await;
            match readable(read, "you may not read the user's roles of a client (it takes view-clients)")? {
                Ok(found) => roles.extend(found.into_iter().map(|role| format!("{client}/{}", role.name))),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(roles))
    }
}

/// Whether a group's path is the named group or below it; a name with a slash in front is a whole path. A server may
/// write a slash of a name as `~/` (its option escape-slashes-in-group-path).
pub(super) fn is_in(path: &str, name: &str) -> bool {
    let path = path.replace("~/", "/");
    if name.starts_with('/') {
        return path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
    }
    format!("{path}/").contains(&format!("/{name}/"))
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn a_protected_group_protects_those_below_it() {
        assert!(is_in("/staff-admins", "staff-admins") && is_in("/it/staff-admins/root", "staff-admins"));
        assert!(is_in("/it/root", "/it") && is_in("/it", "/it") && !is_in("/items", "/it") && !is_in("/a/it", "/it"));
        assert!(!is_in("/staff-admins-not", "staff-admins") && !is_in("/not-staff-admins", "staff-admins"));
    }

    #[test]
    fn a_group_may_have_a_slash_in_its_name() {
        assert!(is_in("/staff/London/admins", "London/admins") && is_in("/staff/London~/admins/x", "London/admins"));
        assert!(is_in("/London~/admins", "/London/admins") && !is_in("/staff/London/admin", "London/admins"));
    }
}

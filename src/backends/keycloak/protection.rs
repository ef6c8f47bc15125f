//! Protected users: members of the profile's groups, with those below them, and holders of its roles.

use std::collections::BTreeSet;

use super::guards::{Guards, any_user_id, is_in};
use super::readable::{Readable, or_unreadable};
use super::user_lookup::KeycloakAgent;
use super::wire::{Count, Group, Named};
use crate::domain::{Check, CheckState, Obstacle, Result, Right};

impl KeycloakAgent {
    /// Returns the obstacle of a protected user, or of a user whose groups or roles cannot be read.
    pub(super) fn protection_obstacle(
        &self,
        groups: &Readable<Vec<Group>>,
        roles: &Readable<Vec<String>>,
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
        let why = guards.not_found.as_ref().or(unread_groups).or(unread_roles)?;
        Some(Obstacle::ProtectionUnreadable(why.clone()))
    }

    /// Reads the user's groups.
    pub(super) async fn read_groups(&self, id: &str) -> Result<Readable<Vec<Group>>> {
        let read: Result<Vec<Group>> = self.api().get(&["users", id, "groups"], &[], Right::FindCustomers).await;
        let groups = match or_unreadable(read, "you may not read the user's groups")? {
            Ok(groups) if !self.sees_all_groups() => groups,
            read => return Ok(read),
        };
        // Fine-grained permissions silently leave out groups that the agent may not see. The count includes them.
        let count: Count = self.api().get(&["users", id, "groups", "count"], &[], Right::FindCustomers).await?;
        Ok(if count.count > groups.len() {
            Err("you are not shown all of the user's groups (it takes the permission view on groups)".to_owned())
        } else {
            Ok(groups)
        })
    }

    /// Reports whether the agent may see every group of the realm.
    pub(super) fn sees_all_groups(&self) -> bool {
        self.0.claims.has("view-users") || self.0.claims.has("manage-users")
    }

    /// Reads the user's effective roles: those of the realm, and `client/role` of clients with protected roles.
    pub(super) async fn read_roles(&self, id: &str) -> Result<Readable<Vec<String>>> {
        let path = ["users", id, "role-mappings", "realm", "composite"];
        let read = self.api().get::<Vec<Named>>(&path, &[], Right::FindCustomers).await;
        let mut roles: Vec<String> = match or_unreadable(read, "you may not read the user's roles")? {
            Ok(found) => found.into_iter().map(|role| role.name).collect(),
            Err(why) => return Ok(Err(why)),
        };
        for (client, client_id) in &self.guards().await?.clients {
            let path = ["users", id, "role-mappings", "clients", client_id, "composite"];
            let read = self.api().get::<Vec<Named>>(&path, &[], Right::FindCustomers).await;
            match or_unreadable(read, "you may not read the user's roles of a client (it takes view-clients)")? {
                Ok(found) => roles.extend(found.into_iter().map(|role| format!("{client}/{}", role.name))),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(roles))
    }
}

impl KeycloakAgent {
    /// Looks up the guards, once a command.
    pub(super) async fn guards(&self) -> Result<&Guards> {
        let load = || Guards::load(self.api(), &self.0.protected, self.sees_all_groups());
        self.0.guards.get_or_try_init(load).await
    }

    /// Returns the id of any user of the realm, or `None` if the agent may see no user.
    pub(super) async fn any_user_id(&self) -> Result<Option<String>> {
        any_user_id(self.api()).await
    }

    /// Checks for `doctor` that the guards exist, and that a user's groups and roles can be read.
    pub(super) async fn guards_check(&self) -> Result<Check> {
        let protected = &self.0.protected;
        let fault = |why: &str| {
            let finding = format!("{why}: every reset is refused until then");
            Ok(Check::new("protection", CheckState::Fault, finding))
        };
        if protected.groups.is_empty() && protected.roles.is_empty() {
            let finding = "the profile protects nobody: an administrator of the realm can be reset as well";
            return Ok(Check::new("protection", CheckState::Warning, finding));
        }
        if let Some(why) = &self.guards().await?.not_found {
            return fault(&format!("{why} (names count as they are written, capitals too)"));
        }
        let Some(user) = self.any_user_id().await? else {
            let finding = "could not be tried: you are shown no user";
            return Ok(Check::new("protection", CheckState::Unknown, finding));
        };
        let (groups, roles) = tokio::try_join!(self.read_groups(&user), self.read_roles(&user))?;
        let unreadable = groups.err().filter(|_| !protected.groups.is_empty());
        match unreadable.or(roles.err().filter(|_| !protected.roles.is_empty())) {
            Some(why) => fault(&why),
            None => Ok(Check::new("protection", CheckState::Ok, "the groups and roles are there, and can be read")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::backends::keycloak::guards::is_in;

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

//! Whom agents do not reset: the profile's groups, with those below them, and effective roles.

use std::collections::BTreeSet;

use super::agent::KeycloakAgent;
use super::standing::Protection;
use super::wire::{Group, GroupTree, Named};
use crate::domain::{Answer, Check, CheckState, Obstacle, Reason, Right};

impl KeycloakAgent {
    /// A protected group or role, or that it cannot be read whether there is one.
    pub(super) fn protection(
        &self,
        groups: &Protection<Vec<Group>>,
        roles: &Protection<Vec<String>>,
    ) -> Option<Obstacle> {
        let protected = &self.0.protected;
        if !protected.groups.is_empty() {
            match groups {
                Err(why) => return Some(Obstacle::ProtectionUnreadable(why.clone())),
                Ok(groups) => {
                    let is_in = |name: &&String| groups.iter().any(|group| is_in(&group.path, name));
                    if let Some(name) = protected.groups.iter().find(is_in) {
                        return Some(Obstacle::Protected(name.clone()));
                    }
                }
            }
        }
        if protected.roles.is_empty() {
            return None;
        }
        match roles {
            Err(why) => Some(Obstacle::ProtectionUnreadable(why.clone())),
            Ok(roles) => {
                let roles: BTreeSet<&String> = roles.iter().collect();
                protected.roles.iter().find(|role| roles.contains(role)).cloned().map(Obstacle::Protected)
            }
        }
    }

    /// Whether protected groups and roles are there and can be read, tried on the agent's own user.
    pub(super) async fn protection_check(&self) -> Answer<Option<Check>> {
        let protected = &self.0.protected;
        if protected.groups.is_empty() && protected.roles.is_empty() {
            let words = "the profile protects nobody: an administrator of the realm can be reset as well";
            return Ok(Some(Check::new("protection", CheckState::Warning, words)));
        }
        let clients = self.protected_clients().await?;
        if let Some(why) = clients.values().find_map(|found| found.as_ref().err()) {
            let words = format!("{why}: every reset is refused until then");
            return Ok(Some(Check::new("protection", CheckState::Fault, words)));
        }
        let missing = [self.groups_missing().await?, self.roles_missing().await?].concat();
        if !missing.is_empty() {
            let words = format!("the realm has no {}: nobody is protected by it", missing.join(", and no "));
            return Ok(Some(Check::new("protection", CheckState::Warning, words)));
        }
        let me = &self.0.claims.user;
        if self.user(me).await?.is_none() {
            let words = "could not be tried: you are no user of this realm yourself";
            return Ok(Some(Check::new("protection", CheckState::Unknown, words)));
        }
        let (groups, roles) = tokio::try_join!(self.groups(me), self.roles(me))?;
        let unreadable = groups.err().filter(|_| !protected.groups.is_empty());
        let unreadable = unreadable.or(roles.err().filter(|_| !protected.roles.is_empty()));
        Ok(Some(match unreadable {
            None => Check::new("protection", CheckState::Ok, "groups and roles can be read"),
            Some(why) => {
                Check::new("protection", CheckState::Fault, format!("{why}: every reset is refused until then"))
            }
        }))
    }

    /// The protected groups that the realm does not have; none where the agent is not shown all that it has.
    async fn groups_missing(&self) -> Answer<Vec<String>> {
        let mut missing = Vec::new();
        if !self.sees_all_groups() {
            return Ok(missing);
        }
        for name in &self.0.protected.groups {
            let last = name.rsplit('/').next().unwrap_or(name);
            let found: Vec<GroupTree> = self.api().get(&["groups"], &[("search", last)], Right::FindCustomers).await?;
            if !found.iter().any(|group| group.any(&|path| is_in(path, name))) {
                missing.push(format!("group \"{name}\""));
            }
        }
        Ok(missing)
    }

    /// The protected roles that the realm or its client does not have, as far as the agent may read them.
    async fn roles_missing(&self) -> Answer<Vec<String>> {
        let clients = self.protected_clients().await?;
        let mut missing = Vec::new();
        for name in &self.0.protected.roles {
            let path = match name.split_once('/').and_then(|(client, role)| clients.get(client).zip(Some(role))) {
                Some((Ok(client), role)) => vec!["clients", client.as_str(), "roles", role],
                Some((Err(_), _)) => continue,
                None => vec!["roles", name.as_str()],
            };
            match self.api().get_if_any::<Named>(&path, &[], Right::FindCustomers).await {
                Err(failure) if failure.reason == Reason::MissingRight => {}
                found => missing.extend(found?.is_none().then(|| format!("role \"{name}\""))),
            }
        }
        Ok(missing)
    }
}

impl GroupTree {
    fn any(&self, is: &dyn Fn(&str) -> bool) -> bool {
        is(&self.path) || self.sub_groups.iter().any(|group| group.any(is))
    }
}

/// Whether a group's path is the named group or below it; a name with a slash in front is a whole path. A server may
/// write a slash of a name as `~/` (its option escape-slashes-in-group-path).
fn is_in(path: &str, name: &str) -> bool {
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

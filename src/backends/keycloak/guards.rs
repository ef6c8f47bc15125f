//! The protected groups and roles of the profile, looked up in the realm.
//!
//! A misspelt name would protect nobody, so that a name which is not found refuses every reset. A command looks them up
//! once.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::call::Api;
use super::claims::REALM_MANAGEMENT;
use super::readable::Readable;
use super::wire::{Client, GroupTree, Named, User};
use crate::config::Protected;
use crate::domain::{Reason, Result, Right};

/// The protected groups and roles, as found in the realm.
#[derive(Debug, Default)]
pub(super) struct Guards {
    /// The clients that have protected roles: the server's id of each, by client id.
    pub(super) clients: BTreeMap<String, String>,
    /// Why some group or role was not found; `None` if all were.
    pub(super) not_found: Option<String>,
}

/// The client (client id and server's id) that a protected role belongs to; `None` for a role of the realm.
type Owner = Option<(String, String)>;

impl Guards {
    /// Looks up everything that the profile protects, with the rights of the caller's token.
    ///
    /// # Errors
    /// As for [`Api::get`]. It is no error if something is not found.
    pub(super) async fn load(api: &Api, protected: &Protected, sees_all_groups: bool) -> Result<Self> {
        let search = Search { api, sees_all_groups };
        let groups = try_join_all(protected.groups.iter().map(|name| search.check_group(name)));
        let roles = try_join_all(protected.roles.iter().map(|name| search.role_owner(name)));
        let (groups, roles) = tokio::try_join!(groups, roles)?;
        let mut not_found: Vec<String> = groups.into_iter().flatten().collect();
        let mut clients = BTreeMap::new();
        for role in roles {
            match role {
                Ok(owner) => clients.extend(owner),
                Err(why) => not_found.push(why),
            }
        }
        Ok(Self { clients, not_found: (!not_found.is_empty()).then(|| not_found.join("; ")) })
    }
}

/// A search for protected groups and roles, and whether it sees all groups.
struct Search<'a> {
    api: &'a Api,
    sees_all_groups: bool,
}

impl Search<'_> {
    /// Returns why a protected group was not found, or `None` if it was.
    async fn check_group(&self, name: &str) -> Result<Option<String>> {
        let last = name.rsplit('/').next().unwrap_or(name);
        let found: Result<Vec<GroupTree>> = self.api.get(&["groups"], &[("search", last)], Right::FindCustomers).await;
        let found = match found {
            Err(error) if error.reason == Reason::MissingRight => {
                return Ok(Some(format!(
                    "whether there is a group \"{name}\" you may not read (it takes query-groups, and the permission view on groups)"
                )));
            }
            found => found?,
        };
        if found.iter().any(|group| group.has_path(&|path| is_in(path, name))) {
            return Ok(None);
        }
        Ok(Some(if self.sees_all_groups {
            format!("the realm has no group \"{name}\", which the profile protects")
        } else {
            format!("you are shown no group \"{name}\": it is not there, or it takes the permission view on groups")
        }))
    }

    /// Finds the owner of a protected role, or says why it was not found. A client id may have slashes, such as a URL.
    async fn role_owner(&self, name: &str) -> Result<Readable<Owner>> {
        let mut why = None;
        for (at, _) in name.match_indices('/') {
            let (client, role) = (&name[..at], &name[at + 1..]);
            match self.client_with_role(client, role).await? {
                Ok(id) => return Ok(Ok(Some((client.to_owned(), id)))),
                Err(reason) => why = why.or(Some(reason)),
            }
        }
        match why {
            Some(why) => Ok(Err(why)),
            None => Ok(self.check_realm_role(name).await?.map_or(Ok(None), Err)),
        }
    }

    /// Returns the id of the client that has this role, or why it was not found.
    async fn client_with_role(&self, client: &str, role: &str) -> Result<Readable<String>> {
        let hidden =
            || format!("it takes the role view-clients of {REALM_MANAGEMENT} to read who has roles of {client}");
        let clients: Result<Vec<Client>> =
            self.api.get(&["clients"], &[("clientId", client)], Right::FindCustomers).await;
        let clients = match clients {
            Err(error) if error.reason == Reason::MissingRight => return Ok(Err(hidden())),
            clients => clients?,
        };
        let Some(found) = clients.into_iter().find(|found| found.client_id == client) else {
            return Ok(Err(format!("the client {client} is not there, or not shown to you (it takes view-clients)")));
        };
        let path = ["clients", &found.id, "roles", role];
        match self.api.get_if_any::<Named>(&path, &[], Right::FindCustomers).await {
            Err(error) if error.reason == Reason::MissingRight => Ok(Err(hidden())),
            role => Ok(match role? {
                Some(_) => Ok(found.id),
                None => Err(format!("the realm has no role \"{client}/{}\", which the profile protects", path[3])),
            }),
        }
    }

    /// Returns why a protected role of the realm was not found, or `None` if it was.
    async fn check_realm_role(&self, name: &str) -> Result<Option<String>> {
        let missing = || Some(format!("the realm has no role \"{name}\", which the profile protects"));
        match self.api.get_if_any::<Named>(&["roles", name], &[], Right::FindCustomers).await {
            Err(error) if error.reason == Reason::MissingRight => {}
            role => return Ok(role?.map_or_else(missing, |_| None)),
        }
        // Without view-realm, the roles that a user has and those that the agent could assign to it are all there are.
        let hidden = format!("whether there is a role \"{name}\" you may not read (it takes view-realm)");
        let Some(user) = any_user_id(self.api).await? else { return Ok(Some(hidden)) };
        for roles in ["available", "composite"] {
            let path = ["users", user.as_str(), "role-mappings", "realm", roles];
            match self.api.get::<Vec<Named>>(&path, &[], Right::FindCustomers).await {
                Err(error) if error.reason == Reason::MissingRight => {}
                found if found.as_ref().is_ok_and(|found| found.iter().any(|role| role.name == name)) => {
                    return Ok(None);
                }
                found => drop(found?),
            }
        }
        Ok(Some(hidden))
    }
}

/// Returns the id of any user of the realm, or `None` if the caller may see no user.
pub(super) async fn any_user_id(api: &Api) -> Result<Option<String>> {
    let query = [("max", "1"), ("briefRepresentation", "true")];
    let found: Result<Vec<User>> = api.get(&["users"], &query, Right::FindCustomers).await;
    match found {
        Err(error) if error.reason == Reason::MissingRight => Ok(None),
        found => Ok(found?.into_iter().next().map(|user| user.id)),
    }
}

impl GroupTree {
    /// Reports whether the path of this group, or of one below it, satisfies a predicate.
    fn has_path(&self, predicate: &dyn Fn(&str) -> bool) -> bool {
        predicate(&self.path) || self.sub_groups.iter().any(|group| group.has_path(predicate))
    }
}

/// Reports whether a group's path is the named group or below it. A name that begins with a slash is a whole path.
///
/// A server may write a slash within a name as `~/` (its option escape-slashes-in-group-path).
pub(super) fn is_in(path: &str, name: &str) -> bool {
    let path = path.replace("~/", "/");
    if name.starts_with('/') {
        return path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
    }
    format!("{path}/").contains(&format!("/{name}/"))
}

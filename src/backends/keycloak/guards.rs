//! Whether what the profile protects is there: a group or role that is written wrong would protect nobody.
//!
//! It is looked up once for all that a command does. What cannot be found refuses every reset.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::call::Api;
use super::claims::REALM_MANAGEMENT;
use super::readable::Protection;
use super::wire::{Client, GroupTree, Named, User};
use crate::config::Protected;
use crate::domain::{Reason, Result, Right};

/// What the profile protects, as the realm has it.
#[derive(Debug, Default)]
pub(super) struct Guards {
    /// The clients that have protected roles: their server's ids by name.
    pub(super) clients: BTreeMap<String, String>,
    /// Which guards are not there, or cannot be seen; none: all are.
    pub(super) unseen: Option<String>,
}

/// A protected role: of this client (name and id), or of the realm.
type Owner = Option<(String, String)>;

impl Guards {
    /// Looks for everything that the profile protects, as whoever makes these calls.
    ///
    /// # Errors
    /// As for [`Api::get`]; that something is not shown is no error.
    pub(super) async fn look(api: &Api, protected: &Protected, sees_all_groups: bool) -> Result<Self> {
        let search = Search { api, sees_all_groups };
        let groups = try_join_all(protected.groups.iter().map(|name| search.group_unseen(name)));
        let roles = try_join_all(protected.roles.iter().map(|name| search.role_owner(name)));
        let (groups, roles) = tokio::try_join!(groups, roles)?;
        let mut unseen: Vec<String> = groups.into_iter().flatten().collect();
        let mut clients = BTreeMap::new();
        for role in roles {
            match role {
                Ok(owner) => clients.extend(owner),
                Err(why) => unseen.push(why),
            }
        }
        Ok(Self { clients, unseen: (!unseen.is_empty()).then(|| unseen.join("; ")) })
    }
}

/// A search for guards, and what whoever searches is shown.
struct Search<'a> {
    api: &'a Api,
    sees_all_groups: bool,
}

impl Search<'_> {
    /// Why this protected group is not seen; none: it is.
    async fn group_unseen(&self, name: &str) -> Result<Option<String>> {
        let last = name.rsplit('/').next().unwrap_or(name);
        let found: Result<Vec<GroupTree>> = self.api.get(&["groups"], &[("search", last)], Right::FindCustomers).await;
        let found = match found {
            Err(failure) if failure.reason == Reason::MissingRight => {
                return Ok(Some(format!(
                    "whether there is a group \"{name}\" you may not read (it takes query-groups, and the permission view on groups)"
                )));
            }
            found => found?,
        };
        if found.iter().any(|group| group.any(&|path| is_in(path, name))) {
            return Ok(None);
        }
        Ok(Some(if self.sees_all_groups {
            format!("the realm has no group \"{name}\", which the profile protects")
        } else {
            format!("you are shown no group \"{name}\": it is not there, or it takes the permission view on groups")
        }))
    }

    /// Whose this protected role is; or why it is not seen. A client's name may have slashes, such as an address.
    async fn role_owner(&self, name: &str) -> Result<Protection<Owner>> {
        let mut why = None;
        for (at, _) in name.match_indices('/') {
            let (client, role) = (&name[..at], &name[at + 1..]);
            match self.client_with(client, role).await? {
                Ok(id) => return Ok(Ok(Some((client.to_owned(), id)))),
                Err(told) => why = why.or(Some(told)),
            }
        }
        match why {
            Some(why) => Ok(Err(why)),
            None => Ok(self.realm_role_unseen(name).await?.map_or(Ok(None), Err)),
        }
    }

    /// The id of the client that has this role; or why it is not seen.
    async fn client_with(&self, client: &str, role: &str) -> Result<Protection<String>> {
        let hidden =
            || format!("it takes the role view-clients of {REALM_MANAGEMENT} to read who has roles of {client}");
        let clients: Result<Vec<Client>> =
            self.api.get(&["clients"], &[("clientId", client)], Right::FindCustomers).await;
        let clients = match clients {
            Err(failure) if failure.reason == Reason::MissingRight => return Ok(Err(hidden())),
            clients => clients?,
        };
        let Some(found) = clients.into_iter().find(|found| found.client_id == client) else {
            return Ok(Err(format!("the client {client} is not there, or not shown to you (it takes view-clients)")));
        };
        let path = ["clients", &found.id, "roles", role];
        match self.api.get_if_any::<Named>(&path, &[], Right::FindCustomers).await {
            Err(failure) if failure.reason == Reason::MissingRight => Ok(Err(hidden())),
            role => Ok(match role? {
                Some(_) => Ok(found.id),
                None => Err(format!("the realm has no role \"{client}/{}\", which the profile protects", path[3])),
            }),
        }
    }

    /// Why this protected role of the realm is not seen; none: it is.
    async fn realm_role_unseen(&self, name: &str) -> Result<Option<String>> {
        let missing = || Some(format!("the realm has no role \"{name}\", which the profile protects"));
        match self.api.get_if_any::<Named>(&["roles", name], &[], Right::FindCustomers).await {
            Err(failure) if failure.reason == Reason::MissingRight => {}
            role => return Ok(role?.map_or_else(missing, |_| None)),
        }
        // Without view-realm: the roles that any user has, and those that the agent could give it, are all there are.
        let hidden = format!("whether there is a role \"{name}\" you may not read (it takes view-realm)");
        let Some(user) = somebody(self.api).await? else { return Ok(Some(hidden)) };
        for roles in ["available", "composite"] {
            let path = ["users", user.as_str(), "role-mappings", "realm", roles];
            match self.api.get::<Vec<Named>>(&path, &[], Right::FindCustomers).await {
                Err(failure) if failure.reason == Reason::MissingRight => {}
                found if found.as_ref().is_ok_and(|found| found.iter().any(|role| role.name == name)) => {
                    return Ok(None);
                }
                found => drop(found?),
            }
        }
        Ok(Some(hidden))
    }
}

/// The id of any user of the realm; none: whoever asks is shown nobody.
pub(super) async fn somebody(api: &Api) -> Result<Option<String>> {
    let query = [("max", "1"), ("briefRepresentation", "true")];
    let found: Result<Vec<User>> = api.get(&["users"], &query, Right::FindCustomers).await;
    match found {
        Err(failure) if failure.reason == Reason::MissingRight => Ok(None),
        found => Ok(found?.into_iter().next().map(|user| user.id)),
    }
}

impl GroupTree {
    fn any(&self, is: &dyn Fn(&str) -> bool) -> bool {
        is(&self.path) || self.sub_groups.iter().any(|group| group.any(is))
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

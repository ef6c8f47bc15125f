//! Where a customer's user stands: one answer, its parts read side by side.

use jiff::Timestamp;

use super::agent::KeycloakAgent;
use super::wire::{BruteForce, Count, Credential, Group, Named, Storage, User};
use crate::domain::{
    Answer, Customer, Failure, Kind, NewUser, Obstacle, Reason, Right, Stamp, Standing, State, UserId, Whom,
};

/// The required action that forces a change.
pub(super) const UPDATE_PASSWORD: &str = "UPDATE_PASSWORD";

/// What is read of one user.
struct Read {
    user: User,
    credentials: Vec<Credential>,
    groups: Protection<Vec<Group>>,
    roles: Protection<Vec<String>>,
    lock: Option<BruteForce>,
    /// Where the password is kept, if it is not here.
    external: Option<String>,
}

/// Something that decides about protection: read, or why it cannot be.
pub(super) type Protection<T> = Result<T, String>;

/// The local password among the credentials.
pub(super) fn password(credentials: &[Credential]) -> Option<&Credential> {
    credentials.iter().find(|credential| credential.kind == "password" && credential.federation_link.is_none())
}

/// When a password was set. Keycloak's stamps have no version and name no author.
pub(super) fn stamp(password: &Credential) -> Stamp {
    Stamp { at: set_at(password), version: None }
}

pub(super) fn set_at(password: &Credential) -> Option<Timestamp> {
    password.created_date.and_then(|at| Timestamp::from_millisecond(at).ok())
}

/// A 403 is a finding here; everything else is a failure.
fn readable<T>(read: Answer<T>, missing: &str) -> Answer<Protection<T>> {
    match read {
        Err(failure) if failure.reason == Reason::MissingRight => Ok(Err(missing.to_owned())),
        read => read.map(Ok),
    }
}

impl KeycloakAgent {
    /// Reads where the customer stands for this agent.
    pub(super) async fn read_standing(&self, customer: &Customer) -> Answer<Standing> {
        let Some(id) = self.id_of(customer).await? else { return self.without_user(customer).await };
        let (user, credentials, groups, roles, lock, policy, mark) = tokio::try_join!(
            self.user(&id),
            self.credentials(&id),
            self.groups(&id),
            self.roles(&id),
            self.lock(&id),
            self.policy(),
            self.pending_group(),
        )?;
        let Some(user) = user else { return super::told::gone() };
        let external = self.external(&user, &credentials).await?;
        let read = Read { user, credentials, groups, roles, lock, external };
        let state = read.state();
        let password = password(&read.credentials);
        let at = password.and_then(set_at);
        Ok(Standing {
            whom: Whom::User(UserId::new(id)),
            state,
            stamp: password.map(stamp),
            issued_at: at.filter(|_| state.change_required),
            expires_at: None,
            issued_by: None,
            changed_by_customer_at: at.filter(|_| !state.change_required),
            roles: read.roles.clone().unwrap_or_default(),
            groups: read.groups.iter().flatten().map(|group| group.path.clone()).collect(),
            policy,
            obstacles: self.obstacles(&read, mark.is_some()),
        })
    }

    /// The id of the customer's user: the customer's own, or found by username or e-mail where customers come from
    /// elsewhere.
    async fn id_of(&self, customer: &Customer) -> Answer<Option<String>> {
        if self.0.customers.is_none() && customer.username.is_some() {
            return Ok(Some(customer.id.as_str().to_owned()));
        }
        let Some(text) = customer.username.as_deref().or(customer.email.as_deref()) else { return Ok(None) };
        let mut found = self.users_called(text).await?;
        if found.len() > 1 {
            return Err(Failure::new(
                Kind::Ambiguous,
                Reason::Ambiguous,
                format!(
                    "More than one user of the realm goes by \"{text}\"; which is {}'s cannot be told.",
                    customer.name
                ),
            )
            .hint("Give the customers' file a column username.")
            .candidates(found.iter().map(User::customer).collect()));
        }
        Ok(found.pop().map(|user| user.id))
    }

    /// A customer whose user has to be created.
    async fn without_user(&self, customer: &Customer) -> Answer<Standing> {
        let (realm, policy) = tokio::try_join!(self.realm(), self.policy())?;
        let by_email = realm.registration_email_as_username == Some(true);
        let username = customer.username.clone().filter(|_| !by_email).or_else(|| customer.email.clone());
        let username = username.unwrap_or_else(|| customer.id.as_str().to_owned()).to_lowercase();
        let claims = &self.0.claims;
        let may_not = !claims.has("manage-users") && claims.has("view-users");
        let new = NewUser { customer: customer.clone(), username, new_customer: self.0.customers.is_none() };
        let obstacles = if may_not { vec![Obstacle::MissingRight(Right::CreateUsers)] } else { Vec::new() };
        Ok(Standing::without_user(new, policy, obstacles))
    }

    /// The user's credentials; passwords and their hashes are not among what the server shows of them.
    pub(super) async fn credentials(&self, id: &str) -> Answer<Vec<Credential>> {
        self.api().get(&["users", id, "credentials"], &[], Right::FindCustomers).await
    }

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
        for (client, found) in self.protected_clients().await? {
            let client_id = match found {
                Ok(id) => id,
                Err(why) => return Ok(Err(why.clone())),
            };
            let path = ["users", id, "role-mappings", "clients", client_id, "composite"];
            let read = self.api().get::<Vec<Named>>(&path, &[], Right::FindCustomers).await;
            match readable(read, "you may not read the user's roles of a client (it takes view-clients)")? {
                Ok(found) => roles.extend(found.into_iter().map(|role| format!("{client}/{}", role.name))),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(roles))
    }

    /// Where the password is kept, if it is not here: the user comes from, or signs in by, another system, and has no
    /// local password. A directory whose users' changes stay in the realm gets a local one by the first reset.
    ///
    /// One that takes a password from here is external as well: it would keep the temporary one as a full sign-in for
    /// everything else that asks it, and it cannot be withdrawn.
    async fn external(&self, user: &User, credentials: &[Credential]) -> Answer<Option<String>> {
        if password(credentials).is_some() {
            return Ok(None);
        }
        let Some(directory) = &user.federation_link else {
            return Ok(user.federated_identities.first().map(|identity| identity.identity_provider.clone()));
        };
        let found: Answer<Option<Storage>> =
            self.api().get_if_any(&["components", directory], &[], Right::FindCustomers).await;
        match found {
            Err(failure) if failure.reason == Reason::MissingRight => Ok(Some(format!("directory {directory}"))),
            found => Ok(match found? {
                Some(found) if found.keeps_changes_in_the_realm() => None,
                Some(found) => Some(format!("directory {}", found.name)),
                None => Some(format!("directory {directory}")),
            }),
        }
    }

    async fn lock(&self, id: &str) -> Answer<Option<BruteForce>> {
        if self.realm().await?.brute_force_protected == Some(false) {
            return Ok(None);
        }
        let path = ["attack-detection", "brute-force", "users", id];
        match self.api().get_if_any(&path, &[], Right::FindCustomers).await {
            // Not on every server do fine-grained permissions reach these: what cannot be read is not a lock, and
            // `doctor` says so.
            Err(failure) if failure.reason == Reason::MissingRight => Ok(None),
            lock => lock,
        }
    }

    fn obstacles(&self, read: &Read, marks: bool) -> Vec<Obstacle> {
        let access = read.user.access;
        let mut obstacles = Vec::new();
        let mut missing = |may: Option<bool>, right| {
            if may == Some(false) {
                obstacles.push(Obstacle::MissingRight(right));
            }
        };
        missing(access.reset_password, Right::IssueTemporaryPasswords);
        missing(access.manage, Right::EndSessions);
        if marks {
            missing(access.manage_group_membership, Right::MarkPending);
        }
        if self.0.claims.user == read.user.id {
            obstacles.push(Obstacle::OwnUser);
        }
        obstacles.extend(self.protection(&read.groups, &read.roles));
        if let Some(system) = &read.external {
            obstacles.push(Obstacle::External(system.clone()));
        }
        if !read.user.enabled {
            obstacles.push(Obstacle::Disabled);
        }
        if let Some(lock) = read.lock.as_ref().filter(|lock| lock.disabled) {
            let until = Some(lock.failed_login_not_before).filter(|at| *at > 0);
            obstacles.push(Obstacle::Locked { until: until.and_then(|at| Timestamp::from_second(at).ok()) });
        }
        obstacles
    }
}

impl Read {
    fn state(&self) -> State {
        let change_required = self.user.required_actions.iter().any(|action| action == UPDATE_PASSWORD);
        let withdrawn = change_required.then(|| password(&self.credentials).is_none());
        State {
            has_user: true,
            external: self.external.is_some(),
            disabled: !self.user.enabled,
            locked: self.lock.as_ref().is_some_and(|lock| lock.disabled),
            change_required,
            expired: change_required.then_some(false),
            withdrawn,
            ..State::default()
        }
    }
}

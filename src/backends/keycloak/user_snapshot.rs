//! The snapshot of a customer's user: status, stamp, roles and obstacles, read concurrently.

use jiff::Timestamp;

use super::errors::role;
use super::guards::Guards;
use super::lock::{Lock, SignInState, unread_lock};
use super::readable::{Readable, or_unreadable};
use super::user_lookup::KeycloakAgent;
use super::wire::{Credential, Group, Storage, User};
use crate::domain::{
    Check, CheckState, Customer, Error, Kind, NewUser, Obstacle, Reason, ResetTarget, Result, Right, Stamp, State,
    Unread, Unreadable, UserId, UserProfile, UserSnapshot,
};

/// What was read of one user.
struct UserFacts {
    user: User,
    credentials: Readable<Vec<Credential>>,
    groups: Readable<Vec<Group>>,
    roles: Readable<Vec<String>>,
    sign_in: SignInState,
    /// The other system that keeps the password, if one does.
    external: Option<String>,
}

/// Returns the credential that is the realm's own password.
pub(super) fn local_password(credentials: &[Credential]) -> Option<&Credential> {
    credentials.iter().find(|credential| credential.kind == "password" && credential.federation_link.is_none())
}

/// Returns a password's stamp. Keycloak's have no version and name no author.
pub(super) fn stamp(password: &Credential) -> Stamp {
    Stamp { at: set_at(password), version: None }
}

/// Returns when a password was set.
pub(super) fn set_at(password: &Credential) -> Option<Timestamp> {
    password.created_date.and_then(|at| Timestamp::from_millisecond(at).ok())
}

impl KeycloakAgent {
    /// Reads the snapshot of a customer's user.
    pub(super) async fn read_user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        let Some(id) = self.find_user_id(customer).await? else { return self.snapshot_without_user(customer).await };
        let (user, credentials, groups, roles, lock, policy, pending_group, guards, not_forced) = tokio::try_join!(
            self.user(&id),
            async { or_unreadable(self.credentials(&id).await, role(Right::FindCustomers)) },
            self.read_groups(&id),
            self.read_roles(&id),
            self.read_lock(&id),
            self.policy(),
            self.pending_group(),
            self.guards(),
            self.0.update_password.obstacle(self.api()),
        )?;
        let Some(user) = user else { return super::errors::user_gone() };
        let sign_in = self.sign_in_state(&user, lock.as_ref().ok().and_then(Option::as_ref)).await?;
        let external = match &credentials {
            Ok(credentials) => self.external_system(&user, credentials).await?,
            Err(_) => None,
        };
        let facts = UserFacts { user, credentials, groups, roles, sign_in, external };
        let state = facts.state();
        let password = facts.password();
        let at = password.and_then(set_at);
        let mut obstacles = self.obstacles(&facts, pending_group.is_some(), guards);
        obstacles.extend(self.own_user_obstacle().await?);
        obstacles.extend(not_forced);
        Ok(UserSnapshot {
            contacts: facts.user.contacts(&self.0.contact_attributes),
            target: ResetTarget::User(UserId::new(id)),
            user: Some(facts.user.profile()),
            state,
            stamp: password.map(stamp),
            issued_at: at.filter(|_| state.change_required),
            expires_at: None,
            issued_by: None,
            changed_by_customer_at: at.filter(|_| state.known_change_required() == Some(false)),
            roles: facts.roles.clone().ok(),
            groups: facts.groups.as_ref().ok().map(|groups| groups.iter().map(|group| group.path.clone()).collect()),
            policy,
            obstacles,
            unread_lock: unread_lock(&lock, sign_in),
        })
    }

    /// Checks for `doctor` that the agent may read what a reset depends on, on any one user.
    pub(super) async fn readability_check(&self) -> Result<Check> {
        let not_tried = || Check::new("readability", CheckState::Unknown, "could not be tried: you are shown no user");
        let Some(id) = self.any_user_id().await? else { return Ok(not_tried()) };
        let (user, credentials) = tokio::try_join!(self.user(&id), async {
            or_unreadable(self.credentials(&id).await, role(Right::FindCustomers))
        })?;
        let Some(user) = user else { return Ok(not_tried()) };
        let sign_in = SignInState { disabled: user.enabled.map(|enabled| !enabled), lock: Lock::None };
        let (groups, roles) = (Ok(Vec::new()), Ok(Vec::new())); // the check "protection" covers these
        let facts = UserFacts { user, credentials, groups, roles, sign_in, external: None };
        let marks = self.pending_group().await?.is_some();
        let obstacles = facts.unreadable().chain(self.missing_rights(&facts, marks));
        let unreadable = obstacles.filter_map(|obstacle| match obstacle {
            Obstacle::Unreadable(value) => Some(value.describe()),
            _ => None,
        });
        let unreadable = unreadable.collect::<Vec<_>>().join("; ");
        Ok(if unreadable.is_empty() {
            Check::new("readability", CheckState::Ok, "what a reset depends on can be read of a user")
        } else {
            Check::new("readability", CheckState::Fault, format!("{unreadable}: every reset is refused until then"))
        })
    }

    /// Finds the customer's user.
    pub(super) async fn find_user_profile(&self, customer: &Customer) -> Result<Option<UserProfile>> {
        let Some(id) = self.find_user_id(customer).await? else { return Ok(None) };
        Ok(self.user(&id).await?.map(|user| user.profile()))
    }

    /// Finds the id of the customer's user. With customers from a CSV file, the user has the same username or e-mail.
    async fn find_user_id(&self, customer: &Customer) -> Result<Option<String>> {
        if self.0.customers.is_none() && customer.username.is_some() {
            return Ok(Some(customer.id.as_str().to_owned()));
        }
        let Some(text) = customer.username.as_deref().or(customer.email.as_deref()) else { return Ok(None) };
        let mut found = self.find_users_exactly(text).await?;
        if found.len() > 1 {
            return Err(Error::new(
                Kind::Ambiguous,
                Reason::Ambiguous,
                format!(
                    "More than one user of the realm is called \"{text}\"; it is not known which is {}'s.",
                    customer.name
                ),
            )
            .hint("Add a column username to the customers' file.")
            .candidates(found.iter().map(User::to_customer).collect()));
        }
        Ok(found.pop().map(|user| user.id))
    }

    /// Returns the snapshot of a customer whose user has to be created.
    async fn snapshot_without_user(&self, customer: &Customer) -> Result<UserSnapshot> {
        let (realm, policy, guards, not_forced) =
            tokio::try_join!(self.realm(), self.policy(), self.guards(), self.0.update_password.obstacle(self.api()))?;
        let by_email = realm.registration_email_as_username == Some(true);
        let username = customer.username.clone().filter(|_| !by_email).or_else(|| customer.email.clone());
        let username = username.unwrap_or_else(|| customer.id.as_str().to_owned()).to_lowercase();
        let claims = &self.0.claims;
        let may_not_create = !claims.has("manage-users") && claims.has("view-users");
        let new = NewUser { customer: customer.clone(), username, new_customer: self.0.customers.is_none() };
        let mut obstacles = if may_not_create {
            vec![Obstacle::MissingRight(Right::CreateUsers, Some(role(Right::CreateUsers)))]
        } else {
            Vec::new()
        };
        obstacles.extend(guards.not_found.clone().map(Obstacle::ProtectionUnreadable));
        obstacles.extend(not_forced);
        Ok(UserSnapshot::without_user(new, policy, obstacles))
    }

    /// Reads the user's credentials. The server shows neither passwords nor their hashes.
    pub(super) async fn credentials(&self, id: &str) -> Result<Vec<Credential>> {
        self.api().get(&["users", id, "credentials"], &[], Right::FindCustomers).await
    }

    /// Finds the other system that keeps the password of a user without a local one: a directory, or an identity provider.
    ///
    /// A directory whose users' changes stay in the realm is no such system: the first reset creates a local password. One
    /// that the realm writes passwords to is: everything else that uses the directory would accept the temporary password
    /// as a full sign-in, and it could not be withdrawn.
    async fn external_system(&self, user: &User, credentials: &[Credential]) -> Result<Option<String>> {
        if local_password(credentials).is_some() {
            return Ok(None);
        }
        let Some(directory) = user.storage() else {
            return Ok(user.federated_identities.first().map(|identity| identity.identity_provider.clone()));
        };
        let found: Result<Option<Storage>> =
            self.api().get_if_any(&["components", directory], &[], Right::FindCustomers).await;
        match found {
            Err(error) if error.reason == Reason::MissingRight => Ok(Some(format!("directory {directory}"))),
            found => Ok(match found? {
                Some(found) if found.keeps_changes_in_the_realm() => None,
                Some(found) => Some(format!("directory {}", found.name)),
                None => Some(format!("directory {directory}")),
            }),
        }
    }

    /// Lists what keeps this agent from resetting the user.
    fn obstacles(&self, facts: &UserFacts, marks: bool, guards: &Guards) -> Vec<Obstacle> {
        let mut obstacles = self.missing_rights(facts, marks);
        if self.is_own_user(&facts.user) {
            obstacles.push(Obstacle::OwnUser);
        }
        obstacles.extend(self.protection_obstacle(&facts.groups, &facts.roles, guards));
        if let Some(client) = facts.user.service_account() {
            obstacles.push(Obstacle::ServiceAccount(client.to_owned()));
        }
        if let Some(system) = &facts.external {
            obstacles.push(Obstacle::External(system.clone()));
        }
        obstacles.extend(facts.unreadable());
        obstacles.extend(facts.sign_in.obstacles());
        obstacles
    }

    /// Lists the rights that the agent lacks on this user. A right that is not shown counts as missing, unless the token
    /// carries it.
    fn missing_rights(&self, facts: &UserFacts, marks: bool) -> Vec<Obstacle> {
        let access = facts.user.access;
        let manages = self.0.claims.has("manage-users").then_some(true);
        let mut needed =
            vec![(access.may_reset(), Right::IssueTemporaryPasswords), (access.manage, Right::EndSessions)];
        if marks {
            needed.push((access.manage_group_membership, Right::MarkPending));
        }
        if matches!(facts.sign_in.lock, Lock::Temporary(_)) {
            needed.push((access.manage, Right::Unlock));
        }
        let missing = needed.into_iter().filter_map(|(may, right)| match may.or(manages) {
            Some(true) => None,
            Some(false) => Some(Obstacle::MissingRight(right, Some(role(right)))),
            None => {
                let decides = format!("whether you may {}", right.describe());
                Some(Obstacle::Unreadable(Unreadable::new("access", decides, role(right))))
            }
        });
        missing.collect()
    }
}

impl UserFacts {
    fn password(&self) -> Option<&Credential> {
        self.credentials.as_ref().ok().and_then(|credentials| local_password(credentials))
    }

    /// Lists the hidden values of the user that a reset depends on.
    fn unreadable(&self) -> impl Iterator<Item = Obstacle> {
        let unread = self.unread();
        let right = role(Right::FindCustomers);
        [
            (unread.external, "credentials", "whether the user has a password here"),
            (unread.disabled, "enabled", "whether the user is disabled"),
            (unread.change_required, "requiredActions", "whether a change of password is required"),
        ]
        .into_iter()
        .filter(|(unread, ..)| *unread)
        .map(move |(_, value, decides)| Obstacle::Unreadable(Unreadable::new(value, decides, right)))
    }

    fn unread(&self) -> Unread {
        Unread {
            external: self.credentials.is_err(),
            disabled: self.sign_in.disabled.is_none(),
            change_required: self.user.must_change().is_none(),
            ..Unread::default()
        }
    }

    fn state(&self) -> State {
        let change_required = self.user.must_change() == Some(true);
        let is_withdrawn = || self.password().is_none_or(Credential::is_withdrawn);
        let withdrawn = (change_required && self.credentials.is_ok()).then(is_withdrawn);
        State {
            has_user: true,
            external: self.external.is_some() || self.user.service_account().is_some(),
            disabled: self.sign_in.disabled == Some(true),
            locked: self.sign_in.lock != Lock::None,
            change_required,
            expired: change_required.then_some(false),
            withdrawn,
            unread: self.unread(),
            ..State::default()
        }
    }
}

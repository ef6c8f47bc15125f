//! Where a customer's user stands: one answer, its parts read side by side.

use jiff::Timestamp;

use super::errors::role;
use super::guards::Guards;
use super::lock::{Lock, SignInState};
use super::readable::{Protection, readable};
use super::user_lookup::KeycloakAgent;
use super::wire::{Credential, Group, Storage, User};
use crate::domain::{
    Check, CheckState, Customer, Error, Kind, NewUser, Obstacle, Reason, ResetTarget, Result, Right, Stamp, State,
    Unread, Unreadable, UserId, UserSnapshot,
};

/// What is read of one user.
struct Read {
    user: User,
    credentials: Protection<Vec<Credential>>,
    groups: Protection<Vec<Group>>,
    roles: Protection<Vec<String>>,
    sign_in: SignInState,
    /// Where the password is kept, if it is not here.
    external: Option<String>,
}

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

impl KeycloakAgent {
    /// Reads where the customer stands for this agent.
    pub(super) async fn read_user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        let Some(id) = self.id_of(customer).await? else { return self.without_user(customer).await };
        let (user, credentials, groups, roles, lock, policy, mark, guards) = tokio::try_join!(
            self.user(&id),
            async { readable(self.credentials(&id).await, role(Right::FindCustomers)) },
            self.groups(&id),
            self.roles(&id),
            self.lock(&id),
            self.policy(),
            self.pending_group(),
            self.guards(),
        )?;
        let Some(user) = user else { return super::errors::gone() };
        let sign_in = self.sign_in_state(&user, lock.as_ref()).await?;
        let external = match &credentials {
            Ok(credentials) => self.external(&user, credentials).await?,
            Err(_) => None,
        };
        let read = Read { user, credentials, groups, roles, sign_in, external };
        let state = read.state();
        let password = read.password();
        let at = password.and_then(set_at);
        let mut obstacles = self.obstacles(&read, mark.is_some(), guards);
        obstacles.extend(self.own_user_unknown().await?);
        Ok(UserSnapshot {
            target: ResetTarget::User(UserId::new(id)),
            state,
            stamp: password.map(stamp),
            issued_at: at.filter(|_| state.change_required),
            expires_at: None,
            issued_by: None,
            changed_by_customer_at: at.filter(|_| state.known_change_required() == Some(false)),
            roles: read.roles.clone().unwrap_or_default(),
            groups: read.groups.iter().flatten().map(|group| group.path.clone()).collect(),
            policy,
            obstacles,
        })
    }

    /// What `doctor` says of values that a reset depends on: whether they are shown of some user.
    pub(super) async fn readability_check(&self) -> Result<Check> {
        let unknown = || Check::new("readability", CheckState::Unknown, "could not be tried: you are shown no user");
        let Some(id) = self.somebody().await? else { return Ok(unknown()) };
        let (user, credentials) = tokio::try_join!(self.user(&id), async {
            readable(self.credentials(&id).await, role(Right::FindCustomers))
        })?;
        let Some(user) = user else { return Ok(unknown()) };
        let sign_in = SignInState { disabled: user.enabled.map(|enabled| !enabled), lock: Lock::None };
        let (groups, roles) = (Ok(Vec::new()), Ok(Vec::new())); // these have a check of their own
        let read = Read { user, credentials, groups, roles, sign_in, external: None };
        let marks = self.pending_group().await?.is_some();
        let found = read.unreadable().chain(self.missing_rights(&read, marks));
        let words = found.filter_map(|obstacle| match obstacle {
            Obstacle::Unreadable(value) => Some(value.words()),
            _ => None,
        });
        let words = words.collect::<Vec<_>>().join("; ");
        Ok(if words.is_empty() {
            Check::new("readability", CheckState::Ok, "what a reset depends on can be read of a user")
        } else {
            Check::new("readability", CheckState::Fault, format!("{words}: every reset is refused until then"))
        })
    }

    /// The id of the customer's user: the customer's own, or found by username or e-mail where customers come from
    /// elsewhere.
    async fn id_of(&self, customer: &Customer) -> Result<Option<String>> {
        if self.0.customers.is_none() && customer.username.is_some() {
            return Ok(Some(customer.id.as_str().to_owned()));
        }
        let Some(text) = customer.username.as_deref().or(customer.email.as_deref()) else { return Ok(None) };
        let mut found = self.users_called(text).await?;
        if found.len() > 1 {
            return Err(Error::new(
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
    async fn without_user(&self, customer: &Customer) -> Result<UserSnapshot> {
        let (realm, policy, guards) = tokio::try_join!(self.realm(), self.policy(), self.guards())?;
        let by_email = realm.registration_email_as_username == Some(true);
        let username = customer.username.clone().filter(|_| !by_email).or_else(|| customer.email.clone());
        let username = username.unwrap_or_else(|| customer.id.as_str().to_owned()).to_lowercase();
        let claims = &self.0.claims;
        let may_not = !claims.has("manage-users") && claims.has("view-users");
        let new = NewUser { customer: customer.clone(), username, new_customer: self.0.customers.is_none() };
        let mut obstacles = if may_not { vec![Obstacle::MissingRight(Right::CreateUsers)] } else { Vec::new() };
        obstacles.extend(guards.unseen.clone().map(Obstacle::ProtectionUnreadable));
        Ok(UserSnapshot::without_user(new, policy, obstacles))
    }

    /// The user's credentials; passwords and their hashes are not among what the server shows of them.
    pub(super) async fn credentials(&self, id: &str) -> Result<Vec<Credential>> {
        self.api().get(&["users", id, "credentials"], &[], Right::FindCustomers).await
    }

    /// Where the password is kept, if it is not here: the user comes from, or signs in by, another system, and has no
    /// local password. A directory whose users' changes stay in the realm gets a local one by the first reset.
    ///
    /// One that takes a password from here is external as well: it would keep the temporary one as a full sign-in for
    /// everything else that asks it, and it cannot be withdrawn.
    async fn external(&self, user: &User, credentials: &[Credential]) -> Result<Option<String>> {
        if password(credentials).is_some() {
            return Ok(None);
        }
        let Some(directory) = user.storage() else {
            return Ok(user.federated_identities.first().map(|identity| identity.identity_provider.clone()));
        };
        let found: Result<Option<Storage>> =
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

    fn obstacles(&self, read: &Read, marks: bool, guards: &Guards) -> Vec<Obstacle> {
        let mut obstacles = self.missing_rights(read, marks);
        if self.is_own(&read.user) {
            obstacles.push(Obstacle::OwnUser);
        }
        obstacles.extend(self.protection(&read.groups, &read.roles, guards));
        if let Some(client) = read.user.service_account() {
            obstacles.push(Obstacle::ServiceAccount(client.to_owned()));
        }
        if let Some(system) = &read.external {
            obstacles.push(Obstacle::External(system.clone()));
        }
        obstacles.extend(read.unreadable());
        obstacles.extend(read.sign_in.obstacles());
        obstacles
    }

    /// The rights that the agent lacks on this user; one that is not shown counts as missing, unless the token has it.
    fn missing_rights(&self, read: &Read, marks: bool) -> Vec<Obstacle> {
        let access = read.user.access;
        let manages = self.0.claims.has("manage-users").then_some(true);
        let mut wanted =
            vec![(access.may_reset(), Right::IssueTemporaryPasswords), (access.manage, Right::EndSessions)];
        if marks {
            wanted.push((access.manage_group_membership, Right::MarkPending));
        }
        let missing = wanted.into_iter().filter_map(|(may, right)| match may.or(manages) {
            Some(true) => None,
            Some(false) => Some(Obstacle::MissingRight(right)),
            None => {
                let decides = format!("whether you may {}", right.words());
                Some(Obstacle::Unreadable(Unreadable::new("access", decides, role(right))))
            }
        });
        missing.collect()
    }
}

impl Read {
    fn password(&self) -> Option<&Credential> {
        self.credentials.as_ref().ok().and_then(|credentials| password(credentials))
    }

    /// What the server does not show of the user, and a reset depends on.
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
        let withdrawn = (change_required && self.credentials.is_ok()).then(|| self.password().is_none());
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

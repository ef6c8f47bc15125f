//! The snapshot of a customer's user: status, stamp, groups and obstacles, read side by side.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::action::Action;
use super::agent::CognitoAgent;
use super::pool::Pool;
use super::pool_user::{Lifecycle, PoolUser};
use super::users::remember;
use crate::domain::{
    Customer, Error, Kind, Obstacle, Reason, ResetTarget, Result, Right, State, Unread, Unreadable, UserId,
    UserProfile, UserSnapshot,
};

impl PoolUser {
    /// Returns the identity provider that keeps the user's password: the first of the attribute `identities`.
    fn external_system(&self) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Identity {
            provider_name: String,
        }
        (self.lifecycle() == Lifecycle::External).then(|| {
            let identities = self.attribute("identities").unwrap_or_default();
            let identities: Vec<Identity> = serde_json::from_str(identities).unwrap_or_default();
            identities.into_iter().next().map_or_else(|| "an identity provider".to_owned(), |first| first.provider_name)
        })
    }

    /// Returns when the pending temporary password runs out; `None` if none is pending, or that is not known.
    ///
    /// The time counts from the last change of the user, so that an edit makes it look later than it is.
    pub(super) fn expires_at(&self, pool: Option<&Pool>) -> Option<Timestamp> {
        let at = self.modified.filter(|_| self.lifecycle() == Lifecycle::ChangeRequired)?;
        at.checked_add(SignedDuration::from_hours(24 * i64::from(pool?.validity_days()))).ok()
    }

    fn state(&self, expires_at: Option<Timestamp>, now: Timestamp) -> State {
        let lifecycle = self.lifecycle();
        let unknown = lifecycle == Lifecycle::Unknown;
        State {
            has_user: true,
            external: lifecycle == Lifecycle::External,
            disabled: !self.enabled || lifecycle == Lifecycle::Closed,
            change_required: matches!(lifecycle, Lifecycle::ChangeRequired | Lifecycle::CodeRequired),
            expired: (lifecycle == Lifecycle::ChangeRequired).then(|| expires_at.is_some_and(|end| end <= now)),
            withdrawn: None, // a withdrawn one is pending as well, and nobody knows it
            unread: Unread { external: unknown, change_required: unknown, ..Unread::default() },
            ..State::default()
        }
    }

    /// Lists what keeps any agent from resetting the user.
    fn obstacles(&self) -> impl Iterator<Item = Obstacle> + use<> {
        let unknown = (self.lifecycle() == Lifecycle::Unknown).then(|| {
            let decides = "whether the user has a password here, and may choose another";
            Obstacle::Unreadable(Unreadable::new("UserStatus", decides, "a version of tellonce that knows this status"))
        });
        let closed = self.lifecycle() == Lifecycle::Closed || !self.enabled;
        let external = self.external_system().map(Obstacle::External);
        unknown.into_iter().chain(closed.then_some(Obstacle::Disabled)).chain(external)
    }
}

impl CognitoAgent {
    /// Reads the snapshot of a customer's user.
    pub(super) async fn read_user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        let Some(found) = self.find_customers_user(customer).await? else {
            return Box::pin(self.snapshot_without_user(customer)).await;
        };
        let (user, groups, pool, guard, may_end) = tokio::try_join!(
            self.user(&found),
            self.groups(&found),
            self.pool(),
            self.guard(),
            self.may_end_sessions(),
        )?;
        let Some(user) = user else { return super::errors::user_gone() };
        let policy = self.policy().await?;
        let expires_at = user.expires_at(pool);
        let state = user.state(expires_at, self.now());
        let mut obstacles: Vec<Obstacle> = Self::protection_obstacle(&groups, &guard).into_iter().collect();
        obstacles.extend(user.obstacles());
        obstacles.extend(
            (!may_end)
                .then_some(Obstacle::MissingRight(Right::EndSessions, Some(Action::AdminUserGlobalSignOut.name()))),
        );
        let is_pending = user.lifecycle() == Lifecycle::ChangeRequired;
        remember(&mut self.0.planned.borrow_mut(), &user.username, user.lifecycle());
        Ok(UserSnapshot {
            target: ResetTarget::User(UserId::new(user.username.clone())),
            user: Some(user.profile()),
            state,
            stamp: user.stamp(),
            issued_at: user.modified.filter(|_| is_pending),
            expires_at,
            issued_by: None,
            changed_by_customer_at: None, // any edit moves the time
            roles: Some(Vec::new()),      // a pool has none
            groups: groups.ok(),
            policy,
            obstacles,
            unread_lock: Some(hidden_lock()),
            contacts: user.contacts(&self.api().settings.contact_attributes),
        })
    }

    /// Finds the customer's user, as the pool names it.
    pub(super) async fn find_user_profile(&self, customer: &Customer) -> Result<Option<UserProfile>> {
        let Some(username) = self.find_customers_user(customer).await? else { return Ok(None) };
        Ok(self.user(&username).await?.map(|user| user.profile()))
    }

    /// Finds the username of the customer's user. With customers from a CSV file, the user has the same username or address.
    async fn find_customers_user(&self, customer: &Customer) -> Result<Option<String>> {
        if self.0.customers.is_none() {
            let id = customer.id.as_str();
            let known = self.0.usernames.borrow().get(id).cloned();
            if known.is_some() || customer.username.is_none() {
                return Ok(known);
            }
            return Ok(self.user_by_sub(id).await?.map(|user| user.username));
        }
        let Some(text) = customer.username.as_deref().or(customer.email.as_deref()) else { return Ok(None) };
        let mut found = self.find_exactly(text).await?;
        if found.len() > 1 {
            let message = format!(
                "More than one user of the pool is called \"{text}\"; it is not known which is {}'s.",
                customer.name
            );
            return Err(Error::new(Kind::Ambiguous, Reason::Ambiguous, message)
                .hint("Add a column username to the customers' file.")
                .candidates(found.iter().map(PoolUser::to_customer).collect()));
        }
        Ok(found.pop().map(|user| user.username))
    }

    /// Returns the current time: the server's, as far as it is known.
    pub(super) fn now(&self) -> Timestamp {
        self.api().http.server_time().unwrap_or_else(Timestamp::now)
    }
}

/// Returns the lock-out after failed attempts, which no call of the API shows. It ends by itself within 15 minutes (Cognito
/// Developer Guide, "Lockout behavior for failed sign-in attempts").
fn hidden_lock() -> Unreadable {
    Unreadable::new(
        "the lock-out after failed attempts",
        "whether the user is locked for now",
        "more than Amazon Cognito shows",
    )
}

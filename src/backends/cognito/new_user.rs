//! The creation of a user, with the temporary password in the same call.

use aws_sdk_cognitoidentityprovider::operation::admin_create_user::builders::AdminCreateUserFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, MessageActionType, UsernameAttributeType};

use super::action::Action;
use super::agent::CognitoAgent;
use super::pool::Pool;
use super::pool_user::PoolUser;
use super::set_errors::set_refusal;
use super::users::{can_be_username, random_username};
use crate::domain::ports::SetFailed;
use crate::domain::{
    AnyIntent, Changed, Customer, Error, Names, NewUser, Obstacle, Reason, RequestSink, Result, Right,
    TemporaryPassword, UserSnapshot, sealed,
};

/// Writes the temporary password into the call that creates a user.
struct Creation(AdminCreateUserFluentBuilder);

impl sealed::Sealed for Creation {}

impl RequestSink for Creation {
    type Output = AdminCreateUserFluentBuilder;

    fn write(self, characters: &str) -> Self::Output {
        self.0.temporary_password(characters)
    }
}

impl CognitoAgent {
    /// Returns the snapshot of a customer whose user has to be created.
    pub(super) async fn snapshot_without_user(&self, customer: &Customer) -> Result<UserSnapshot> {
        let (pool, policy, guard, may_end) =
            tokio::try_join!(self.pool(), self.policy(), self.guard(), self.may_end_sessions())?;
        let username = new_username(customer, pool)?;
        let new = NewUser { customer: customer.clone(), username, new_customer: self.0.customers.is_none() };
        let mut obstacles: Vec<Obstacle> = Self::protection_obstacle(&Ok(Vec::new()), &guard).into_iter().collect();
        obstacles.extend(
            (!may_end)
                .then_some(Obstacle::MissingRight(Right::EndSessions, Some(Action::AdminUserGlobalSignOut.name()))),
        );
        let missing = self.missing_attributes(&new, pool);
        if !missing.is_empty() {
            obstacles.push(Obstacle::NewUserIncomplete(format!(
                "the pool requires {} of every user, which `new_users = {{ attributes = {{ … }} }}` in the profile gives",
                missing.join(", ")
            )));
        }
        Ok(UserSnapshot::without_user(new, policy, obstacles))
    }

    /// Creates the user with the temporary password. No mail is sent.
    pub(super) async fn create(
        &self,
        intent: &AnyIntent,
        new: &NewUser,
        temporary: &TemporaryPassword,
    ) -> Result<PoolUser, SetFailed> {
        let attributes = self
            .attributes_of(new)
            .into_iter()
            .map(|(name, value)| AttributeType::builder().name(name).value(value).build());
        let attributes = attributes.collect::<Result<Vec<_>, _>>();
        let attributes = attributes.map_err(|_| Error::bug("An attribute of the new user has no name."))?;
        let create = self.api().cognito().admin_create_user().user_pool_id(self.user_pool()).username(&new.username);
        let create = create.set_user_attributes(Some(attributes)).message_action(MessageActionType::Suppress);
        let create = temporary.request(intent, Creation(create));
        match self.api().call(Action::AdminCreateUser, || create.clone().send()).await? {
            Ok(created) => created.user.and_then(PoolUser::from_list).ok_or_else(|| {
                let error = Error::unavailable("The pool created the user and did not name it.");
                SetFailed::Other(Error { changed: Changed::Yes, ..error })
            }),
            Err(refusal) => Err(match refusal.code.as_str() {
                "UsernameExistsException" | "AliasExistsException" => SetFailed::Other(user_exists(&new.username)),
                "InvalidParameterException" => SetFailed::Other(self.wrong_parameter(new)),
                _ => set_refusal(Action::AdminCreateUser, &refusal),
            }),
        }
    }

    /// Lists the attributes of a new user: the customer's profile, and what the profile of tellonce adds.
    fn attributes_of(&self, new: &NewUser) -> Vec<(String, String)> {
        let Names { first, last } = new.customer.first_and_last();
        let rules = &self.api().settings.new_users;
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut attributes =
            vec![own("given_name", &first), own("family_name", &last), own("name", &new.customer.name)];
        if let Some(email) = &new.customer.email {
            attributes.push(own("email", email));
            attributes.extend(rules.email_verified.then(|| own("email_verified", "true")));
        }
        attributes.retain(|(name, value)| !value.is_empty() && !rules.attributes.contains_key(name));
        attributes.extend(rules.attributes.iter().map(|(name, value)| (name.clone(), value.clone())));
        attributes
    }

    /// Lists the attributes that the pool requires and a new user would not have.
    fn missing_attributes(&self, new: &NewUser, pool: Option<&Pool>) -> Vec<String> {
        let given = self.attributes_of(new);
        let required = pool.into_iter().flat_map(Pool::required_attributes);
        required.filter(|name| given.iter().all(|(own, _)| own != name)).map(str::to_owned).collect()
    }

    /// Explains that the pool refuses something of the new user, other than the password.
    fn wrong_parameter(&self, new: &NewUser) -> Error {
        let names: Vec<String> = self.attributes_of(new).into_iter().map(|(name, _)| name).collect();
        let message = format!(
            "The pool refuses the user {} with the attributes {}: one is missing, not in the pool's schema, or has a wrong form.",
            new.username,
            names.join(", ")
        );
        Error::refused(Reason::RefusedByBackend, message)
            .hint("`new_users` in the profile adds attributes; docs/backends/cognito.md says more.")
    }
}

/// Returns the name that a new user signs in with.
///
/// A pool where an address can be used in place of the username takes no username that looks like one (Cognito Developer
/// Guide, "Customizing sign-in attributes"). Nobody types the name that is made up then, if the address is verified.
fn new_username(customer: &Customer, pool: Option<&Pool>) -> Result<String> {
    let by_email = pool.is_some_and(|pool| pool.signs_in_by(&UsernameAttributeType::Email));
    if let Some(email) = customer.email.as_ref().filter(|_| by_email) {
        return Ok(email.clone());
    }
    let looks_like_alias = |name: &str| pool.is_some_and(Pool::has_email_alias) && name.contains('@');
    let names = [customer.username.as_deref(), customer.email.as_deref(), Some(customer.id.as_str())];
    let usable = names.into_iter().flatten().find(|name| can_be_username(name) && !looks_like_alias(name));
    usable.map_or_else(|| random_username("customer"), |name| Ok(name.to_owned()))
}

/// Says that the pool has a user of that name already (exit 5 would name candidates, which are not known).
fn user_exists(username: &str) -> Error {
    Error::refused(Reason::CustomerExists, format!("The pool has a user {username} already, or one with that address."))
        .hint("Look for them: `tellonce find`.")
}

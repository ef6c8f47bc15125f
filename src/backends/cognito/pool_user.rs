//! A user as the pool shows it.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::admin_get_user::AdminGetUserOutput;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, UserStatusType, UserType};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::domain::{Contacts, Customer, CustomerId, Names, Stamp, UserId, UserProfile};

/// What a user's status means for a reset (Cognito Developer Guide, "User account status").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifecycle {
    /// The user has a password of their own, or may set one by confirming the registration.
    Active,
    /// A temporary password is pending.
    ChangeRequired,
    /// An administrator asked for a change by a mailed code. No temporary password is pending.
    CodeRequired,
    /// The password is kept by an identity provider.
    External,
    /// AWS keeps the user out.
    Closed,
    /// A status that is hidden, or that this version does not know.
    Unknown,
}

/// A user of the pool.
#[derive(Clone, Debug)]
pub(super) struct PoolUser {
    /// The name that the pool knows the user by. It never changes.
    pub(super) username: String,
    attributes: BTreeMap<String, String>,
    pub(super) status: Option<UserStatusType>,
    pub(super) enabled: bool,
    pub(super) modified: Option<Timestamp>,
}

impl PoolUser {
    /// Takes a user from a list. Returns `None` if it has no name.
    pub(super) fn from_list(user: UserType) -> Option<Self> {
        Some(Self {
            username: user.username?,
            attributes: by_name(user.attributes),
            status: user.user_status,
            enabled: user.enabled,
            modified: user.user_last_modified_date.and_then(timestamp),
        })
    }

    /// Takes a user that was read.
    pub(super) fn from_read(user: AdminGetUserOutput) -> Self {
        Self {
            username: user.username,
            attributes: by_name(user.user_attributes),
            status: user.user_status,
            enabled: user.enabled,
            modified: user.user_last_modified_date.and_then(timestamp),
        }
    }

    /// Returns an attribute that is not empty.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the id that no change of the user changes. A pool without the attribute has none.
    pub(super) fn sub(&self) -> Option<&str> {
        self.attribute("sub")
    }

    /// Returns what the user's status means.
    pub(super) fn lifecycle(&self) -> Lifecycle {
        match &self.status {
            Some(UserStatusType::Confirmed | UserStatusType::Unconfirmed) => Lifecycle::Active,
            Some(UserStatusType::ForceChangePassword) => Lifecycle::ChangeRequired,
            Some(UserStatusType::ResetRequired) => Lifecycle::CodeRequired,
            Some(UserStatusType::ExternalProvider) => Lifecycle::External,
            Some(UserStatusType::Archived | UserStatusType::Compromised) => Lifecycle::Closed,
            _ => Lifecycle::Unknown,
        }
    }

    /// Returns the stamp: when the user was last changed in any way.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        self.modified.map(|at| Stamp { at: Some(at), version: None })
    }

    /// Returns the user as the pool names it.
    pub(super) fn profile(&self) -> UserProfile {
        let Customer { name, email, username, .. } = self.to_customer();
        let immutable_id = self.sub().map(str::to_owned);
        UserProfile { id: UserId::new(self.username.clone()), username, name: Some(name), email, immutable_id }
    }

    /// Returns the user as a customer. The customer's id is `sub`, or else the username.
    pub(super) fn to_customer(&self) -> Customer {
        let attribute = |name: &str| self.attribute(name).unwrap_or_default().to_owned();
        let (first, last) = (attribute("given_name"), attribute("family_name"));
        let names = format!("{first} {last}");
        let name =
            [self.attribute("name").unwrap_or_default(), names.trim(), self.attribute("email").unwrap_or_default()]
                .into_iter()
                .find(|name| !name.is_empty());
        let shown = ["sub", "name", "given_name", "family_name", "email"];
        let details = self.attributes.iter().filter(|(name, _)| !shown.contains(&name.as_str()));
        Customer {
            contacts: Contacts::default(),
            id: CustomerId::new(self.sub().unwrap_or(&self.username)),
            name: name.unwrap_or(&self.username).to_owned(),
            email: self.attribute("email").map(str::to_owned),
            username: Some(self.sign_in_name().to_owned()),
            names: Some(Names { first, last }),
            details: details.map(|(name, value)| (name.clone(), value.clone())).chain(self.unconfirmed()).collect(),
        }
    }

    /// Says of a user who signed up, and has not confirmed it, that they cannot sign in. No other backend has such a status.
    fn unconfirmed(&self) -> Option<(String, String)> {
        (self.status == Some(UserStatusType::Unconfirmed)).then(|| {
            let words =
                "UNCONFIRMED: signed up, and cannot sign in before that is confirmed; a reset does away with it";
            ("User status".to_owned(), words.to_owned())
        })
    }

    /// Returns the name that the customer signs in with. In a pool whose users sign in by their address the username is the
    /// `sub`, which nobody types (Cognito Developer Guide, "Customizing sign-in attributes").
    fn sign_in_name(&self) -> &str {
        if self.sub() == Some(self.username.as_str()) {
            self.attribute("email").or_else(|| self.attribute("phone_number")).unwrap_or(&self.username)
        } else {
            &self.username
        }
    }
}

fn by_name(attributes: Option<Vec<AttributeType>>) -> BTreeMap<String, String> {
    attributes.into_iter().flatten().map(|attribute| (attribute.name, attribute.value.unwrap_or_default())).collect()
}

/// Returns a time of the service, which has milliseconds.
fn timestamp(time: DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn user(username: &str, attributes: &[(&str, &str)], status: UserStatusType) -> PoolUser {
        let attribute =
            |(name, value): &(&str, &str)| AttributeType::builder().name(*name).value(*value).build().unwrap();
        let user = UserType::builder().username(username).user_status(status).enabled(true);
        PoolUser::from_list(user.set_attributes(Some(attributes.iter().map(attribute).collect())).build()).unwrap()
    }

    #[test]
    fn a_customer_is_known_by_sub_and_signs_in_by_the_name_that_people_type() {
        let attributes =
            [("sub", "0f3e"), ("email", "ada@example.com"), ("given_name", "Ada"), ("family_name", "Lovelace")];
        let ada = user("ada", &attributes, UserStatusType::Confirmed).to_customer();
        assert_eq!(
            (ada.id.as_str(), ada.name.as_str(), ada.username.as_deref()),
            ("0f3e", "Ada Lovelace", Some("ada"))
        );
        let by_mail = user("0f3e", &attributes, UserStatusType::Confirmed).to_customer();
        assert_eq!(by_mail.username.as_deref(), Some("ada@example.com"), "the pool made the username");
        let nameless = user("bo", &[("sub", "0f3f")], UserStatusType::Confirmed).to_customer();
        assert_eq!((nameless.name.as_str(), nameless.email), ("bo", None));
        assert!(nameless.details.is_empty());
    }

    #[test]
    fn who_never_confirmed_a_registration_is_shown_as_that() {
        let shown = user("ada", &[("sub", "0f3e")], UserStatusType::Unconfirmed).to_customer().details;
        assert!(shown[0].1.contains("cannot sign in"), "{shown:?}");
    }

    #[test]
    fn a_status_that_is_missing_or_new_is_not_known() {
        assert_eq!(user("ada", &[], "SESAME".into()).lifecycle(), Lifecycle::Unknown);
        let hidden = PoolUser { status: None, ..user("ada", &[], UserStatusType::Confirmed) };
        assert_eq!(hidden.lifecycle(), Lifecycle::Unknown);
    }
}

//! How the backend names a user, and where that differs from how the directory names the customer.

use serde::Serialize;

use super::customer::Customer;
use super::user_id::UserId;

/// A user, as the backend names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserProfile {
    /// The backend's own id.
    pub id: UserId,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The id that a rename or a move leaves as it is; `None` if the agent may not read it.
    ///
    /// It is entryUUID on `OpenLDAP` (RFC 4530), objectGUID on Active Directory, the user's id on Keycloak, and the number
    /// of the practice directory.
    pub immutable_id: Option<String>,
}

impl UserProfile {
    /// Returns the id that records have: the one that no rename changes or, if that cannot be read, the backend's own.
    pub fn id_in_records(&self) -> &str {
        self.immutable_id.as_deref().unwrap_or(self.id.as_str())
    }

    /// Returns every id that records may have: the one of [`Self::id_in_records`], and the backend's own.
    pub fn ids_in_records(&self) -> impl Iterator<Item = String> {
        self.immutable_id.iter().cloned().chain([self.id.as_str().to_owned()])
    }

    /// Formats username and id: "ada.lovelace (1001)".
    pub fn describe(&self) -> String {
        match &self.username {
            Some(username) if *username != self.id.as_str() => format!("{username} ({})", self.id.as_str()),
            _ => self.id.as_str().to_owned(),
        }
    }

    /// Whether the customer's profile names this user by the name to sign in with.
    pub fn is_named_by(&self, customer: &Customer) -> bool {
        let both = customer.username.as_deref().zip(self.username.as_deref());
        both.is_some_and(|(theirs, own)| is_same(theirs, own))
    }

    /// Returns what differs from the customer's profile, in sentences. What either side leaves out is no difference.
    pub fn differences(&self, customer: &Customer) -> Vec<String> {
        let name = Some(&customer.name).filter(|name| !name.is_empty());
        let all = [
            ("name", name, &self.name),
            ("e-mail address", customer.email.as_ref(), &self.email),
            ("username", customer.username.as_ref(), &self.username),
        ];
        let differing = all.into_iter().filter_map(|(what, theirs, own)| {
            let (theirs, own) = theirs.zip(own.as_ref())?;
            (!is_same(theirs, own)).then(|| format!("The user's {what} is {own}, and the customer's is {theirs}."))
        });
        differing.collect()
    }
}

/// Whether two names or addresses are the same, but for case and spaces.
fn is_same(one: &str, other: &str) -> bool {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    words(one) == words(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::customer::CustomerId;

    #[test]
    fn what_differs_is_pointed_out_and_what_is_left_out_is_not() {
        let some = |text: &str| Some(text.to_owned());
        let user = UserProfile {
            id: UserId::new("7f3e"),
            username: some("ada"),
            name: some("Ada  LOVELACE"),
            email: None,
            immutable_id: None,
        };
        assert_eq!(user.describe(), "ada (7f3e)");
        let customer = Customer {
            name: "Ada Lovelace".to_owned(),
            email: some("ada@example.com"),
            username: some("Ada"),
            ..Customer::known_by(CustomerId::new("C-1"))
        };
        assert_eq!((user.differences(&customer), user.is_named_by(&customer)), (Vec::new(), true));
        let user = UserProfile { name: some("Grace Hopper"), email: some("grace@example.com"), ..user };
        assert_eq!(
            user.differences(&customer),
            [
                "The user's name is Grace Hopper, and the customer's is Ada Lovelace.",
                "The user's e-mail address is grace@example.com, and the customer's is ada@example.com.",
            ]
        );
        assert!(user.differences(&Customer::known_by(CustomerId::new("C-2"))).is_empty());
    }
}

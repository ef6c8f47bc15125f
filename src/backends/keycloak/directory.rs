//! The port `CustomerDirectory` for a realm whose users are the customers.

use async_trait::async_trait;

use super::user_lookup::KeycloakAgent;
use super::wire::User;
use crate::domain::ports::CustomerDirectory;
use crate::domain::{Contacts, Customer, CustomerId, Found, Names, Particulars, Result, Right, UserId, UserProfile};

/// The query parameter for users without attributes, which are enough for a list.
const BRIEF: (&str, &str) = ("briefRepresentation", "true");

impl User {
    /// Returns the user as the realm names them.
    pub(super) fn profile(&self) -> UserProfile {
        let Customer { name, email, username, .. } = self.to_customer();
        let immutable_id = Some(self.id.clone());
        UserProfile { id: UserId::new(self.id.clone()), username, name: Some(name), email, immutable_id }
    }

    /// Returns the user as a customer.
    pub(super) fn to_customer(&self) -> Customer {
        let (first, last) = (self.first_name.clone().unwrap_or_default(), self.last_name.clone().unwrap_or_default());
        let name = format!("{first} {last}").trim().to_owned();
        let attributes = self.attributes.iter().filter(|(name, _)| !name.starts_with("LDAP_"));
        Customer {
            contacts: Contacts::default(),
            id: CustomerId::new(self.id.clone()),
            name: if name.is_empty() { self.username.clone().unwrap_or_default() } else { name },
            email: self.email.clone().filter(|email| !email.is_empty()),
            username: self.username.clone(),
            names: Some(Names { first, last }),
            details: attributes.map(|(name, values)| (name.clone(), values.join(", "))).collect(),
        }
    }
}

/// The paths below `users` that are no users (26.7).
const RESERVED: [&str; 2] = ["count", "profile"];

/// Reports whether a text can be a user's id. A text that would lead to another path cannot.
pub(super) fn can_be_id(text: &str) -> bool {
    !RESERVED.contains(&text)
        && text.contains(|letter: char| letter.is_ascii_alphanumeric())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | ':'))
}

impl KeycloakAgent {
    async fn users(&self, query: &[(&str, &str)]) -> Result<Vec<User>> {
        self.api().get(&["users"], query, Right::FindCustomers).await
    }

    /// Reads the user with this id.
    pub(super) async fn user(&self, id: &str) -> Result<Option<User>> {
        if !can_be_id(id) {
            return Ok(None);
        }
        self.api().get_if_any(&["users", id], &[], Right::FindCustomers).await
    }

    /// Finds the users with exactly this username or e-mail address, ignoring case.
    pub(super) async fn find_users_exactly(&self, text: &str) -> Result<Vec<User>> {
        let by_name = [("username", text), ("exact", "true"), BRIEF];
        let by_email = [("email", text), ("exact", "true"), BRIEF];
        if !text.contains('@') {
            return self.users(&by_name).await;
        }
        let (mut found, more) = tokio::try_join!(self.users(&by_name), self.users(&by_email))?;
        for user in more {
            if found.iter().all(|known| known.id != user.id) {
                found.push(user);
            }
        }
        Ok(found)
    }
}

/// The realm as a customer directory, as this agent sees it.
pub(super) struct RealmDirectory(pub(super) KeycloakAgent);

impl RealmDirectory {
    /// Reads the user if the text is a whole id, which the server's search does not find.
    async fn user_by_whole_id(&self, text: &str) -> Result<Option<User>> {
        let is_uuid = text.len() == 36 && text.matches('-').count() == 4;
        if is_uuid { self.0.user(text).await } else { Ok(None) }
    }
}

/// Builds a search for a text anywhere in username, names and e-mail: `*text*`.
///
/// Without the asterisks the server finds beginnings only. Search operators in the agent's text are removed.
fn infix_query(text: &str) -> String {
    let plain: String = text.chars().filter(|letter| !matches!(letter, '*' | '"')).collect();
    format!("*{plain}*")
}

#[async_trait(?Send)]
impl CustomerDirectory for RealmDirectory {
    async fn find(&self, text: &str, limit: usize) -> Result<Found> {
        let max = limit.to_string();
        let search = infix_query(text);
        let query = [("search", search.as_str()), ("first", "0"), ("max", max.as_str()), BRIEF];
        let (by_id, mut found) = tokio::try_join!(self.user_by_whole_id(text), self.0.users(&query))?;
        let total = if found.len() < limit {
            Some(found.len() as u64 + u64::from(by_id.is_some()))
        } else {
            Some(self.0.api().get(&["users", "count"], &[("search", search.as_str())], Right::FindCustomers).await?)
        };
        if let Some(user) = by_id {
            found.insert(0, user);
            found.truncate(limit);
        }
        Ok(Found { customers: found.iter().map(User::to_customer).collect(), total, left_out: Vec::new() })
    }

    async fn exact(&self, text: &str) -> Result<Vec<Customer>> {
        let (by_id, mut found) = tokio::try_join!(self.0.user(text), self.0.find_users_exactly(text))?;
        found.extend(by_id);
        let mut customers: Vec<Customer> = found.iter().map(User::to_customer).collect();
        customers.sort_by(|one, other| one.id.cmp(&other.id));
        customers.dedup_by(|one, other| one.id == other.id);
        Ok(customers)
    }

    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        Ok(self.0.user(id.as_str()).await?.as_ref().map(User::to_customer))
    }

    async fn draft(&self, particulars: &Particulars) -> Result<Customer> {
        let particulars = particulars.checked()?;
        let same = self.0.find_users_exactly(&particulars.email).await?;
        if !same.is_empty() {
            return Err(particulars.already_known(same.iter().map(User::to_customer).collect()));
        }
        Ok(particulars.to_customer(CustomerId::new(particulars.email.to_lowercase())))
    }
}

#[cfg(test)]
mod tests {
    use super::{can_be_id, infix_query};

    #[test]
    fn a_search_is_for_the_text_anywhere() {
        assert_eq!(infix_query("ovel"), "*ovel*");
        assert_eq!(infix_query("\"a*b\""), "*ab*");
    }

    #[test]
    fn a_text_that_looks_like_a_path_is_no_id() {
        for (text, could) in [
            ("5fd21a35-18d2-42c1-8733-c85c29cfb049", true),
            ("f:5fd21a35:ada", true),
            ("ada.lovelace", true),
            ("..", false),
            (".", false),
            ("a/../b", false),
            ("a b", false),
            ("count?x", false),
            ("count", false),
            ("profile", false),
            ("countess", true),
            ("", false),
        ] {
            assert_eq!(can_be_id(text), could, "{text}");
        }
    }
}

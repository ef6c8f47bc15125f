//! The realm as customer directory.

use async_trait::async_trait;

use super::user_lookup::KeycloakAgent;
use super::wire::User;
use crate::domain::ports::CustomerDirectory;
use crate::domain::{Customer, CustomerId, Error, Found, Kind, Names, Particulars, Reason, Result, Right};

/// Brief users are enough for a list.
const BRIEF: (&str, &str) = ("briefRepresentation", "true");

impl User {
    /// The customer that this user is, where the realm is the directory.
    pub(super) fn customer(&self) -> Customer {
        let (first, last) = (self.first_name.clone().unwrap_or_default(), self.last_name.clone().unwrap_or_default());
        let name = format!("{first} {last}").trim().to_owned();
        let attributes = self.attributes.iter().filter(|(name, _)| !name.starts_with("LDAP_"));
        Customer {
            id: CustomerId::new(self.id.clone()),
            name: if name.is_empty() { self.username.clone().unwrap_or_default() } else { name },
            email: self.email.clone().filter(|email| !email.is_empty()),
            username: self.username.clone(),
            names: Some(Names { first, last }),
            details: attributes.map(|(name, values)| (name.clone(), values.join(", "))).collect(),
        }
    }
}

/// What the server has below `users` beside users (26.7).
const NO_IDS: [&str; 2] = ["count", "profile"];

/// Whether a text could be an id: never something that would be another path.
pub(super) fn could_be_id(text: &str) -> bool {
    !NO_IDS.contains(&text)
        && text.contains(|letter: char| letter.is_ascii_alphanumeric())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | ':'))
}

impl KeycloakAgent {
    async fn users(&self, query: &[(&str, &str)]) -> Result<Vec<User>> {
        self.api().get(&["users"], query, Right::FindCustomers).await
    }

    /// The user with this id.
    pub(super) async fn user(&self, id: &str) -> Result<Option<User>> {
        if !could_be_id(id) {
            return Ok(None);
        }
        self.api().get_if_any(&["users", id], &[], Right::FindCustomers).await
    }

    /// The users with exactly this username, or this e-mail address, in any case.
    pub(super) async fn users_called(&self, text: &str) -> Result<Vec<User>> {
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

/// The realm, for this agent.
pub(super) struct RealmDirectory(pub(super) KeycloakAgent);

impl RealmDirectory {
    /// The server's search does not look at ids: one that is given in full is looked up.
    async fn by_id_in_full(&self, text: &str) -> Result<Option<User>> {
        let looks_like_one = text.len() == 36 && text.matches('-').count() == 4;
        if looks_like_one { self.0.user(text).await } else { Ok(None) }
    }
}

/// The server searches for beginnings unless it is told otherwise: `*text*` finds it anywhere in username, names and
/// e-mail. Its own signs in the text are not the agent's to give.
fn infix(text: &str) -> String {
    let plain: String = text.chars().filter(|letter| !matches!(letter, '*' | '"')).collect();
    format!("*{plain}*")
}

#[async_trait(?Send)]
impl CustomerDirectory for RealmDirectory {
    async fn find(&self, text: &str, limit: usize) -> Result<Found> {
        let most = limit.to_string();
        let search = infix(text);
        let query = [("search", search.as_str()), ("first", "0"), ("max", most.as_str()), BRIEF];
        let (by_id, mut found) = tokio::try_join!(self.by_id_in_full(text), self.0.users(&query))?;
        let total = if found.len() < limit {
            Some(found.len() as u64 + u64::from(by_id.is_some()))
        } else {
            Some(self.0.api().get(&["users", "count"], &[("search", search.as_str())], Right::FindCustomers).await?)
        };
        if let Some(user) = by_id {
            found.insert(0, user);
            found.truncate(limit);
        }
        Ok(Found { customers: found.iter().map(User::customer).collect(), total })
    }

    async fn exact(&self, text: &str) -> Result<Vec<Customer>> {
        let (by_id, mut found) = tokio::try_join!(self.0.user(text), self.0.users_called(text))?;
        found.extend(by_id);
        let mut customers: Vec<Customer> = found.iter().map(User::customer).collect();
        customers.sort_by(|one, other| one.id.cmp(&other.id));
        customers.dedup_by(|one, other| one.id == other.id);
        Ok(customers)
    }

    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        Ok(self.0.user(id.as_str()).await?.as_ref().map(User::customer))
    }

    async fn draft(&self, particulars: &Particulars) -> Result<Customer> {
        let particulars = &particulars.checked()?;
        let Particulars { email, first_name, last_name } = particulars;
        let same = self.0.users_called(email).await?;
        if !same.is_empty() {
            return Err(Error::new(
                Kind::Usage,
                Reason::CustomerExists,
                format!("There is a customer with the address {email} already."),
            )
            .hint("Leave out --create, and name the customer by id.")
            .candidates(same.iter().map(User::customer).collect()));
        }
        let names = Names { first: first_name.trim().to_owned(), last: last_name.trim().to_owned() };
        Ok(Customer {
            id: CustomerId::new(email.to_lowercase()),
            name: format!("{} {}", names.first, names.last),
            email: Some(email.clone()),
            username: None,
            names: Some(names),
            details: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{could_be_id, infix};

    #[test]
    fn a_search_is_for_the_text_anywhere() {
        assert_eq!(infix("ovel"), "*ovel*");
        assert_eq!(infix("\"a*b\""), "*ab*");
    }

    #[test]
    fn what_looks_like_a_path_is_no_id() {
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
            assert_eq!(could_be_id(text), could, "{text}");
        }
    }
}

//! The port `CustomerDirectory` for a pool whose users are the customers.

use async_trait::async_trait;
use futures_util::future::try_join_all;

use super::agent::CognitoAgent;
use super::filter::{Comparison, Filter};
use super::pool_user::PoolUser;
use super::users::each_once;
use crate::domain::ports::CustomerDirectory;
use crate::domain::{Customer, CustomerId, Found, Particulars, Result};

/// The attributes that a search compares the beginning of.
const SEARCHED: [&str; 5] = ["username", "email", "name", "given_name", "family_name"];

/// The pool as a customer directory, as this agent sees it.
pub(super) struct PoolDirectory(pub(super) CognitoAgent);

impl CognitoAgent {
    /// Finds the users whose `sub`, username, address or number is exactly this, in any case.
    pub(super) async fn find_exactly(&self, text: &str) -> Result<Vec<PoolUser>> {
        let mut filters: Vec<Option<Filter>> = Vec::new();
        if is_uuid(text) {
            filters.push(Filter::equals("sub", &text.to_lowercase()));
        }
        if text.contains('@') {
            filters.extend(spellings(text, Spelling::Address).map(|text| Filter::equals("email", &text)));
        }
        if is_number(text) {
            filters.push(Filter::equals("phone_number", text));
        }
        let lists = filters.into_iter().map(|filter| self.list(filter, usize::MAX));
        let (by_name, lists) = tokio::try_join!(self.user(text), try_join_all(lists))?;
        let lists = std::iter::once(by_name.into_iter().collect()).chain(lists);
        Ok(each_once(lists).into_iter().filter(|user| user.is_called(text)).collect())
    }
}

impl PoolUser {
    /// Whether the text is the user's `sub`, username, address or number.
    fn is_called(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let names = ["sub", "email", "phone_number", "preferred_username"];
        self.username.to_lowercase() == text
            || names.iter().filter_map(|name| self.attribute(name)).any(|value| value.to_lowercase() == text)
    }
}

/// How the words of a text may be written in the pool, which compares letter by letter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// As typed, and in small letters.
    Address,
    /// Also with a capital at the beginning of each word.
    Name,
}

/// Returns the ways in which the pool may have a text, each once.
fn spellings(text: &str, spelling: Spelling) -> impl Iterator<Item = String> + use<> {
    let lower = text.to_lowercase();
    let mut all = vec![text.to_owned(), lower.clone()];
    if spelling == Spelling::Name {
        let mut at_beginning = true;
        let capitals = lower.chars().flat_map(|letter| {
            let upper: Vec<char> = if at_beginning { letter.to_uppercase().collect() } else { vec![letter] };
            at_beginning = !letter.is_alphanumeric();
            upper
        });
        all.push(capitals.collect());
    }
    all.sort();
    all.dedup();
    all.into_iter()
}

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.matches('-').count() == 4
        && text.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-')
}

fn is_number(text: &str) -> bool {
    text.len() > 2 && text.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
}

#[async_trait(?Send)]
impl CustomerDirectory for PoolDirectory {
    async fn find(&self, text: &str, limit: usize) -> Result<Found> {
        let text = text.trim();
        let mut filters = Vec::new();
        for attribute in SEARCHED {
            let spelling = if attribute.ends_with("name") { Spelling::Name } else { Spelling::Address };
            filters.extend(spellings(text, spelling).map(|text| Filter::new(attribute, Comparison::BeginsWith, &text)));
        }
        if is_number(text) {
            filters.push(Filter::new("phone_number", Comparison::BeginsWith, text));
        }
        let lists = filters.into_iter().map(|filter| self.0.list(filter, limit.saturating_add(1)));
        let (exact, lists) = tokio::try_join!(self.0.find_exactly(text), try_join_all(lists))?;
        let found = each_once(std::iter::once(exact).chain(lists));
        let total = (found.len() <= limit).then_some(found.len() as u64);
        let customers = found.iter().take(limit).map(PoolUser::to_customer).collect();
        Ok(Found { customers, total, left_out: Vec::new() })
    }

    async fn exact(&self, text: &str) -> Result<Vec<Customer>> {
        Ok(self.0.find_exactly(text).await?.iter().map(PoolUser::to_customer).collect())
    }

    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        Ok(self.0.user_by_sub(id.as_str()).await?.map(|user| user.to_customer()))
    }

    async fn draft(&self, particulars: &Particulars) -> Result<Customer> {
        let particulars = particulars.checked()?;
        let same = self.0.find_exactly(&particulars.email).await?;
        if !same.is_empty() {
            return Err(particulars.already_known(same.iter().map(PoolUser::to_customer).collect()));
        }
        Ok(particulars.to_customer(CustomerId::new(particulars.email.to_lowercase())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_for_as_it_may_be_written() {
        let names = |text, spelling| spellings(text, spelling).collect::<Vec<_>>();
        assert_eq!(names("ada love", Spelling::Name), ["Ada Love", "ada love"]);
        assert_eq!(names("ADA@example.com", Spelling::Address), ["ADA@example.com", "ada@example.com"]);
        assert_eq!(names("jean-luc", Spelling::Name), ["Jean-Luc", "jean-luc"]);
        assert_eq!(names("ß", Spelling::Name), ["SS", "ß"]);
    }

    #[test]
    fn ids_and_numbers_are_known_by_their_form() {
        assert!(is_uuid("0f3e7c1a-0000-4000-8000-000000000000") && !is_uuid("ada") && !is_uuid(&"-".repeat(36)));
        assert!(is_number("+442079460018") && !is_number("+") && !is_number("442079460018"));
    }
}

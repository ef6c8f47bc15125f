//! Reads users of the pool: one by name, or those that match a filter.

use std::collections::{BTreeMap, HashMap};

use super::action::Action;
use super::agent::CognitoAgent;
use super::call::Repeats;
use super::errors;
use super::filter::Filter;
use super::page_tokens::PageTokens;
use super::pool_user::PoolUser;
use crate::domain::Result;
use crate::domain::ports::RandomSource as _;
use crate::net::retry::Deadline;
use crate::platform::SystemRandom;

/// How many users a page has at most (Cognito API, `ListUsers`).
const PAGE: i32 = 60;
/// Of how many users something is kept between two calls: more than a bulk run works at, and few enough for its memory.
const REMEMBERED: usize = 1024;
/// The longest username, in characters (Cognito API, `AdminGetUser`).
const LONGEST_USERNAME: usize = 128;

/// Whether a text can be a username: letters, marks, symbols, digits and punctuation (Cognito API, `AdminGetUser`).
pub(super) fn can_be_username(text: &str) -> bool {
    let is_part = |letter: char| !letter.is_whitespace() && !letter.is_control();
    !text.is_empty() && text.chars().count() <= LONGEST_USERNAME && text.chars().all(is_part)
}

/// Keeps a value by a user's name or id, and forgets all others once there are [`REMEMBERED`].
pub(super) fn remember<T>(values: &mut HashMap<String, T>, key: &str, value: T) {
    if values.len() >= REMEMBERED {
        values.clear();
    }
    values.insert(key.to_owned(), value);
}

/// Makes a name that no user has.
///
/// # Errors
/// Exit 1: the operating system gives no random bytes.
pub(super) fn random_username(prefix: &str) -> Result<String> {
    let mut bytes = [0; 16];
    SystemRandom.fill(&mut bytes)?;
    Ok(format!("{prefix}-{:032x}", u128::from_be_bytes(bytes)))
}

impl CognitoAgent {
    /// Reads a user by username. The pool also takes a verified address in its place.
    pub(super) async fn user(&self, username: &str) -> Result<Option<PoolUser>> {
        self.user_repeated(Repeats::ByCaller, username).await
    }

    /// Reads a user by username, by a call that this client repeats or the caller.
    pub(super) async fn user_repeated(&self, repeats: Repeats, username: &str) -> Result<Option<PoolUser>> {
        if !can_be_username(username) {
            return Ok(None);
        }
        let get = self.api().cognito().admin_get_user().user_pool_id(self.user_pool()).username(username);
        match self.api().call_repeated(repeats, Action::AdminGetUser, || get.clone().send()).await? {
            Ok(user) => Ok(Some(self.noted(PoolUser::from_read(user)))),
            Err(refusal) if refusal.is("UserNotFoundException") => Ok(None),
            // A text that the pool takes for no username names nobody.
            Err(refusal) if refusal.is("InvalidParameterException") => Ok(None),
            Err(refusal) => Err(errors::unexpected(Action::AdminGetUser, &refusal.code)),
        }
    }

    /// Reads the user with this `sub`.
    pub(super) async fn user_by_sub(&self, sub: &str) -> Result<Option<PoolUser>> {
        let known = self.0.usernames.borrow().get(sub).cloned();
        if let Some(username) = known {
            let user = self.user(&username).await?;
            return Ok(user.filter(|user| user.sub() == Some(sub)));
        }
        Ok(self.list(Filter::equals("sub", sub), 1).await?.pop())
    }

    /// Lists users that match the filter, at most so many. Without a filter that can match there are none.
    pub(super) async fn list(&self, filter: Option<Filter>, most: usize) -> Result<Vec<PoolUser>> {
        let Some(filter) = filter else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let matches = |user: &PoolUser| match filter.attribute() {
            "username" => filter.matches(&user.username),
            attribute => user.attribute(attribute).is_some_and(|value| filter.matches(value)),
        };
        self.each_page(Some(&filter.to_string()), self.api().deadline(), |user| {
            if matches(&user) {
                found.push(user);
            }
            found.len() < most
        })
        .await?;
        Ok(found)
    }

    /// Hands each user of the pool that matches the filter to a function, page by page, until it says no.
    pub(super) async fn each_page(
        &self,
        filter: Option<&str>,
        deadline: Deadline,
        mut take: impl FnMut(PoolUser) -> bool,
    ) -> Result<()> {
        let (mut tokens, mut next) = (PageTokens::default(), None);
        loop {
            let list = self.api().cognito().list_users().user_pool_id(self.user_pool()).limit(PAGE);
            let list = list.set_filter(filter.map(str::to_owned)).set_pagination_token(next);
            let answer = self.api().call_until(deadline, Action::ListUsers, || list.clone().send()).await?;
            let page = answer.map_err(|refusal| errors::unexpected(Action::ListUsers, &refusal.code))?;
            for user in page.users.into_iter().flatten().filter_map(PoolUser::from_list) {
                if !take(self.noted(user)) {
                    return Ok(());
                }
            }
            next = tokens.next(Action::ListUsers, page.pagination_token)?;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// Keeps the user's name, by `sub`.
    fn noted(&self, user: PoolUser) -> PoolUser {
        if let Some(sub) = user.sub() {
            remember(&mut self.0.usernames.borrow_mut(), sub, user.username.clone());
        }
        user
    }
}

/// Puts users of several lists together, each once, in the order of the lists.
pub(super) fn each_once(lists: impl IntoIterator<Item = Vec<PoolUser>>) -> Vec<PoolUser> {
    let mut order = Vec::new();
    let mut users = BTreeMap::new();
    for user in lists.into_iter().flatten() {
        if !users.contains_key(&user.username) {
            order.push(user.username.clone());
            users.insert(user.username.clone(), user);
        }
    }
    order.into_iter().filter_map(|name| users.remove(&name)).collect()
}

//! The user's groups, and the groups that the profile protects.

use futures_util::future::try_join_all;

use super::action::Action;
use super::agent::CognitoAgent;
use super::errors;
use super::page_tokens::PageTokens;
use super::users::can_be_username;
use crate::domain::{Check, CheckState, Obstacle, Reason, Result};

/// What is read, or why it cannot be.
pub(super) type Readable<T> = Result<T, String>;

impl CognitoAgent {
    /// Reads the user's groups.
    pub(super) async fn groups(&self, username: &str) -> Result<Readable<Vec<String>>> {
        let (deadline, mut groups) = (self.api().deadline(), Vec::new());
        let (mut tokens, mut next) = (PageTokens::default(), None);
        loop {
            let list = self.api().cognito().admin_list_groups_for_user().user_pool_id(self.user_pool());
            let list = list.username(username).set_next_token(next);
            let action = Action::AdminListGroupsForUser;
            let page = match self.api().call_until(deadline, action, || list.clone().send()).await {
                Ok(Ok(page)) => page,
                Ok(Err(refusal)) if refusal.is("UserNotFoundException") => return errors::user_gone(),
                Ok(Err(refusal)) => return Err(errors::unexpected(action, &refusal.code)),
                Err(error) if error.reason == Reason::MissingRight => {
                    return Ok(Err(format!("you may not read the user's groups (it takes {})", action.name())));
                }
                Err(error) => return Err(error),
            };
            groups.extend(page.groups.into_iter().flatten().filter_map(|group| group.group_name));
            next = tokens.next(action, page.next_token)?;
            if next.is_none() {
                return Ok(Ok(groups));
            }
        }
    }

    /// Returns the obstacle of a protected user, or of a user whose groups cannot be read.
    pub(super) fn protection_obstacle(groups: &Readable<Vec<String>>, guard: &Guard<'_>) -> Option<Obstacle> {
        let protected = guard.names.iter().find(|name| groups.iter().flatten().any(|group| group == *name));
        if let Some(name) = protected {
            return Some(Obstacle::Protected(name.clone()));
        }
        let unread = groups.as_ref().err().filter(|_| !guard.names.is_empty());
        let why = guard.unknown.or(unread.map(String::as_str))?;
        Some(Obstacle::ProtectionUnreadable(why.to_owned()))
    }

    /// Returns what the profile protects, and why that is not known in full. A misspelt name would protect nobody.
    pub(super) async fn guard(&self) -> Result<Guard<'_>> {
        let names = &self.0.protected.groups;
        let look_up = async || {
            let missing = try_join_all(names.iter().map(|name| self.missing_group(name))).await?;
            let missing: Vec<String> = missing.into_iter().flatten().collect();
            Ok((!missing.is_empty()).then(|| missing.join("; ")))
        };
        let unknown = self.0.unknown_protection.get_or_try_init(look_up).await?;
        Ok(Guard { names, unknown: unknown.as_deref() })
    }

    /// Returns why a group is not found; `None` if it is there.
    async fn missing_group(&self, name: &str) -> Result<Option<String>> {
        let absent = || Ok(Some(format!("the pool has no group \"{name}\", which the profile protects")));
        if !can_be_username(name) {
            return absent();
        }
        let get = self.api().cognito().get_group().user_pool_id(self.user_pool()).group_name(name);
        match self.api().call(Action::GetGroup, || get.clone().send()).await {
            Ok(Ok(_)) => Ok(None),
            Ok(Err(refusal)) if refusal.is("ResourceNotFoundException") => absent(),
            Ok(Err(refusal)) => Err(errors::unexpected(Action::GetGroup, &refusal.code)),
            Err(error) if error.reason == Reason::MissingRight => Ok(Some(format!(
                "whether there is a group \"{name}\" you may not read (it takes {})",
                Action::GetGroup.name()
            ))),
            Err(error) => Err(error),
        }
    }

    /// Checks for `doctor` that the protected groups are there, and that a user's groups can be read.
    pub(super) async fn protection_check(&self) -> Result<Check> {
        const NAME: &str = "protection";
        let fault =
            |why: &str| Ok(Check::new(NAME, CheckState::Fault, format!("{why}: every reset is refused until then")));
        let guard = self.guard().await?;
        if guard.names.is_empty() {
            let words = "the profile protects nobody: the users of administrators can be reset as well";
            return Ok(Check::new(NAME, CheckState::Warning, words));
        }
        if let Some(why) = guard.unknown {
            return fault(&format!("{why} (names count as they are written, capitals too)"));
        }
        let Some(user) = self.any_user().await? else {
            return Ok(Check::new(NAME, CheckState::Unknown, "could not be tried: the pool shows you no user"));
        };
        match self.groups(&user.username).await? {
            Err(why) => fault(&why),
            Ok(_) => Ok(Check::new(NAME, CheckState::Ok, "the groups are there, and a user's groups can be read")),
        }
    }
}

/// What the profile protects.
pub(super) struct Guard<'a> {
    /// The names of the groups.
    pub(super) names: &'a [String],
    /// Why some group is not known; `None` if all are there.
    unknown: Option<&'a str>,
}

impl<'a> Guard<'a> {
    /// Returns why some group is not known; `None` if all are there.
    pub(super) const fn unknown(&self) -> Option<&'a str> {
        self.unknown
    }
}

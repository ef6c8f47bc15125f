//! The realm's required action `UPDATE_PASSWORD`, by which a temporary password makes its owner choose a new one.
//!
//! A set marks the user in any realm. Where the action is off or removed the mark does nothing: the browser lets the
//! temporary password in, again and again, while a direct grant still refuses it (26.0.8 to 26.7.3). So the realm's list
//! decides, and no sign-in is tried.

use std::time::{Duration, Instant};

use super::call::Api;
use super::readable::{Readable, or_unreadable};
use super::wire::{RequiredAction, UPDATE_PASSWORD};
use crate::domain::{Check, CheckState, Obstacle, Result, Right, Unreadable};

/// How long one reading of the list serves the rows of a bulk run.
const BULK_MAX_AGE: Duration = Duration::from_mins(1);
/// The list, which also agents without `view-realm` may read. The single action takes that role.
pub(super) const LIST: [&str; 2] = ["authentication", "required-actions"];

/// The state of `UPDATE_PASSWORD` in the realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UpdatePassword {
    Enabled,
    Disabled,
    /// It is not in the realm's list: an administrator removed it.
    Removed,
    /// Another action of the server has its name.
    Replaced,
}

impl UpdatePassword {
    /// Finds the action in the realm's list.
    pub(super) fn find_in(list: &[RequiredAction]) -> Self {
        let Some(found) = list.iter().find(|action| action.alias == UPDATE_PASSWORD) else { return Self::Removed };
        if found.provider_id.as_deref().is_some_and(|provider| provider != UPDATE_PASSWORD) {
            return Self::Replaced;
        }
        if found.enabled == Some(true) { Self::Enabled } else { Self::Disabled }
    }

    /// Returns why a temporary password would be a full sign-in; `None` if the action is on.
    pub(super) const fn fault(self) -> Option<&'static str> {
        match self {
            Self::Enabled => None,
            Self::Disabled => Some("the realm's required action Update Password is off"),
            Self::Removed => Some("the realm has no required action Update Password"),
            Self::Replaced => Some("another action of the realm has the name UPDATE_PASSWORD"),
        }
    }
}

/// Reads the state of the action before each set. A bulk run reads it once a minute.
#[derive(Default)]
pub(super) struct UpdatePasswordReader {
    /// The last reading of a bulk run.
    last: tokio::sync::Mutex<Option<(Instant, Readable<UpdatePassword>)>>,
}

/// Reads the state of the action, or why it may not be read.
async fn read(api: &Api) -> Result<Readable<UpdatePassword>> {
    let list: Result<Vec<RequiredAction>> = api.get(&LIST, &[], Right::FindCustomers).await;
    Ok(or_unreadable(list, "query-users")?.map(|list| UpdatePassword::find_in(&list)))
}

impl UpdatePasswordReader {
    async fn state(&self, api: &Api) -> Result<Readable<UpdatePassword>> {
        if !api.leaves_retries() {
            return read(api).await;
        }
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, found)) if at.elapsed() < BULK_MAX_AGE => Ok(found.clone()),
            _ => {
                let found = read(api).await?;
                *last = Some((Instant::now(), found.clone()));
                Ok(found)
            }
        }
    }

    /// Returns the obstacle to every reset in a realm that would not ask for a new password.
    pub(super) async fn obstacle(&self, api: &Api) -> Result<Option<Obstacle>> {
        Ok(match self.state(api).await? {
            Ok(state) => state.fault().map(|why| Obstacle::WouldNotStick(why.to_owned())),
            Err(role) => {
                let decides = "whether a temporary password makes its owner choose a new one";
                let value = Unreadable::new("the realm's list of required actions", decides, role);
                Some(Obstacle::Unreadable(value.for_resets_alone()))
            }
        })
    }

    /// Checks for `doctor` that a temporary password is no full sign-in in this realm.
    pub(super) async fn check(&self, api: &Api) -> Result<Check> {
        let id = "required action";
        Ok(match self.state(api).await? {
            Ok(state) => match state.fault() {
                None => Check::new(id, CheckState::Ok, "a temporary password makes its owner choose a new one"),
                Some(why) => {
                    let words = format!(
                        "{why}: a temporary password would be a full sign-in, and every reset is refused until then. An administrator switches it on: `tellonce setup`"
                    );
                    Check { for_setup: true, ..Check::new(id, CheckState::Fault, words) }
                }
            },
            Err(role) => {
                let words = format!(
                    "the realm's list of required actions cannot be read; it says whether a temporary password makes its owner choose a new one. It takes {role}: every reset is refused until then"
                );
                Check::new(id, CheckState::Fault, words)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_an_action_of_that_name_and_kind_that_is_on_counts() {
        let state = |list: Value| UpdatePassword::find_in(&serde_json::from_value::<Vec<_>>(list).unwrap());
        let other = json!({ "alias": "UPDATE_PROFILE", "providerId": "UPDATE_PROFILE", "enabled": true });
        let ours = |enabled: Value, provider: &str| json!({ "alias": "UPDATE_PASSWORD", "providerId": provider, "enabled": enabled });
        assert_eq!(state(json!([other, ours(json!(true), "UPDATE_PASSWORD")])), UpdatePassword::Enabled);
        assert_eq!(state(json!([ours(json!(false), "UPDATE_PASSWORD")])), UpdatePassword::Disabled);
        assert_eq!(state(json!([ours(Value::Null, "UPDATE_PASSWORD")])), UpdatePassword::Disabled, "hidden is not on");
        assert_eq!(state(json!([other])), UpdatePassword::Removed);
        assert_eq!(state(json!([])), UpdatePassword::Removed);
        assert_eq!(state(json!([ours(json!(true), "TERMS_AND_CONDITIONS")])), UpdatePassword::Replaced);
    }
}

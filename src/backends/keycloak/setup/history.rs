//! Password history: without it the temporary password can be kept as the new one. Asked apart, since it is a rule for
//! everybody in the realm.

use async_trait::async_trait;
use serde_json::json;

use super::calls::{Calls, Need};
use super::step::{SetupStep, step};
use crate::backends::keycloak::policy::remembers;
use crate::backends::keycloak::wire::Realm;
use crate::domain::{Apart, Result, Step};

/// The realm's policy, as far as it is known.
pub(super) struct History {
    policy: Option<String>,
}

impl History {
    /// Nothing is known of it.
    pub(super) const fn unknown() -> Self {
        Self { policy: None }
    }

    /// As the realm has it.
    pub(super) fn of(realm: &Realm) -> Self {
        Self { policy: realm.password_policy.clone() }
    }
}

#[async_trait(?Send)]
impl SetupStep for History {
    fn step(&self) -> Step {
        let is_there = self.policy.as_deref().is_some_and(remembers);
        let words = "the password policy refuses the password used last, so that the temporary one cannot be kept";
        let by_hand =
            vec!["Authentication, Policies, Password policy, Add policy: Not Recently Used, 1 (or more).".to_owned()];
        Step {
            apart: (!is_there).then_some(Apart {
                question: "Have the password policy refuse the password used last, for everybody?",
                flag: "--password-history",
            }),
            ..step("password_history", is_there, words.to_owned(), by_hand)
        }
    }

    async fn carry_out(&self, calls: &Calls) -> Result<String> {
        let realm: Realm = calls.get(&[], &[], Need::Realm).await?;
        let policy = realm.password_policy.unwrap_or_default();
        // A rule that is there with no last password to remember is replaced: the server takes each rule once.
        let kept = crate::backends::keycloak::policy::without_history(&policy);
        let policy =
            if kept.is_empty() { "passwordHistory(1)".to_owned() } else { format!("{kept} and passwordHistory(1)") };
        calls.put(&[], &json!({ "passwordPolicy": policy }), Need::Realm).await?;
        Ok("the password used last is refused".to_owned())
    }
}

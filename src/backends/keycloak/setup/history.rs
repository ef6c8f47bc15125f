//! The setup step for password history, without which the temporary password can be kept as the new one.
//!
//! It has a question of its own, since it is a rule for everybody in the realm.

use async_trait::async_trait;
use serde_json::json;

use super::admin_api::{AdminApi, AdminRight};
use super::setup_step::{SetupStep, step};
use crate::backends::keycloak::policy::keeps_history;
use crate::backends::keycloak::wire::Realm;
use crate::domain::{Apart, Result, Step};

/// The realm's password policy; `None` if it has none or was not read.
pub(super) struct PasswordHistory {
    policy: Option<String>,
}

impl PasswordHistory {
    /// Describes the step without asking the server.
    pub(super) const fn new() -> Self {
        Self { policy: None }
    }

    /// Takes the policy of the realm.
    pub(super) fn from_realm(realm: &Realm) -> Self {
        Self { policy: realm.password_policy.clone() }
    }
}

#[async_trait(?Send)]
impl SetupStep for PasswordHistory {
    fn step(&self) -> Step {
        let is_there = self.policy.as_deref().is_some_and(keeps_history);
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

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        let realm: Realm = admin.get(&[], &[], AdminRight::Realm).await?;
        let policy = realm.password_policy.unwrap_or_default();
        // A history of 0 passwords is replaced, since the server accepts each rule once.
        let kept = crate::backends::keycloak::policy::without_history(&policy);
        let policy =
            if kept.is_empty() { "passwordHistory(1)".to_owned() } else { format!("{kept} and passwordHistory(1)") };
        admin.put(&[], &json!({ "passwordPolicy": policy }), AdminRight::Realm).await?;
        Ok("the password used last is refused".to_owned())
    }
}

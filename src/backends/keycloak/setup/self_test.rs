//! The setup step that tests the pending group with a temporary user.
//!
//! A member of the group must be refused a reset by e-mail, must stay in it after a refused sign-in, and must leave it after
//! a successful one. If so, the step notes it on the group, where agents read it.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::admin_api::{AdminApi, AdminRight};
use super::browser_session::BrowserSession;
use super::setup_step::{SetupStep, step};
use super::test_user::{NAME, TestUser, create_client, random_password, remove_leftovers};
use super::{flow, group};
use crate::backends::keycloak::settings::KeycloakSettings;
use crate::backends::keycloak::user_lookup::PROVED_ATTRIBUTE;
use crate::backends::keycloak::wire::Realm;
use crate::domain::{Changed, Error, Kind, Reason, Result, Step};
use crate::net::https::HttpClient;

/// A username that nobody has.
const NOBODY: &str = "tellonce-self-test-nobody";
/// How long the workflow may take. The server runs it asynchronously.
const WORKFLOW_TIMEOUT: Duration = Duration::from_secs(15);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long to wait for something that puts the user back into the group, such as another workflow.
const SETTLING_TIME: Duration = Duration::from_secs(1);

/// The self-test, and whether it has passed with the flow that is bound.
pub(super) struct SelfTest {
    pub(super) http: HttpClient,
    pub(super) settings: KeycloakSettings,
    /// The reset flow that was bound when the plan was made.
    pub(super) bound: String,
    pub(super) is_proved: bool,
}

#[async_trait(?Send)]
impl SetupStep for SelfTest {
    fn step(&self) -> Step {
        let group = &self.settings.pending_group;
        let words = format!(
            "the proof that this works, on a user made for it and removed; noted on /{group}, where agents read it"
        );
        let by_hand = vec![
            "Make a user with a temporary password, put it into the group, and ask for a reset by e-mail: it must be refused. Sign in with it and choose a new password: it must have left the group. Remove it.".to_owned(),
            format!("Groups, {group}, Attributes, Add: {PROVED_ATTRIBUTE} = the name of the reset flow that is bound."),
        ];
        step("self_test", self.is_proved, words, by_hand)
    }

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        let tested = self.run_test(admin).await;
        let removed = remove_leftovers(admin).await;
        let group = match tested {
            Ok(group) => group,
            Err(error) => {
                let removed = removed.err().map(|error| error.message);
                let restored = self.restore_flow(admin).await;
                return Err(with_cleanup(error, removed, restored));
            }
        };
        removed?;
        let realm: Realm = admin.get(&[], &[], AdminRight::Realm).await?;
        group::set_attribute(admin, &group, PROVED_ATTRIBUTE, realm.reset_credentials_flow.as_deref()).await?;
        Ok("e-mail resets are refused while a temporary password is pending, and the sign-in ends that; the user made for it is removed".to_owned())
    }
}

impl SelfTest {
    /// Plays a customer's part. Returns the id of the group. The caller removes the test user and its client.
    async fn run_test(&self, admin: &AdminApi) -> Result<String> {
        let name = self.settings.pending_group.as_str();
        let group =
            group::find(admin, name).await?.ok_or_else(|| test_failed(format!("there is no group /{name}")))?.id;
        let realm: Realm = admin.get(&[], &[], AdminRight::Realm).await?;
        let policy = realm.password_policy.as_deref();
        let (temporary, own) = (random_password(policy)?, random_password(policy)?);
        remove_leftovers(admin).await?;
        create_client(admin).await?;
        let user = TestUser::create(admin, &temporary).await?;
        user.join(&group).await?;
        let browser = BrowserSession { http: &self.http, settings: &self.settings, client_id: NAME };
        if browser.sign_in(NAME, &temporary).await?.is_ok() {
            return Err(test_failed("the temporary password alone signs in; no change is required"));
        }
        check_mail_is_refused(&realm, &browser).await?;
        if !user.is_in(&group).await? {
            return Err(test_failed(format!("a sign-in that was refused took the user out of /{name}")));
        }
        user.set_own_password(&own).await?;
        if let Err(refusal) = browser.sign_in(NAME, &own).await? {
            return Err(test_failed(format!("the user made for it could not sign in ({refusal})")));
        }
        let stays = async {
            while user.is_in(&group).await? {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            tokio::time::sleep(SETTLING_TIME).await;
            user.is_in(&group).await
        };
        match tokio::time::timeout(WORKFLOW_TIMEOUT, stays).await {
            Ok(Ok(false)) => Ok(group),
            Ok(Err(error)) => Err(error),
            Ok(Ok(true)) | Err(_) => Err(test_failed(format!(
                "the user has signed in and is in /{name} still: the workflow does not run, or another one puts the user back"
            ))),
        }
    }

    /// Binds the former reset flow again, and removes the copy that failed. Returns a sentence about it.
    async fn restore_flow(&self, admin: &AdminApi) -> Result<Option<String>> {
        let realm: Realm = admin.get(&[], &[], AdminRight::Realm).await?;
        let Some(ours) = realm.reset_credentials_flow.filter(|now| *now != self.bound) else { return Ok(None) };
        admin.put(&[], &json!({ "resetCredentialsFlow": self.bound }), AdminRight::Realm).await?;
        flow::remove(admin, &ours).await?;
        Ok(Some(format!("\"{}\" is the realm's reset flow again.", self.bound)))
    }
}

/// Checks that the page for a reset by e-mail refuses a member of the group, and nobody else.
async fn check_mail_is_refused(realm: &Realm, browser: &BrowserSession<'_>) -> Result<()> {
    if realm.reset_password_allowed == Some(false) {
        return Ok(()); // there is no such page
    }
    let (member, anybody) = (browser.forgot_password(NAME).await?, browser.forgot_password(NOBODY).await?);
    if !member.is_client_error() {
        return Err(test_failed(format!("a reset by e-mail is not refused ({member})")));
    }
    if !anybody.is_success() {
        return Err(test_failed(format!("a reset by e-mail is refused to everybody ({anybody})")));
    }
    Ok(())
}

/// Says why the self-test failed (exit 11).
fn test_failed(reason: impl std::fmt::Display) -> Error {
    let message = format!("The self-test failed: {reason}.");
    Error { changed: Changed::Yes, ..Error::new(Kind::CheckFailed, Reason::CheckFailed, message) }
}

/// Adds to an error what became of the test user, its client and the reset flow.
fn with_cleanup(error: Error, not_removed: Option<String>, restored: Result<Option<String>>) -> Error {
    let mut sentences = vec![error.message.clone()];
    sentences.push(match not_removed {
        None => "The user and the client made for it are removed; the group is not noted as proved, and agents do not use it.".to_owned(),
        Some(why) => format!("The user and the client {NAME} could not be removed: {why} Remove them by hand."),
    });
    match restored {
        Ok(sentence) => sentences.extend(sentence),
        Err(why) => sentences.push(format!("The reset flow could not be bound back: {}", why.message)),
    }
    let hint = "Mend what it names and run `tellonce setup` again; until then agents do not use the group, and a reset by e-mail works while a temporary password is pending.";
    Error { message: sentences.join(" "), changed: Changed::Yes, ..error }.hint(hint)
}

//! The setup step that tests the pending group with a temporary user.
//!
//! A member of the group must be refused a reset by e-mail, must stay in it after a refused sign-in, and must leave it after
//! a successful one. If so, the step notes it on the group, where agents read it.

use std::cell::RefCell;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::admin_api::{AdminApi, AdminRight};
use super::browser_session::{BrowserSession, Page};
use super::setup_step::{SetupStep, step};
use super::test_user::{TestUser, create_client, random_password, remove};
use super::test_user_profile::{NAME, TestUserProfile};
use super::{flow, group};
use crate::backends::keycloak::settings::KeycloakSettings;
use crate::backends::keycloak::user_lookup::PROVED_ATTRIBUTE;
use crate::backends::keycloak::wire::{Realm, UPDATE_PASSWORD};
use crate::domain::{Changed, Error, Kind, Reason, Result, Step};
use crate::net::https::HttpClient;

/// The id of the step.
pub(super) const ID: &str = "self_test";
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
    pub(super) profile: TestUserProfile,
    /// The id of the test user, once it is created.
    pub(super) created: RefCell<Option<String>>,
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
        step(ID, self.is_proved, words, by_hand)
    }

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        let tested = self.run_test(admin).await;
        let removed = remove(admin, &self.profile, self.created.take().as_deref()).await;
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
        let (temporary, own) = (random_password(policy, &self.profile)?, random_password(policy, &self.profile)?);
        remove(admin, &self.profile, None).await?;
        create_client(admin).await?;
        let user = TestUser::create(admin, &self.profile, &temporary, &self.created).await?;
        user.join(&group).await?;
        let browser = self.browser();
        let page = browser.sign_in(&user.username, &temporary).await?;
        if page == Page::SignedIn {
            return Err(test_failed("the temporary password alone signs in; no change is required"));
        }
        self.check_mail_is_refused(&realm, &user).await?;
        if !user.is_in(&group).await? {
            return Err(test_failed(format!("a sign-in that was refused took the user out of /{name}")));
        }
        sign_in(&user, &browser, page, &own).await?;
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

    /// Returns a browser without cookies.
    fn browser(&self) -> BrowserSession<'_> {
        BrowserSession::new(&self.http, &self.settings, NAME)
    }

    /// Checks that the page for a reset by e-mail refuses a member of the group, and nobody else.
    async fn check_mail_is_refused(&self, realm: &Realm, user: &TestUser<'_>) -> Result<()> {
        if realm.reset_password_allowed == Some(false) {
            return Ok(()); // there is no such page
        }
        let member = self.browser().forgot_password(&user.username).await?;
        let anybody = self.browser().forgot_password(NOBODY).await?;
        if !member.is_client_error() {
            return Err(test_failed(format!("a reset by e-mail is not refused ({member})")));
        }
        if !anybody.is_success() {
            return Err(test_failed(format!("a reset by e-mail is refused to everybody ({anybody})")));
        }
        Ok(())
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

/// Signs the test user in with a password of its own: chosen on the form that the realm asks for it on, as a customer
/// does. Where the realm asks for something else first, such as a second factor, the password is set, and the user signs
/// in by it alone.
async fn sign_in(user: &TestUser<'_>, browser: &BrowserSession<'_>, page: Page, own: &str) -> Result<()> {
    let page = match page {
        Page::RequiredAction { name, form } if name == UPDATE_PASSWORD => browser.choose_password(form, own).await?,
        page => page,
    };
    if page == Page::SignedIn {
        return Ok(());
    }
    user.set_own_password(own).await?;
    match browser.sign_in_directly(&user.username, own).await? {
        Ok(()) => Ok(()),
        Err(refusal) => Err(test_failed(format!(
            "the user made for it could not sign in: in the browser the realm {}, and by password alone it refuses it ({refusal})",
            page.words()
        ))),
    }
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
    let mend = error.hint.clone().unwrap_or_else(|| "Mend what it names and run `tellonce setup` again.".to_owned());
    let hint = format!(
        "{mend} Until then agents do not use the group, and a reset by e-mail works while a temporary password is pending."
    );
    Error { message: sentences.join(" "), changed: Changed::Yes, ..error }.hint(hint)
}

//! The proof that the pending mark does what it is for, on a user made for it and removed: e-mail resets are refused
//! while it holds, a sign-in that is refused leaves it, and the one that succeeds takes it off. Then it is noted on the
//! group, where agents can read it.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::browser_session::BrowserSession;
use super::calls::{Calls, Need};
use super::step::{SetupStep, step};
use super::test_user::{NAME, clear_away, made_up, make_client, make_user};
use super::{flow, group};
use crate::backends::keycloak::settings::KeycloakSettings;
use crate::backends::keycloak::user_lookup::PROVED;
use crate::backends::keycloak::wire::{Group, Realm};
use crate::domain::{Changed, Error, Kind, Reason, Result, Step};
use crate::net::https::HttpClient;

/// Nobody has this name.
const NOBODY: &str = "tellonce-self-test-nobody";
/// How long the workflow may take: the server runs it beside the sign-in.
const LONGEST: Duration = Duration::from_secs(15);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// What puts the user back, such as another workflow, does so within this time.
const SETTLED: Duration = Duration::from_secs(1);

/// The proof, as far as it is there.
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
            format!("Groups, {group}, Attributes, Add: {PROVED} = the name of the reset flow that is bound."),
        ];
        step("self_test", self.is_proved, words, by_hand)
    }

    async fn carry_out(&self, calls: &Calls) -> Result<String> {
        let tried = self.try_it(calls).await;
        let removed = clear_away(calls).await;
        let group = match tried {
            Ok(group) => group,
            Err(failure) => {
                let removed = removed.err().map(|failure| failure.message);
                let restored = self.bind_back(calls).await;
                return Err(told(failure, removed, restored));
            }
        };
        removed?;
        let realm: Realm = calls.get(&[], &[], Need::Realm).await?;
        group::note(calls, &group, PROVED, realm.reset_credentials_flow.as_deref()).await?;
        Ok("e-mail resets are refused while a temporary password is pending, and the sign-in ends that; the user made for it is removed".to_owned())
    }
}

impl SelfTest {
    /// Plays a customer's part; the id of the group. What was made for it is the caller's to remove.
    async fn try_it(&self, calls: &Calls) -> Result<String> {
        let name = self.settings.pending_group.as_str();
        let group = group::named(calls, name).await?.ok_or_else(|| broken(format!("there is no group /{name}")))?.id;
        let realm: Realm = calls.get(&[], &[], Need::Realm).await?;
        let policy = realm.password_policy.as_deref();
        let (temporary, own) = (made_up(policy)?, made_up(policy)?);
        clear_away(calls).await?;
        make_client(calls).await?;
        let user = make_user(calls, &temporary).await?;
        calls.join(&["users", &user, "groups", &group], Need::Users).await?;
        let visitor = BrowserSession { http: &self.http, settings: &self.settings, client_id: NAME };
        if visitor.sign_in(NAME, &temporary).await?.is_ok() {
            return Err(broken("the temporary password alone signs in; no change is required"));
        }
        mails_are_refused(&realm, &visitor).await?;
        if !is_in(calls, &user, &group).await? {
            return Err(broken(format!("a sign-in that was refused took the user out of /{name}")));
        }
        let body = json!({ "type": "password", "value": own.as_str(), "temporary": false });
        calls.put(&["users", &user, "reset-password"], &body, Need::Users).await?;
        if let Err(words) = visitor.sign_in(NAME, &own).await? {
            return Err(broken(format!("the user made for it could not sign in ({words})")));
        }
        let left = async {
            while is_in(calls, &user, &group).await? {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            tokio::time::sleep(SETTLED).await;
            is_in(calls, &user, &group).await
        };
        match tokio::time::timeout(LONGEST, left).await {
            Ok(Ok(false)) => Ok(group),
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(true)) | Err(_) => Err(broken(format!(
                "who has signed in is in /{name} still: the workflow does not run, or another one puts them back"
            ))),
        }
    }

    /// A flow that did not prove itself is not left bound; what of it there is to say.
    async fn bind_back(&self, calls: &Calls) -> Result<Option<String>> {
        let realm: Realm = calls.get(&[], &[], Need::Realm).await?;
        let Some(ours) = realm.reset_credentials_flow.filter(|now| *now != self.bound) else { return Ok(None) };
        calls.put(&[], &json!({ "resetCredentialsFlow": self.bound }), Need::Realm).await?;
        flow::remove(calls, &ours).await?;
        Ok(Some(format!("\"{}\" is the realm's reset flow again.", self.bound)))
    }
}

/// The page refuses a member of the group, and nobody else.
async fn mails_are_refused(realm: &Realm, visitor: &BrowserSession<'_>) -> Result<()> {
    if realm.reset_password_allowed == Some(false) {
        return Ok(()); // there is no such page
    }
    let (member, anybody) = (visitor.forgot_password(NAME).await?, visitor.forgot_password(NOBODY).await?);
    if !member.is_client_error() {
        return Err(broken(format!("a reset by e-mail is not refused ({member})")));
    }
    if !anybody.is_success() {
        return Err(broken(format!("a reset by e-mail is refused to everybody ({anybody})")));
    }
    Ok(())
}

fn broken(what: impl std::fmt::Display) -> Error {
    let message = format!("The self-test failed: {what}.");
    Error { changed: Changed::Yes, ..Error::new(Kind::CheckFailed, Reason::CheckFailed, message) }
}

/// The failure, with what became of what was made for it.
fn told(failure: Error, not_removed: Option<String>, restored: Result<Option<String>>) -> Error {
    let mut said = vec![failure.message.clone()];
    said.push(match not_removed {
        None => "The user and the client made for it are removed; the group is not noted as proved, and agents do not use it.".to_owned(),
        Some(why) => format!("The user and the client {NAME} could not be removed: {why} Remove them by hand."),
    });
    match restored {
        Ok(words) => said.extend(words),
        Err(why) => said.push(format!("The reset flow could not be bound back: {}", why.message)),
    }
    let hint = "Mend what it names and run `tellonce setup` again; until then agents are told that L9 is not kept.";
    Error { message: said.join(" "), changed: Changed::Yes, ..failure }.hint(hint)
}

async fn is_in(calls: &Calls, user: &str, group: &str) -> Result<bool> {
    let groups: Vec<Group> = calls.get(&["users", user, "groups"], &[], Need::Users).await?;
    Ok(groups.iter().any(|found| found.id == group))
}

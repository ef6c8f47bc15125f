//! `setup`: an administrator prepares a realm, so that it keeps what it can of the promises.
//!
//! Every part looks what is there, says what is to be done, and does it. What the server can do is found by asking it,
//! not by its version. No flow of the realm's own is ever edited.

mod agents;
mod browser_session;
mod calls;
mod client;
mod flow;
mod group;
mod history;
mod pending;
mod permissions;
mod self_test;
mod sign_in;
mod step;
mod test_user;
mod workflow;

use async_trait::async_trait;

use self::agents::AgentsGroup;
use self::calls::{Calls, Need};
use self::flow::ResetFlow;
use self::history::History;
use self::pending::{PendingGroup, StaleProof};
use self::permissions::{By, Permissions};
use self::self_test::SelfTest;
use self::step::{NotApplicable, SetupStep};
use self::workflow::Leaving;
use super::call::Api;
use super::claims::{REALM_MANAGEMENT, TokenRoles};
use super::guards::Guards;
use super::settings::KeycloakSettings;
use super::wire::Realm;
use crate::auth::oauth::{Endpoints, OAuth, TokenRefresher};
use crate::backends::Wishes;
use crate::config::Protected;
use crate::domain::ports::{Preparation, Prompter};
use crate::domain::{Administrator, Error, Preparations, Result, Step};
use crate::net::https::HttpClient;

/// The client that every realm has for administrators' tools.
const ADMIN_CLI: &str = "admin-cli";
/// A token in the environment, of an administrator this time.
const TOKEN: &str = "TELLONCE_TOKEN";

/// Prepares a realm.
pub(super) struct KeycloakPreparation {
    pub(super) http: HttpClient,
    pub(super) settings: KeycloakSettings,
    pub(super) protected: Protected,
    pub(super) wishes: Wishes,
    calls: Option<Calls>,
    parts: Vec<Box<dyn SetupStep>>,
}

impl KeycloakPreparation {
    pub(super) fn new(http: HttpClient, settings: KeycloakSettings, protected: Protected, wishes: Wishes) -> Self {
        Self { http, settings, protected, wishes, calls: None, parts: Vec::new() }
    }

    fn about(&self) -> String {
        format!("realm {} at {}", self.settings.realm, self.settings.url)
    }

    /// The administrator's realm is the one that is prepared, or another of the server, such as master.
    fn oauth(&self, home: &str) -> OAuth {
        let endpoint =
            |last: &[&str]| self.settings.at(&[&["realms", home, "protocol", "openid-connect"], last].concat());
        let endpoints = Endpoints {
            authorize: endpoint(&["auth"]),
            token: endpoint(&["token"]),
            device: endpoint(&["auth", "device"]),
            end_session: endpoint(&["logout"]),
        };
        OAuth::new(self.http.clone(), endpoints, ADMIN_CLI.to_owned())
    }

    fn calls_with(&self, keeper: TokenRefresher, name: String) -> Calls {
        let realm = self.settings.at(&["admin", "realms", &self.settings.realm]);
        let api = Api::new(self.http.clone(), realm, self.settings.realm.clone(), keeper, TokenRoles::unknown());
        Calls::new(api, name, self.settings.realm.clone())
    }

    fn self_test(&self, bound: String, is_proved: bool) -> SelfTest {
        SelfTest { http: self.http.clone(), settings: self.settings.clone(), bound, is_proved }
    }

    /// The parts that keep e-mail resets out while a temporary password is pending: all of them, or none.
    async fn pending_parts(&self, calls: &Calls, realm: &Realm) -> Result<Vec<Box<dyn SetupStep>>> {
        let name = self.settings.pending_group.as_str();
        let mut group = PendingGroup::look(calls, name).await?;
        let Some(leaving) = Leaving::look(calls, name).await? else {
            let why = format!(
                "this server has no workflows, so nothing would take a customer out of the group /{name} again: the pending mark is not used, and L9 is not kept (a reset by e-mail works while a temporary password is pending)"
            );
            return Ok(without_mark(NotApplicable { id: "workflow", why }, group));
        };
        let bound = realm.reset_credentials_flow.clone().unwrap_or_default();
        let flow = match ResetFlow::look(calls, &bound, name).await? {
            Ok(flow) => flow,
            Err(why) => return Ok(without_mark(why, group)),
        };
        let all_there = group.is_there() && flow.refuses && leaving.is_there;
        let is_proved = all_there && group.proved.as_deref() == Some(&flow.bound);
        group.stale = group.proved.is_some() && !is_proved;
        Ok(vec![Box::new(group), Box::new(flow), Box::new(leaving), Box::new(self.self_test(bound, is_proved))])
    }

    fn next(&self) -> Vec<String> {
        let group = &self.wishes.agents;
        vec![
            format!("put your agents into the group /{group}; each of them runs `tellonce login` and `tellonce doctor`."),
            "agents reach every user of the realm: name the groups and roles that they must not reset in the profile (protected)."
                .to_owned(),
        ]
    }

    fn notes(realm: &Realm) -> Vec<String> {
        let mut notes = Vec::new();
        if realm.reset_password_allowed == Some(false) {
            notes.push("\"Forgot password\" is off in this realm: nobody resets by e-mail, and the refusal could not be tried.".to_owned());
        }
        if let Err(failure) = test_user::made_up(realm.password_policy.as_deref()) {
            notes.push(format!(
                "{} Agents could issue none, and the self-test will fail. Change the policy first.",
                failure.message
            ));
        }
        notes
    }
}

/// Why the pending mark is not used; and where agents still use it, that this is ended.
fn without_mark(why: NotApplicable, group: PendingGroup) -> Vec<Box<dyn SetupStep>> {
    let mut parts: Vec<Box<dyn SetupStep>> = vec![Box::new(why)];
    if let Some(stale) = StaleProof::of(group) {
        parts.push(Box::new(stale));
    }
    parts
}

#[async_trait(?Send)]
impl Preparation for KeycloakPreparation {
    fn by_hand(&self) -> Preparations {
        let name = self.settings.pending_group.as_str();
        let parts: Vec<Box<dyn SetupStep>> = vec![
            client::unknown(&self.settings),
            Box::new(AgentsGroup::unknown(&self.wishes.agents, REALM_MANAGEMENT.to_owned(), &self.protected)),
            Box::new(History::unknown()),
            Box::new(PendingGroup::unknown(name)),
            Box::new(ResetFlow::unknown(name)),
            Box::new(Leaving::unknown(name)),
            Box::new(self.self_test(String::new(), false)),
        ];
        let steps = parts.iter().map(|part| part.step()).collect();
        Preparations { about: self.about(), administrator: None, steps, notes: Vec::new(), next: self.next() }
    }

    async fn sign_in(&mut self, administrator: Administrator, prompter: &mut dyn Prompter) -> Result<()> {
        self.calls = Some(sign_in::sign_in(self, administrator, prompter).await?);
        Ok(())
    }

    async fn plan(&mut self) -> Result<Preparations> {
        let calls = self.calls.as_ref().ok_or_else(nobody)?;
        calls.may_prepare().await?;
        let realm: Realm = calls.get(&[], &[], Need::Realm).await?;
        let mut parts: Vec<Box<dyn SetupStep>> = vec![client::look(calls, &self.settings).await?];
        let mut notes = Self::notes(&realm);
        notes.extend(client::scope_note(calls, &self.settings.client_id).await?);
        let guards = Guards::look(&calls.api, &self.protected, true).await?;
        notes.extend(guards.unseen.map(|why| {
            format!(
                "{why} (names count as they are written, capitals too). Until that is mended, agents can reset nobody."
            )
        }));
        let agents = AgentsGroup::look(calls, &self.wishes.agents, &self.protected).await?;
        let fine = realm.admin_permissions_enabled == Some(true) && !agents.manages_users();
        let by = if fine { Permissions::look(calls, &self.wishes.agents).await? } else { By::Roles(None) };
        match by {
            By::Permissions(permissions) => {
                parts.push(Box::new(agents.by_permissions(&self.protected)));
                parts.push(Box::new(permissions));
            }
            By::Roles(note) => {
                parts.push(Box::new(agents));
                notes.extend(note);
            }
        }
        parts.push(Box::new(History::of(&realm)));
        parts.extend(self.pending_parts(calls, &realm).await?);
        let steps = parts.iter().map(|part| part.step()).collect();
        let administrator = Some(calls.name.clone());
        self.parts = parts;
        Ok(Preparations { about: self.about(), administrator, steps, notes, next: self.next() })
    }

    async fn carry_out(&mut self, step: &Step) -> Result<String> {
        let calls = self.calls.as_ref().ok_or_else(nobody)?;
        let part = self.parts.iter().find(|part| part.step().id == step.id);
        let part = part.ok_or_else(|| Error::bug(format!("The plan has no step {}.", step.id)))?;
        calls.forget();
        part.carry_out(calls).await.map_err(|failure| calls.so_far(failure))
    }

    async fn sign_out(&mut self) -> Result<()> {
        match self.calls.take() {
            Some(calls) => calls.api.keeper.end().await,
            None => Ok(()),
        }
    }
}

fn nobody() -> Error {
    Error::bug("No administrator is signed in.")
}

//! `setup` for a realm: an administrator prepares it, so that it keeps as many promises as it can.
//!
//! Each step reads what the server has, describes what is missing, and adds it. The server is asked what it can do; its
//! version does not matter. No flow of the realm's own is edited.

mod admin_api;
mod agents;
mod browser_session;
mod client;
mod flow;
mod group;
mod history;
mod pending;
mod permissions;
mod required_action;
mod self_test;
mod setup_step;
mod sign_in;
mod test_user;
mod test_user_profile;
mod workflow;

use std::cell::RefCell;

use async_trait::async_trait;

use self::admin_api::{AdminApi, AdminRight};
use self::agents::AgentsGroup;
use self::flow::ResetFlow;
use self::history::PasswordHistory;
use self::pending::{PendingGroup, StaleProof};
use self::permissions::{AgentRights, Permissions};
use self::required_action::UpdatePasswordAction;
use self::self_test::SelfTest;
use self::setup_step::{NotApplicable, SetupStep};
use self::test_user_profile::TestUserProfile;
use self::workflow::LeaveGroupWorkflow;
use super::call::Api;
use super::claims::{REALM_MANAGEMENT, TokenRoles};
use super::guards::Guards;
use super::settings::KeycloakSettings;
use super::wire::Realm;
use crate::auth::oauth::{Endpoints, OAuth, TokenRefresher};
use crate::backends::Wishes;
use crate::config::Protected;
use crate::domain::ports::{Preparation, Prompter};
use crate::domain::{Administrator, Error, Preparations, Result, Step, StepState};
use crate::net::https::HttpClient;

/// The client that every realm has for administrators' tools.
const ADMIN_CLI: &str = "admin-cli";
/// The environment variable with an administrator's access token.
const TOKEN_VARIABLE: &str = "TELLONCE_TOKEN";

/// The port `Preparation` for a realm.
pub(super) struct KeycloakPreparation {
    pub(super) http: HttpClient,
    pub(super) settings: KeycloakSettings,
    pub(super) protected: Protected,
    pub(super) wishes: Wishes,
    admin: Option<AdminApi>,
    steps: Vec<Box<dyn SetupStep>>,
}

impl KeycloakPreparation {
    pub(super) fn new(http: HttpClient, settings: KeycloakSettings, protected: Protected, wishes: Wishes) -> Self {
        Self { http, settings, protected, wishes, admin: None, steps: Vec::new() }
    }

    fn about(&self) -> String {
        format!("realm {} at {}", self.settings.realm, self.settings.url)
    }

    /// Builds the OAuth client of the administrator's realm, which may be another than the one that is prepared.
    fn oauth(&self, home: &str) -> OAuth {
        let endpoint =
            |last: &[&str]| self.settings.url_at(&[&["realms", home, "protocol", "openid-connect"], last].concat());
        let endpoints = Endpoints {
            authorize: endpoint(&["auth"]),
            token: endpoint(&["token"]),
            device: endpoint(&["auth", "device"]),
            end_session: endpoint(&["logout"]),
        };
        OAuth::new(self.http.clone(), endpoints, ADMIN_CLI.to_owned())
    }

    fn admin_api(&self, refresher: TokenRefresher, name: String) -> AdminApi {
        let realm = self.settings.url_at(&["admin", "realms", &self.settings.realm]);
        let api = Api::new(self.http.clone(), realm, self.settings.realm.clone(), refresher, TokenRoles::unknown());
        AdminApi::new(api, name, self.settings.realm.clone())
    }

    fn self_test(&self, bound: String, is_proved: bool) -> SelfTest {
        let (http, settings) = (self.http.clone(), self.settings.clone());
        SelfTest { http, settings, bound, is_proved, profile: self.test_user(), created: RefCell::default() }
    }

    fn test_user(&self) -> TestUserProfile {
        TestUserProfile::new(self.wishes.test_user.clone())
    }

    /// Returns the steps that refuse a reset by e-mail while a temporary password is pending: all of them, or none.
    async fn pending_steps(&self, admin: &AdminApi, realm: &Realm) -> Result<Vec<Box<dyn SetupStep>>> {
        let name = self.settings.pending_group.as_str();
        let mut group = PendingGroup::load(admin, name).await?;
        let Some(leaving) = LeaveGroupWorkflow::load(admin, name).await? else {
            let why = format!(
                "this server has no workflows, so nothing would take a customer out of the group /{name} again: the group is not used, and a reset by e-mail works while a temporary password is pending"
            );
            return Ok(without_pending_group(NotApplicable { id: "workflow", why }, group));
        };
        let bound = realm.reset_credentials_flow.clone().unwrap_or_default();
        let flow = match ResetFlow::load(admin, &bound, name).await? {
            Ok(flow) => flow,
            Err(why) => return Ok(without_pending_group(why, group)),
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

    /// Returns what the administrator should know of the realm before the plan is carried out.
    fn notes_on(&self, realm: &Realm) -> Vec<String> {
        let mut notes = Vec::new();
        if realm.reset_password_allowed == Some(false) {
            notes.push("\"Forgot password\" is off in this realm: nobody resets by e-mail, and the refusal could not be tried.".to_owned());
        }
        if let Err(error) = test_user::random_password(realm.password_policy.as_deref(), &self.test_user()) {
            notes.push(format!(
                "{} Agents could issue none, and the self-test will fail. Change the policy first.",
                error.message
            ));
        }
        notes
    }
}

/// Returns the step that says why the pending group is not used, and one that ends its use if agents use it.
fn without_pending_group(why: NotApplicable, group: PendingGroup) -> Vec<Box<dyn SetupStep>> {
    let mut steps: Vec<Box<dyn SetupStep>> = vec![Box::new(why)];
    if let Some(stale) = StaleProof::from_group(group) {
        steps.push(Box::new(stale));
    }
    steps
}

#[async_trait(?Send)]
impl Preparation for KeycloakPreparation {
    fn by_hand(&self) -> Preparations {
        let name = self.settings.pending_group.as_str();
        let steps: Vec<Box<dyn SetupStep>> = vec![
            client::new(&self.settings),
            Box::new(AgentsGroup::new(&self.wishes.agents, REALM_MANAGEMENT.to_owned(), &self.protected)),
            Box::new(UpdatePasswordAction::new()),
            Box::new(PasswordHistory::new()),
            Box::new(PendingGroup::new(name)),
            Box::new(ResetFlow::new(name)),
            Box::new(LeaveGroupWorkflow::new(name)),
            Box::new(self.self_test(String::new(), false)),
        ];
        let steps = steps.iter().map(|step| step.step()).collect();
        Preparations { about: self.about(), administrator: None, steps, notes: Vec::new(), next: self.next() }
    }

    async fn sign_in(&mut self, administrator: Administrator, prompter: &mut dyn Prompter) -> Result<()> {
        self.admin = Some(sign_in::sign_in(self, administrator, prompter).await?);
        Ok(())
    }

    async fn plan(&mut self) -> Result<Preparations> {
        let admin = self.admin.as_ref().ok_or_else(not_signed_in)?;
        admin.check_rights().await?;
        let realm: Realm = admin.get(&[], &[], AdminRight::Realm).await?;
        let mut steps: Vec<Box<dyn SetupStep>> = vec![client::load(admin, &self.settings).await?];
        let mut notes = self.notes_on(&realm);
        notes.extend(client::scope_note(admin, &self.settings.client_id).await?);
        let guards = Guards::load(&admin.api, &self.protected, true).await?;
        notes.extend(guards.not_found.map(|why| {
            format!(
                "{why} (names count as they are written, capitals too). Until that is mended, agents can reset nobody."
            )
        }));
        let agents = AgentsGroup::load(admin, &self.wishes.agents, &self.protected).await?;
        let fine_grained = realm.admin_permissions_enabled == Some(true) && !agents.manages_users();
        let rights =
            if fine_grained { Permissions::load(admin, &self.wishes.agents).await? } else { AgentRights::Roles(None) };
        let (agents, permissions) = match rights {
            AgentRights::Permissions(permissions) => (agents.by_permissions(&self.protected), Some(permissions)),
            AgentRights::Roles(note) => {
                notes.extend(note);
                (agents, None)
            }
        };
        agents.check_assignable(admin).await?;
        steps.push(Box::new(agents));
        if let Some(permissions) = permissions {
            steps.push(Box::new(permissions));
        }
        steps.push(Box::new(UpdatePasswordAction::load(admin).await?));
        steps.push(Box::new(PasswordHistory::from_realm(&realm)));
        steps.extend(self.pending_steps(admin, &realm).await?);
        let described: Vec<Step> = steps.iter().map(|step| step.step()).collect();
        if described.iter().any(|step| step.id == self_test::ID && step.state == StepState::ToDo) {
            notes.extend(self.test_user().note(admin).await?);
        }
        let administrator = Some(admin.name.clone());
        self.steps = steps;
        Ok(Preparations { about: self.about(), administrator, steps: described, notes, next: self.next() })
    }

    async fn carry_out(&mut self, step: &Step) -> Result<String> {
        let admin = self.admin.as_ref().ok_or_else(not_signed_in)?;
        let found = self.steps.iter().find(|found| found.step().id == step.id);
        let found = found.ok_or_else(|| Error::bug(format!("The plan has no step {}.", step.id)))?;
        admin.clear_changed();
        found.carry_out(admin).await.map_err(|error| admin.with_changed(error))
    }

    async fn sign_out(&mut self) -> Result<()> {
        match self.admin.take() {
            Some(admin) => admin.api.refresher.end().await,
            None => Ok(()),
        }
    }
}

fn not_signed_in() -> Error {
    Error::bug("No administrator is signed in.")
}

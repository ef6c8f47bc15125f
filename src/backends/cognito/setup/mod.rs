//! `setup` for a user pool: it prints the least policy of agents, and looks at what an administrator has set.
//!
//! It changes nothing. `UpdateUserPool` resets every setting that a call leaves out (Cognito Developer Guide, "Updating user
//! pool and app client configuration"), and a policy is for whoever administers IAM.

mod policy;
mod steps;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

use self::policy::{ACCOUNT, least_policy, partition_of};
use self::steps::{AppClientFound, PolicyFound};
use super::action::Action;
use super::agent::CognitoAgent;
use super::errors;
use super::rights::Simulated;
use super::settings::AppClient;
use super::sign_in::CognitoSignIn;
use crate::backends::Wishes;
use crate::domain::ports::{Preparation, Prompter};
use crate::domain::{Administrator, CheckState, Error, OneTimeCode, Preparations, Result, Step};

/// The port `Preparation` for a user pool.
pub(super) struct CognitoPreparation {
    sign_in: CognitoSignIn,
    /// The role, or the group of users, that agents are in.
    agents: String,
    admin: Option<CognitoAgent>,
}

impl CognitoPreparation {
    /// Makes the preparation.
    ///
    /// # Errors
    /// Exit 2: IAM has no roles of that name.
    pub(super) fn new(sign_in: CognitoSignIn, wishes: &Wishes) -> Result<Self> {
        let agents = wishes.agents.clone();
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
        // IAM API, CreateRole
        if agents.is_empty() || agents.len() > 64 || !agents.chars().all(is_part) {
            let message = format!("\"{}\" is no name of an IAM role or group.", agents.escape_debug());
            return Err(Error::usage(message).hint("Give one without a path: `--agents NAME`."));
        }
        Ok(Self { sign_in, agents, admin: None })
    }

    fn about(&self) -> String {
        format!("user pool {} in {}", self.sign_in.settings.user_pool, self.sign_in.settings.region)
    }

    fn policy_step(&self, account: &str, found: &PolicyFound) -> Step {
        let CognitoSignIn { settings, protected, .. } = &self.sign_in;
        steps::policy(least_policy(settings, protected, account, &self.agents), &self.agents, found)
    }

    /// Asks IAM whether the agents' role, or else their group, has the policy.
    async fn find_policy(&self, admin: &CognitoAgent) -> Result<PolicyFound> {
        let mut found = PolicyFound::NotRead("there is no such role or group".to_owned());
        for kind in ["role", "group"] {
            let partition = partition_of(&self.sign_in.settings.region);
            let principal = format!("arn:{partition}:iam::{}:{kind}/{}", admin.caller().account, self.agents);
            match admin.simulate_for(principal).await? {
                Simulated::Unknown(why) => found = PolicyFound::NotRead(why),
                Simulated::Missing(missing) => {
                    let needed: Vec<&str> = admin.needed().map(|(action, _)| action.name()).collect();
                    let lacks: Vec<&str> = needed.iter().copied().filter(|action| missing.contains(action)).collect();
                    if lacks.len() < needed.len() {
                        return Ok(PolicyFound::Lacks { kind, lacks });
                    }
                    found = PolicyFound::NotRead(format!("no {kind} of this name has any of it"));
                }
            }
        }
        Ok(found)
    }

    /// Looks at the app client that the profile names.
    async fn find_app_client(&self, admin: &CognitoAgent, client: &AppClient) -> Result<AppClientFound> {
        let read = admin.api().cognito().describe_user_pool_client();
        let read = read.user_pool_id(admin.user_pool()).client_id(&client.id);
        let action = Action::DescribeUserPoolClient;
        match admin.api().call(action, || read.clone().send()).await? {
            Ok(answer) => Ok(answer.user_pool_client.map_or(AppClientFound::Absent, |found| AppClientFound::There {
                allows: found.explicit_auth_flows.unwrap_or_default(),
                has_secret: found.client_secret.is_some_and(|secret| !secret.is_empty()),
            })),
            Err(refusal) if refusal.is("ResourceNotFoundException") => Ok(AppClientFound::Absent),
            Err(refusal) => Err(errors::unexpected(action, &refusal.code)),
        }
    }

    fn next() -> Vec<String> {
        vec!["each agent runs `tellonce login`, which says who they are, and `tellonce doctor`.".to_owned()]
    }
}

#[async_trait(?Send)]
impl Preparation for CognitoPreparation {
    fn by_hand(&self) -> Preparations {
        let CognitoSignIn { settings, protected, .. } = &self.sign_in;
        let account = settings.account.as_deref().unwrap_or(ACCOUNT);
        let mut steps = vec![
            self.policy_step(account, &PolicyFound::NotAsked),
            steps::validity(settings, None),
            steps::history(settings, None),
            steps::app_client(settings, &AppClientFound::NotAsked),
        ];
        steps.extend(steps::protected_groups(settings, &protected.groups, Some("")));
        Preparations { about: self.about(), administrator: None, steps, notes: Vec::new(), next: Self::next() }
    }

    fn carries_out(&self) -> bool {
        false
    }

    /// Takes the AWS credentials that are there, or those of the AWS profile that is named as the administrator.
    async fn sign_in(&mut self, administrator: Administrator, _: &mut dyn Prompter) -> Result<()> {
        let Administrator { name, password, code, home } = administrator;
        if password.is_some() || home.is_some() || !matches!(code, OneTimeCode::IfRefused) {
            let message = "A user pool takes no password, code or realm: administrators are AWS identities.";
            return Err(Error::usage(message).hint("`--administrator NAME` takes the AWS profile NAME."));
        }
        self.admin = Some(self.sign_in.administrator(name.as_deref()).await?);
        Ok(())
    }

    async fn plan(&mut self) -> Result<Preparations> {
        let admin = self.admin.as_ref().ok_or_else(not_signed_in)?;
        let CognitoSignIn { settings, protected, .. } = &self.sign_in;
        let pool = admin.pool().await?.ok_or_else(|| errors::missing_right(Action::DescribeUserPool, settings))?;
        let app_client = match &settings.app_client {
            Some(client) => self.find_app_client(admin, client).await?,
            None => AppClientFound::NotAsked,
        };
        let guard = admin.guard().await?;
        let mut steps = vec![
            self.policy_step(&admin.caller().account, &self.find_policy(admin).await?),
            steps::validity(settings, Some(pool)),
            steps::history(settings, Some(pool)),
            steps::app_client(settings, &app_client),
        ];
        steps.extend(steps::protected_groups(settings, &protected.groups, guard.unknown()));
        let warnings = pool.checks().into_iter().filter(|check| check.state == CheckState::Warning);
        let mut notes: Vec<String> = warnings.map(|check| format!("{}.", check.words)).collect();
        if protected.groups.is_empty() {
            notes.push("the profile protects nobody: the users of administrators can be reset as well.".to_owned());
        }
        let administrator = Some(admin.caller().arn.clone());
        Ok(Preparations { about: self.about(), administrator, steps, notes, next: Self::next() })
    }

    async fn carry_out(&mut self, step: &Step) -> Result<String> {
        Err(Error::bug(format!("The step {} is done by hand.", step.id)))
    }

    async fn sign_out(&mut self) -> Result<()> {
        self.admin = None;
        Ok(())
    }
}

fn not_signed_in() -> Error {
    Error::bug("No administrator is signed in.")
}

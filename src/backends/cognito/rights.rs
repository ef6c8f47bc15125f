//! The agent's rights, by IAM's own simulation of the policies that apply.

use std::collections::BTreeSet;

use aws_sdk_iam::types::PolicyEvaluationDecisionType;

use super::action::{Action, Need, OF_AGENTS};
use super::agent::CognitoAgent;
use super::settings::Service;
use crate::domain::{Check, CheckState, Kind, Reason, Result, Right};

/// Every right that an agent can have in a user pool. It lifts no lock-outs, and needs no marks.
const ALL: [Right; 5] =
    [Right::FindCustomers, Right::IssueTemporaryPasswords, Right::CreateUsers, Right::EndSessions, Right::Sweep];

/// What IAM says of an agent's actions.
pub(super) enum Simulated {
    /// The actions that its policies do not allow.
    Missing(BTreeSet<&'static str>),
    /// It cannot be asked: why.
    Unknown(String),
}

impl CognitoAgent {
    /// Reads the agent's rights. Returns all that an agent can have if IAM cannot be asked.
    pub(super) async fn read_rights(&self) -> Result<Vec<Right>> {
        let Simulated::Missing(missing) = self.simulate().await? else { return Ok(ALL.to_vec()) };
        self.0.rights_are_known.set(true);
        let lacks = |right: Right| {
            let mut needed = OF_AGENTS.iter().filter(|(action, need)| {
                let of_right = action.right() == right || (right == Right::Sweep && *action == Action::ListUsers);
                of_right && need.applies(&self.api().settings, &self.0.protected)
            });
            needed.any(|(action, _)| missing.contains(action.name()))
        };
        Ok(ALL.into_iter().filter(|right| !lacks(*right)).collect())
    }

    /// Asks IAM which actions on the pool the agent's policies allow.
    pub(super) async fn simulate(&self) -> Result<Simulated> {
        match self.0.caller.principal() {
            Some(principal) => self.simulate_for(principal).await,
            None => Ok(Simulated::Unknown("IAM simulates the policies of users and roles alone".to_owned())),
        }
    }

    /// Asks IAM which actions on the pool the policies of a user, role or group allow.
    pub(super) async fn simulate_for(&self, principal: String) -> Result<Simulated> {
        let unknown = |why: &str| Ok(Simulated::Unknown(why.to_owned()));
        let Some(pool) = self.pool_arn().await? else {
            return unknown("the pool's ARN cannot be read (it takes cognito-idp:DescribeUserPool)");
        };
        let client = aws_sdk_iam::Client::new(&self.api().sdk_config(Service::Iam));
        let names = OF_AGENTS.iter().map(|(action, _)| action.name().to_owned()).collect();
        let simulate = client.simulate_principal_policy().policy_source_arn(principal);
        let simulate = simulate.set_action_names(Some(names)).resource_arns(pool);
        let answer = match self.api().call(Action::SimulatePrincipalPolicy, || simulate.clone().send()).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => return unknown("IAM knows no policies of this name: a role with a path has another"),
            Err(error) if error.reason == Reason::MissingRight => {
                return unknown("you may not ask IAM (it takes iam:SimulatePrincipalPolicy)");
            }
            Err(error) if error.kind == Kind::Unavailable => return unknown("IAM does not answer"),
            Err(error) => return Err(error),
        };
        let results = answer.evaluation_results.unwrap_or_default();
        if results.len() < OF_AGENTS.len() {
            return unknown("IAM did not answer for every action");
        }
        let denied: BTreeSet<String> = results
            .into_iter()
            .filter(|result| result.eval_decision != PolicyEvaluationDecisionType::Allowed)
            .map(|result| result.eval_action_name)
            .collect();
        let actions = OF_AGENTS.iter().map(|(action, _)| action.name());
        Ok(Simulated::Missing(actions.filter(|action| denied.contains(*action)).collect()))
    }

    /// Lists the actions that agents need under this profile.
    pub(super) fn needed(&self) -> impl Iterator<Item = (Action, Need)> {
        OF_AGENTS.into_iter().filter(|(_, need)| need.applies(&self.api().settings, &self.0.protected))
    }

    async fn pool_arn(&self) -> Result<Option<String>> {
        Ok(self.pool().await?.and_then(|pool| pool.settings().arn.clone()))
    }

    /// Checks for `doctor` what IAM says of the agent's actions. What it allows may still be refused, by a boundary or by
    /// the organisation.
    pub(super) async fn rights_check(&self) -> Result<Check> {
        const NAME: &str = "iam-actions";
        Ok(match self.simulate().await? {
            Simulated::Unknown(why) => {
                Check::new(NAME, CheckState::Unknown, format!("whether IAM allows every action: {why}"))
            }
            Simulated::Missing(missing) => {
                let (state, words) = describe_missing(&missing, self.needed());
                Check::new(NAME, state, words)
            }
        })
    }
}

/// Says what the missing actions mean for resets.
fn describe_missing(
    missing: &BTreeSet<&'static str>,
    needed: impl Iterator<Item = (Action, Need)>,
) -> (CheckState, String) {
    let (mut always, mut creating) = (Vec::new(), Vec::new());
    for (action, need) in needed.filter(|(action, _)| missing.contains(action.name())) {
        match need {
            Need::Creating => creating.push(action.name()),
            Need::Always | Need::ProtectedGroups | Need::AdminFlow => always.push(action.name()),
        }
    }
    if !always.is_empty() {
        let words = format!("IAM does not allow {}: no reset is possible until then", always.join(", "));
        (CheckState::Fault, words)
    } else if !creating.is_empty() {
        let words = format!("IAM does not allow {}: customers without a user get none", creating.join(", "));
        (CheckState::Warning, words)
    } else {
        (CheckState::Ok, "IAM allows every action that a reset needs".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_every_reset_needs_is_a_fault_and_one_for_new_users_a_warning() {
        let describe = |missing: &[Action], needed: &[(Action, Need)]| {
            describe_missing(&missing.iter().map(|action| action.name()).collect(), needed.iter().copied())
        };
        let unprotected: Vec<_> =
            OF_AGENTS.into_iter().filter(|(_, need)| matches!(need, Need::Always | Need::Creating)).collect();
        let (state, words) = describe(&[Action::AdminCreateUser, Action::ListUsers], &OF_AGENTS);
        assert_eq!(state, CheckState::Fault);
        assert!(words.contains("cognito-idp:ListUsers") && !words.contains("AdminCreateUser"), "{words}");
        let (state, words) = describe(&[Action::AdminCreateUser], &unprotected);
        assert_eq!(state, CheckState::Warning);
        assert!(words.contains("cognito-idp:AdminCreateUser") && words.contains("without a user"), "{words}");
        assert_eq!(describe(&[Action::GetGroup], &unprotected).0, CheckState::Ok, "nobody is protected");
        assert_eq!(describe(&[Action::GetGroup], &OF_AGENTS).0, CheckState::Fault);
        assert_eq!(describe(&[], &OF_AGENTS).0, CheckState::Ok);
    }
}

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
        let Some(pool) = self.caller().pool_arn(&self.api().settings) else {
            return unknown("AWS names you in a way that is not known");
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
    let lacking: Vec<(Action, Need)> = needed.filter(|(action, _)| missing.contains(action.name())).collect();
    let of = |wanted: &[Need]| {
        let names = lacking.iter().filter(|(_, need)| wanted.contains(need)).map(|(action, _)| action.name());
        names.collect::<Vec<_>>().join(", ")
    };
    for (needs, state, meaning) in [
        (&[Need::Always, Need::ProtectedGroups][..], CheckState::Fault, "no reset is possible until then"),
        (&[Need::AdminFlow], CheckState::Warning, "no temporary password is tried by a sign-in"),
        (&[Need::Creating], CheckState::Warning, "customers without a user get none"),
        (&[Need::Rules], CheckState::Warning, "passwords are made for the strictest usual policy"),
    ] {
        let names = of(needs);
        if !names.is_empty() {
            return (state, format!("IAM does not allow {names}: {meaning}"));
        }
    }
    (CheckState::Ok, "IAM allows every action that a reset needs".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_every_reset_needs_is_a_fault_and_one_that_it_goes_on_without_a_warning() {
        let describe = |missing: &[Action], needed: &[(Action, Need)]| {
            describe_missing(&missing.iter().map(|action| action.name()).collect(), needed.iter().copied())
        };
        let unprotected: Vec<_> = OF_AGENTS
            .into_iter()
            .filter(|(_, need)| !matches!(need, Need::ProtectedGroups | Need::AdminFlow))
            .collect();
        let (state, words) = describe(&[Action::AdminCreateUser, Action::ListUsers], &OF_AGENTS);
        assert_eq!(state, CheckState::Fault);
        assert!(words.contains("cognito-idp:ListUsers") && !words.contains("AdminCreateUser"), "{words}");
        let (state, words) = describe(&[Action::AdminCreateUser], &unprotected);
        assert_eq!(state, CheckState::Warning);
        assert!(words.contains("cognito-idp:AdminCreateUser") && words.contains("without a user"), "{words}");
        assert_eq!(describe(&[Action::GetGroup], &unprotected).0, CheckState::Ok, "nobody is protected");
        assert_eq!(describe(&[Action::GetGroup], &OF_AGENTS).0, CheckState::Fault);
        assert_eq!(describe(&[], &OF_AGENTS).0, CheckState::Ok);
        for (action, meaning) in
            [(Action::AdminInitiateAuth, "is tried"), (Action::DescribeUserPool, "strictest usual policy")]
        {
            let (state, words) = describe(&[action], &OF_AGENTS);
            assert!(
                state == CheckState::Warning && words.contains(action.name()) && words.contains(meaning),
                "{words}"
            );
        }
    }
}

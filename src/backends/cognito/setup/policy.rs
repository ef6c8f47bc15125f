//! The least IAM policy for agents, made of the actions that this backend's calls name.

use serde::Serialize;

use crate::backends::cognito::action::{Action, OF_AGENTS, OF_DOCTOR};
use crate::backends::cognito::settings::CognitoSettings;
use crate::config::Protected;

/// What stands in an ARN for the number of the account, where that is not known.
pub(super) const ACCOUNT: &str = "ACCOUNT_ID";
/// The statements that only `doctor` needs.
pub(super) const OPTIONAL: [&str; 2] = ["DoctorReadsAppClients", "DoctorReadsOwnRights"];

/// A policy (IAM User Guide, "IAM JSON policy reference").
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyDocument {
    version: &'static str,
    statement: [Statement; 3],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: Vec<String>,
}

impl Statement {
    fn allow(sid: &'static str, action: impl IntoIterator<Item = Action>, resource: Vec<String>) -> Self {
        Self { sid, effect: "Allow", action: action.into_iter().map(Action::name).collect(), resource }
    }
}

/// Writes the least policy of agents under a profile.
///
/// The agents are IAM users of any name, or whoever assumes the role.
pub(super) fn least_policy(settings: &CognitoSettings, protected: &Protected, account: &str, role: &str) -> String {
    let partition = partition_of(&settings.region);
    let pool = format!("arn:{partition}:cognito-idp:{}:{account}:userpool/{}", settings.region, settings.user_pool);
    let needed = OF_AGENTS.into_iter().filter(|(_, need)| need.applies(settings, protected));
    let themselves = ["user/${aws:username}".to_owned(), format!("role/{role}")];
    let themselves = themselves.map(|name| format!("arn:{partition}:iam::{account}:{name}"));
    let document = PolicyDocument {
        version: "2012-10-17",
        statement: [
            Statement::allow("TemporaryPasswords", needed.map(|(action, _)| action), vec![pool.clone()]),
            Statement::allow(OPTIONAL[0], OF_DOCTOR, vec![pool]),
            Statement::allow(OPTIONAL[1], [Action::SimulatePrincipalPolicy], themselves.to_vec()),
        ],
    };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// Returns the partition of a region (AWS General Reference, "Amazon Resource Names").
pub(super) fn partition_of(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

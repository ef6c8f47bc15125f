//! The steps of the preparation, each computed from what was found.

use aws_sdk_cognitoidentityprovider::types::{ExplicitAuthFlowsType, UserPoolTierType};

use super::policy::{ACCOUNT, OPTIONAL};
use crate::backends::cognito::checks::after_days;
use crate::backends::cognito::pool::Pool;
use crate::backends::cognito::settings::{AuthFlow, CognitoSettings};
use crate::domain::{Step, StepState};

/// How many days are enough for a customer who was on the phone when the password was issued.
const ENOUGH_DAYS: i32 = 1;

/// What is known of the agents' policy.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PolicyFound {
    /// Nobody signed in to ask.
    NotAsked,
    /// IAM could not say it: why.
    NotRead(String),
    /// The agents' role or group lacks these actions of the policy.
    Lacks { kind: &'static str, lacks: Vec<&'static str> },
}

/// What is known of the app client that the profile names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AppClientFound {
    /// Nobody asked for it.
    NotAsked,
    /// The pool has none of that id.
    Absent,
    /// The flows that it allows, and whether it has a secret.
    There { allows: Vec<ExplicitAuthFlowsType>, has_secret: bool },
}

fn already(id: &'static str, words: String) -> Step {
    Step { id, state: StepState::Already, words, by_hand: Vec::new(), document: None, apart: None }
}

fn by_hand(id: &'static str, words: String, by_hand: Vec<String>) -> Step {
    Step { id, state: StepState::ByHand, words, by_hand, document: None, apart: None }
}

/// Describes the agents' policy.
pub(super) fn policy(document: String, agents: &str, found: &PolicyFound) -> Step {
    const ID: &str = "iam_policy";
    let words = match found {
        PolicyFound::Lacks { kind, lacks } if lacks.is_empty() => {
            return already(ID, format!("the {kind} {agents} may do what agents need: IAM allows every action"));
        }
        PolicyFound::Lacks { kind, lacks } => {
            format!("the {kind} {agents} lacks {} of the least policy for agents", lacks.join(", "))
        }
        PolicyFound::NotAsked => "agents have this IAM policy, and no more on this pool".to_owned(),
        PolicyFound::NotRead(why) => format!(
            "agents have this IAM policy, and no more on this pool; whether {agents} (`--agents`) has it is not known: {why}"
        ),
    };
    let mut lines = vec![
        format!(
            "In IAM, create a policy of this JSON, and attach it to the role {agents}, or to the agents' IAM users."
        ),
        format!(
            "{} are for `doctor` alone: without them it says less, and resets are the same.",
            OPTIONAL.join(" and ")
        ),
    ];
    if document.contains(ACCOUNT) {
        lines.push(format!(
            "{ACCOUNT} stands for the 12 digits of the AWS account: put them in, or name them in the profile (account)."
        ));
    }
    Step { document: Some(document), ..by_hand(ID, words, lines) }
}

/// Describes how long a temporary password lasts.
pub(super) fn validity(settings: &CognitoSettings, pool: Option<&Pool>) -> Step {
    const ID: &str = "temporary_password_validity";
    let days = pool.map(Pool::validity_days);
    match days {
        Some(days) if days <= ENOUGH_DAYS => {
            already(ID, format!("an unused temporary password runs out {}", after_days(days)))
        }
        _ => {
            let words = days.map_or_else(
                || format!("an unused temporary password runs out {}", after_days(ENOUGH_DAYS)),
                |days| {
                    format!(
                        "an unused temporary password runs out {}; {} would do",
                        after_days(days),
                        after_days(ENOUGH_DAYS)
                    )
                },
            );
            let line = format!(
                "{}, temporary passwords set by administrators: {ENOUGH_DAYS} day (TemporaryPasswordValidityDays). It holds for invitations too.",
                password_policy(settings)
            );
            by_hand(ID, words, vec![line, not_by_command()])
        }
    }
}

/// Describes the password history.
pub(super) fn history(settings: &CognitoSettings, pool: Option<&Pool>) -> Step {
    const ID: &str = "password_history";
    let words = "the pool refuses the password used last, so that the temporary one cannot be kept".to_owned();
    if pool.is_some_and(Pool::keeps_history) {
        return already(ID, words);
    }
    if pool.is_some_and(|pool| pool.settings().user_pool_tier == Some(UserPoolTierType::Lite)) {
        let words = "the pool's feature plan Lite keeps no password history: a customer may keep the temporary password as their own. Essentials and Plus have one".to_owned();
        return Step { state: StepState::NotHere, ..already(ID, words) };
    }
    let line = format!(
        "{}, previous passwords: 1 or more (PasswordHistorySize; it takes the feature plan Essentials or Plus).",
        password_policy(settings)
    );
    by_hand(ID, words, vec![line, not_by_command()])
}

fn password_policy(settings: &CognitoSettings) -> String {
    format!("Amazon Cognito, user pool {}, its password policy", settings.user_pool)
}

/// Warns of the call that looks right (Cognito API, `UpdateUserPool`).
fn not_by_command() -> String {
    "Not by `aws cognito-idp update-user-pool` with this setting alone: it resets every setting that is left out."
        .to_owned()
}

/// Describes the app client by which a temporary password is proved.
pub(super) fn app_client(settings: &CognitoSettings, found: &AppClientFound) -> Step {
    const ID: &str = "app_client";
    let Some(client) = &settings.app_client else {
        let words = "an app client tries each temporary password by one sign-in before it is shown (`app_client` in the profile); without one it is shown untried";
        let create = format!(
            "`aws cognito-idp create-user-pool-client --region {} --user-pool-id {} --client-name tellonce-proof --explicit-auth-flows {} ALLOW_REFRESH_TOKEN_AUTH`",
            settings.region,
            settings.user_pool,
            allowed_by(AuthFlow::UserPassword).as_str()
        );
        let profile = "In the profile: app_client = { id = \"the ClientId of the answer\" }.".to_owned();
        return by_hand(ID, words.to_owned(), vec![create, profile]);
    };
    let (id, flow) = (&client.id, allowed_by(client.flow));
    let words = format!("the app client {id} allows {}, so that it tries each temporary password", flow.as_str());
    let console = format!("Amazon Cognito, user pool {}, app clients", settings.user_pool);
    match found {
        AppClientFound::There { allows, has_secret } => {
            if !allows.contains(&flow) {
                let words =
                    format!("the app client {id} does not allow {}: no temporary password is tried", flow.as_str());
                return by_hand(
                    ID,
                    words,
                    vec![format!("{console}, {id}, authentication flows: add {}.", flow.as_str())],
                );
            }
            match (has_secret, client.secret.is_some()) {
                (true, false) => {
                    let words = format!("the app client {id} has a secret, which the profile does not name");
                    let line = format!(
                        "In the profile: app_client = {{ id = \"{id}\", secret = {{ file = \"client-secret\" }} }}."
                    );
                    by_hand(ID, words, vec![line])
                }
                (false, true) => {
                    let words = format!("the app client {id} has no secret, and the profile names one");
                    by_hand(ID, words, vec!["In the profile: leave `secret` out of app_client.".to_owned()])
                }
                _ => already(ID, words),
            }
        }
        AppClientFound::Absent => {
            let words = format!("the pool has no app client {id}");
            by_hand(ID, words, vec![format!("{console}: look for its id, and put it into the profile (app_client).")])
        }
        AppClientFound::NotAsked => {
            by_hand(ID, words, vec![format!("{console}, {id}, authentication flows: {}.", flow.as_str())])
        }
    }
}

/// Returns what an app client allows a flow by (Cognito API, `UserPoolClientType`).
const fn allowed_by(flow: AuthFlow) -> ExplicitAuthFlowsType {
    match flow {
        AuthFlow::UserPassword => ExplicitAuthFlowsType::AllowUserPasswordAuth,
        AuthFlow::AdminUserPassword => ExplicitAuthFlowsType::AllowAdminUserPasswordAuth,
    }
}

/// Describes the protected groups; `None` if the profile protects none. `missing` says why they are not known.
pub(super) fn protected_groups(settings: &CognitoSettings, names: &[String], missing: Option<&str>) -> Option<Step> {
    const ID: &str = "protected_groups";
    if names.is_empty() {
        return None;
    }
    let words = format!("the pool has the groups whose members agents do not reset: {}", names.join(", "));
    let Some(why) = missing else { return Some(already(ID, words)) };
    let words = if why.is_empty() { words } else { format!("{why}: every reset is refused until then") };
    let lines = vec![
        format!(
            "Amazon Cognito, user pool {}, groups: {}. Names count as they are written, capitals too.",
            settings.user_pool,
            names.join(", ")
        ),
        "Put the users of administrators and of agents into them.".to_owned(),
    ];
    Some(by_hand(ID, words, lines))
}

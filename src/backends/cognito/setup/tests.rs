#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::path::Path;

use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, PasswordPolicyType, UserPoolPolicyType, UserPoolTierType, UserPoolType,
};
use serde_json::{Value, json};

use super::policy::{least_policy, partition_of};
use super::steps::{self, AppClientFound, PolicyFound};
use crate::backends::cognito::pool::Pool;
use crate::backends::cognito::settings::CognitoSettings;
use crate::config::{Configuration, Protected};
use crate::domain::{Step, StepState};

const ADMIN_FLOW: &str = "app_client = { id = 'abc', flow = 'admin-user-password' }";
const USER_FLOW: &str = "app_client = { id = 'abc' }";

fn settings(keys: &str) -> CognitoSettings {
    let text =
        format!("[profiles.a]\nbackend = 'cognito'\nuser_pool = 'eu-central-1_AbCdEfGhI'\nprotected = 'none'\n{keys}");
    let configuration = Configuration::parse(&text, Path::new("/etc/tellonce/config.toml")).unwrap();
    CognitoSettings::from_profile(&configuration.profile(Some("a")).unwrap()).unwrap()
}

fn protected(groups: &[&str]) -> Protected {
    Protected { groups: groups.iter().map(|name| (*name).to_owned()).collect(), roles: Vec::new() }
}

fn policy(keys: &str, groups: &[&str]) -> Value {
    let text = least_policy(&settings(keys), &protected(groups), "123456789012", "support-agents");
    serde_json::from_str(&text).unwrap()
}

fn pool(days: i32, history: i32, tier: UserPoolTierType) -> Pool {
    let policy =
        PasswordPolicyType::builder().temporary_password_validity_days(days).password_history_size(history).build();
    let policies = UserPoolPolicyType::builder().password_policy(policy).build();
    Pool(UserPoolType::builder().policies(policies).user_pool_tier(tier).build())
}

#[test]
fn the_policy_names_what_a_reset_takes_and_the_pool_alone() {
    let policy = policy("", &[]);
    let least = &policy["Statement"][0];
    assert_eq!(policy["Version"], "2012-10-17");
    let pool = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_AbCdEfGhI";
    assert_eq!(least["Resource"], json!([pool]));
    assert_eq!(
        least["Action"],
        json!([
            "cognito-idp:ListUsers",
            "cognito-idp:AdminGetUser",
            "cognito-idp:DescribeUserPool",
            "cognito-idp:AdminSetUserPassword",
            "cognito-idp:AdminUserGlobalSignOut",
            "cognito-idp:AdminCreateUser",
        ])
    );
    let own = &policy["Statement"][2];
    assert_eq!(own["Action"], json!(["iam:SimulatePrincipalPolicy"]));
    assert_eq!(
        own["Resource"],
        json!(["arn:aws:iam::123456789012:user/${aws:username}", "arn:aws:iam::123456789012:role/support-agents"])
    );
    assert!(!policy.to_string().contains('*'), "{policy}");
}

#[test]
fn groups_and_the_flow_of_servers_are_in_the_policy_only_where_they_are_used() {
    let actions = |keys: &str, groups: &[&str]| policy(keys, groups)["Statement"][0]["Action"].to_string();
    for action in ["cognito-idp:GetGroup", "cognito-idp:AdminListGroupsForUser"] {
        assert!(!actions(ADMIN_FLOW, &[]).contains(action) && actions("", &["staff"]).contains(action), "{action}");
    }
    let initiate = "cognito-idp:AdminInitiateAuth";
    assert!(actions(ADMIN_FLOW, &[]).contains(initiate) && !actions(USER_FLOW, &["staff"]).contains(initiate));
}

#[test]
fn partitions_are_those_of_the_region() {
    for (region, partition) in
        [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-east-1", "aws")]
    {
        assert_eq!(partition_of(region), partition, "{region}");
    }
}

#[test]
fn an_account_that_is_not_known_is_said_to_be_a_placeholder() {
    let by_hand = |account: &str| {
        let document = least_policy(&settings(""), &protected(&[]), account, "support-agents");
        steps::policy(document, "support-agents", &PolicyFound::NotAsked).by_hand.join("\n")
    };
    assert!(by_hand(super::ACCOUNT).contains("ACCOUNT_ID stands for the 12 digits"));
    assert!(!by_hand("123456789012").contains("ACCOUNT_ID"));
}

#[test]
fn a_policy_is_there_only_if_iam_allows_each_action() {
    let found = |found: &PolicyFound| steps::policy("{}".to_owned(), "support-agents", found);
    let all = found(&PolicyFound::Lacks { kind: "role", lacks: Vec::new() });
    assert!(all.state == StepState::Already && all.document.is_none(), "{all:?}");
    let some = found(&PolicyFound::Lacks { kind: "role", lacks: vec!["cognito-idp:ListUsers"] });
    assert!(some.words.contains("the role support-agents lacks cognito-idp:ListUsers"), "{some:?}");
    let unknown = found(&PolicyFound::NotRead("no answer".to_owned()));
    assert!(unknown.words.contains("is not known: no answer"), "{unknown:?}");
    for step in [some, unknown] {
        assert!(step.state == StepState::ByHand && step.document.is_some(), "{step:?}");
    }
}

#[test]
fn a_temporary_password_that_lasts_longer_than_a_day_is_to_be_shortened() {
    let step = |days| steps::validity(&settings(""), Some(&pool(days, 0, UserPoolTierType::Essentials)));
    assert_eq!(step(1).state, StepState::Already);
    let week = step(7);
    assert!(week.state == StepState::ByHand && week.words.contains("after 7 days"), "{week:?}");
    assert!(week.by_hand.join(" ").contains("update-user-pool"), "it warns of the call that resets the others");
    assert_eq!(steps::validity(&settings(""), None).state, StepState::ByHand);
}

#[test]
fn a_plan_without_password_history_is_not_possible_here() {
    let step = |history, tier| steps::history(&settings(""), Some(&pool(7, history, tier)));
    assert_eq!(step(1, UserPoolTierType::Essentials).state, StepState::Already);
    assert_eq!(step(0, UserPoolTierType::Plus).state, StepState::ByHand);
    let lite = step(0, UserPoolTierType::Lite);
    assert!(lite.state == StepState::NotHere && lite.words.contains("Lite"), "{lite:?}");
}

#[test]
fn an_app_client_has_to_allow_the_flow_and_its_secret_to_be_known() {
    let user = ExplicitAuthFlowsType::AllowUserPasswordAuth;
    let admin = ExplicitAuthFlowsType::AllowAdminUserPasswordAuth;
    let there = |allows: &[&ExplicitAuthFlowsType], has_secret| AppClientFound::There {
        allows: allows.iter().map(|flow| (*flow).clone()).collect(),
        has_secret,
    };
    let secret = "app_client = { id = 'abc', secret = { file = 'client-secret' } }";
    for (keys, found, state, words) in [
        ("", AppClientFound::NotAsked, StepState::ByHand, "untried"),
        (USER_FLOW, there(&[&user], false), StepState::Already, "ALLOW_USER_PASSWORD_AUTH"),
        (USER_FLOW, there(&[&admin], false), StepState::ByHand, "does not allow ALLOW_USER_PASSWORD_AUTH"),
        (ADMIN_FLOW, there(&[&admin], false), StepState::Already, "ALLOW_ADMIN_USER_PASSWORD_AUTH"),
        (ADMIN_FLOW, there(&[], false), StepState::ByHand, "does not allow ALLOW_ADMIN_USER_PASSWORD_AUTH"),
        (USER_FLOW, there(&[&user], true), StepState::ByHand, "has a secret"),
        (secret, there(&[&user], true), StepState::Already, "ALLOW_USER_PASSWORD_AUTH"),
        (secret, there(&[&user], false), StepState::ByHand, "has no secret"),
        (USER_FLOW, AppClientFound::Absent, StepState::ByHand, "no app client abc"),
    ] {
        let step = steps::app_client(&settings(keys), &found);
        assert!(step.state == state && step.words.contains(words), "{keys} {found:?}: {step:?}");
        assert_eq!(step.by_hand.is_empty(), state == StepState::Already, "{step:?}");
    }
}

#[test]
fn groups_that_are_not_there_refuse_every_reset() {
    let names = ["staff".to_owned()];
    let step = |missing| steps::protected_groups(&settings(""), &names, missing).unwrap();
    let Step { state, words, .. } = step(Some("the pool has no group \"staff\""));
    assert!(state == StepState::ByHand && words.contains("every reset is refused"), "{words}");
    assert_eq!(step(None).state, StepState::Already);
    assert!(steps::protected_groups(&settings(""), &[], None).is_none());
}

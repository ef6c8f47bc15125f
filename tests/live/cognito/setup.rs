//! `setup` with an administrator's AWS credentials: what the pool has already, and what is to be done by hand.

use serde_json::{Value, json};

use crate::support::TestEnvironment;
use crate::support::cognito::{AppClient, CustomerState, Emulator, Pool, PoolOptions, Server, credentials_file};

const STEPS: [&str; 5] =
    ["iam_policy", "temporary_password_validity", "password_history", "app_client", "protected_groups"];

/// A pool with these settings, and a home in which the AWS profile `admin` may do everything.
fn desk(more: &Value, keys: impl Fn(&Pool) -> String) -> (Pool, TestEnvironment) {
    let options = PoolOptions { policy: more.clone(), ..PoolOptions::default() };
    let pool = Pool::with(Server::shared(Emulator::Ministack), &options);
    let agent = pool.agent("agent", &["cognito-idp:ListUsers"]);
    let profile = format!("{}protected = {{ groups = ['staff-admins'] }}\n{}", pool.profile(), keys(&pool));
    let environment = TestEnvironment::for_agent_of_pool(&agent, &profile);
    let keys = [("support", &agent.keys), ("admin", pool.server().root())];
    environment.write("aws-credentials", &credentials_file(&keys));
    (pool, environment)
}

fn states(environment: &TestEnvironment) -> Vec<String> {
    let plan = environment.run(&["setup", "--administrator", "admin", "-o", "json"]).must(0).json();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| step["id"].as_str().unwrap()).collect::<Vec<_>>(), STEPS);
    steps.iter().map(|step| step["state"].as_str().unwrap().to_owned()).collect()
}

/// Gives a role the policy that `setup` prints.
fn give_to_role(pool: &Pool, role: &str, environment: &TestEnvironment) {
    let plan = environment.run(&["setup", "--print", "--agents", role, "-o", "json"]).must(0).json();
    let document = plan["steps"][0]["document"].as_str().unwrap().replace("ACCOUNT_ID", Emulator::Ministack.account());
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": "*" } }],
    });
    let trust = trust.to_string();
    pool.server().iam("CreateRole", &[("RoleName", role), ("AssumeRolePolicyDocument", &trust)]);
    let policy = [("RoleName", role), ("PolicyName", "least"), ("PolicyDocument", &document)];
    pool.server().iam("PutRolePolicy", &policy);
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn setup_says_of_each_step_whether_it_is_there_and_changes_nothing() {
    let (pool, environment) = desk(&json!({ "TemporaryPasswordValidityDays": 7 }), |_| String::new());
    let before = pool.call("DescribeUserPool", json!({}));
    assert_eq!(states(&environment), ["by_hand"; 5]);
    let printed = environment.run(&["setup", "--administrator", "admin"]).must(0).stdout;
    for words in ["after 7 days", "no group \"staff-admins\"", "update-user-pool", pool.arn(), "000000000000"] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    assert_eq!(before, pool.call("DescribeUserPool", json!({})));
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn setup_finds_what_is_there_already() {
    let proof = |pool: &Pool| pool.proof();
    let (pool, environment) = desk(&json!({ "PasswordHistorySize": 1 }), proof);
    pool.add("boss", &[], CustomerState::Confirmed);
    pool.put_into_group("boss", "staff-admins");
    let role = format!("support-{}", pool.id().rsplit('_').next().unwrap());
    give_to_role(&pool, &role, &environment);
    let plan = environment.run(&["setup", "--administrator", "admin", "--agents", &role, "-o", "json"]).must(0).json();
    let steps = plan["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["state"] == "already" && step["by_hand"] == json!([])), "{plan}");
    assert!(plan["administrator"].as_str().unwrap().contains("arn:aws:iam::000000000000:"), "{plan}");
    environment.run(&["setup", "--administrator", "admin", "--agents", &role]).must_say(0, "There already: ");
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn an_app_client_that_does_not_prove_is_told() {
    let state = |app: &AppClient, pool: &Pool, environment: &TestEnvironment| {
        environment.edit_config(&pool.proof(), &format!("app_client = {{ id = '{}' }}\n", app.id));
        let plan = environment.run(&["setup", "--administrator", "admin", "-o", "json"]).must(0).json();
        plan["steps"][3]["words"].as_str().unwrap().to_owned()
    };
    for (with_secret, flows, words) in [
        (true, json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]), "has a secret"),
        (false, json!(["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]), "does not allow ALLOW_USER_PASSWORD_AUTH"),
    ] {
        let (pool, environment) = desk(&json!({}), Pool::proof);
        let app = pool.app_client(with_secret, &json!({ "ExplicitAuthFlows": flows }));
        let told = state(&app, &pool, &environment);
        assert!(told.contains(words), "{told}");
    }
    let (pool, environment) = desk(&json!({}), Pool::proof);
    let told = state(&AppClient { id: "none".to_owned(), secret: None }, &pool, &environment);
    assert!(told.contains("no app client none"), "{told}");
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn an_administrator_is_an_aws_identity_with_the_right_to_look() {
    let (_, mut environment) = desk(&json!({}), |_| String::new());
    let password = ["setup", "--administrator", "admin", "--password-stdin"];
    environment.run_with(&password, "x\n").must_say(2, "takes no password");
    environment.run(&["setup"]).must_say(4, "cognito-idp:DescribeUserPool");
    environment.run(&["setup", "--administrator", "nobody"]).must_say(4, "nobody");
    environment.run(&["setup", "--print", "--agents", "a/b"]).must_say(2, "no name of an IAM role");
    environment.set_variable("TELLONCE_TOKEN", "x");
    environment.run(&["setup"]).must_say(2, "TELLONCE_TOKEN");
}

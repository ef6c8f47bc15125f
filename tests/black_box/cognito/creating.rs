//! Customers without a user: what the pool requires of one, and what goes wrong on the way.

use serde_json::{Value, json};

use crate::support::fake_cognito::{FakeCognito, refusal};
use crate::support::fault_proxy::{Fault, FaultProxy, Rule};
use crate::support::{CommandOutput, TestEnvironment, for_each_concurrently};

const CREATE: &str = "AdminCreateUser";

fn create(env: &TestEnvironment) -> CommandOutput {
    let who = ["--create", "--email", "new@example.com", "--first-name", "New", "--last-name", "One"];
    let reset = ["-o", "json", "--timeout", "2s", "reset", "new@example.com", "--yes", "--reveal", "stdout"];
    env.run(&[&reset[..], &who].concat())
}

fn requiring(names: &[&str]) -> Value {
    let attributes = names.iter().map(|name| json!({ "Name": name, "Required": true, "Mutable": true }));
    json!({ "SchemaAttributes": attributes.collect::<Value>() })
}

#[test]
fn a_user_is_created_with_the_password_in_one_call_and_no_mail() {
    let pool = FakeCognito::start();
    let env = TestEnvironment::for_agent_of_fake_cognito(pool.address());
    let issued = create(&env).must(0);
    let inputs = pool.inputs(CREATE);
    assert_eq!((inputs.len(), &inputs[0]["MessageAction"]), (1, &"SUPPRESS".into()));
    assert_eq!(inputs[0]["TemporaryPassword"], issued.password());
    assert!(inputs[0]["DesiredDeliveryMediums"].is_null() && pool.inputs("AdminSetUserPassword").is_empty());
    let user = pool.user("new@example.com");
    assert_eq!(user.attributes["given_name"], "New");
    assert!(!user.attributes.contains_key("email_verified"), "nobody has verified it");
}

#[test]
fn attributes_that_the_pool_requires_are_named_before_anything_changes() {
    let pool = FakeCognito::start();
    pool.configure(requiring(&["sub", "email", "given_name", "phone_number", "custom:tenant"]));
    let env = TestEnvironment::for_agent_of_fake_cognito(pool.address());
    let ran = create(&env);
    assert!(matches!(ran.code, 2 | 7), "{ran:?}");
    let error = ran.error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("phone_number, custom:tenant") && !message.contains("given_name,"), "{message}");
    assert!(pool.inputs(CREATE).is_empty());

    let config = env.read("config.toml");
    let more = "new_users = { attributes = { phone_number = '+442079460018', 'custom:tenant' = 't1' } }\n";
    env.write("config.toml", &format!("{config}{more}"));
    create(&env).must(0);
    assert_eq!(pool.user("new@example.com").attributes["custom:tenant"], "t1");
}

/// A policy that may not be read is found out by the refusal, whose words are not repeated.
#[test]
fn what_the_pool_refuses_of_a_user_is_told() {
    for (code, message, exit, wanted) in [
        (
            "InvalidParameterException",
            "Attributes did not conform to the schema: Sesame is missing",
            7,
            "one is missing",
        ),
        ("UsernameExistsException", "User account already exists Sesame", 7, "already"),
        ("UserLambdaValidationException", "PreSignUp failed with error Sesame.", 7, "Lambda trigger"),
        ("AccessDeniedException", "not authorized Sesame", 4, "cognito-idp:AdminCreateUser"),
        ("TooManyRequestsException", "Too many requests Sesame", 8, "quota"),
        ("ResourceNotFoundException", "User pool does not exist Sesame", 2, "no user pool"),
        ("SesameOpenException", "Sesame", 8, "AdminCreateUser"),
    ] {
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        proxy.rule(Rule::on("POST", CREATE, Fault::Answer(400, Vec::new(), refusal(code, message))));
        let ran = create(&TestEnvironment::for_agent_of_fake_cognito(proxy.address()));
        assert_eq!(ran.code, exit, "{code}: {ran:?}");
        let error = ran.error();
        assert_eq!(error["changed"], "no", "{code}: {error}");
        assert!(error["message"].as_str().unwrap().contains(wanted), "{code}: {error}");
        assert!(code.starts_with("Sesame") || !error.to_string().contains("Sesame"), "{code}: {error}");
    }
}

#[test]
fn a_creation_whose_answer_was_lost_is_unknown_and_never_sent_again() {
    for_each_concurrently([true, false], |applied| {
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        let rule = Rule::on("POST", CREATE, Fault::Cut);
        proxy.rule(if applied { rule.applied() } else { rule });
        let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
        let error = create(&env).must(9).error();
        assert_ne!(error["changed"], "no", "{error}");
        assert!(!applied || error["changed"] != "unknown" || error["hint"].is_string(), "{error}");
        assert_eq!(proxy.count("POST", CREATE), 1, "applied: {applied}");
        proxy.heal();
        let again = ["-o", "json", "reset", "new@example.com", "--yes", "--reveal", "stdout"];
        let ran = if applied { env.run(&again) } else { create(&env) };
        assert_eq!(pool.user("new@example.com").password, Some(ran.must(0).password()));
    });
}

#[test]
fn a_pool_with_the_address_as_username_makes_the_name_itself() {
    let pool = FakeCognito::start();
    pool.configure(json!({ "UsernameAttributes": ["email"] }));
    let env = TestEnvironment::for_agent_of_fake_cognito(pool.address());
    let issued = create(&env).must(0);
    assert_eq!(pool.inputs(CREATE)[0]["Username"], "new@example.com");
    let shown = env.run(&["-o", "json", "show", "new@example.com"]).must(0).json();
    assert_eq!(shown["status"], "force_password_reset", "{shown}");
    assert_eq!(issued.json()["customer"]["email"], "new@example.com");
}

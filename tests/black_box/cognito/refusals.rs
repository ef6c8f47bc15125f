//! What a profile may not say, and what the pool refuses.

use super::{RESET, agent_of};
use crate::support::TestEnvironment;
use crate::support::fake_cognito::{FakeCognito, POOL, refusal};
use crate::support::fault_proxy::{Fault, FaultProxy, Rule};

const SET: &str = "AdminSetUserPassword";

#[test]
fn a_profile_that_cannot_be_right_is_refused_with_its_key() {
    for (lines, key) in [
        ("user_pool = 'customers'", "user_pool"),
        ("user_pool = 'eu-central-1_AbC'\nregion = 'eu-west-1'", "region"),
        ("user_pool = 'eu-central-1_AbC'\nregion = ''", "region"),
        ("user_pool = 'eu-central-1_AbC'\nendpoint = ''", "endpoint"),
        ("user_pool = 'eu-central-1_AbC'\nendpoint = ' '", "endpoint"),
        ("user_pool = 'eu-central-1_AbC'\nendpoint = '127.0.0.1:4566'", "endpoint"),
        ("user_pool = 'eu-central-1_AbC'\nendpoint = 'http://id.example.com'", "not encrypted"),
        ("user_pool = 'eu-central-1_AbC'\nendpoint = 'http://id.localhost'", "not encrypted"),
        ("user_pool = 'eu-central-1_AbC'\nendpoint = 'http://10.0.0.1:4566'", "not encrypted"),
        ("user_pool = 'eu-central-1_AbC'\nendpoints = { sts = '' }", "empty"),
        ("user_pool = 'eu-central-1_AbC'\nendpoints = { iam = 'http://id.example.com' }", "not encrypted"),
        ("user_pool = 'eu-central-1_AbC'\naccount = '1'", "account"),
        ("user_pool = 'eu-central-1_AbC'\naws_profile = ''", "aws_profile"),
        ("user_pool = 'eu-central-1_AbC'\nsign_in = 'web'", "sign_in"),
    ] {
        let env = TestEnvironment::with_profile(&format!("backend = 'cognito'\nprotected = 'none'\n{lines}"));
        for command in [&["whoami"][..], &["find", "ada"]] {
            let ran = env.run(command).must(2);
            assert!(ran.stderr.contains(key) && ran.stderr.contains("line"), "{lines:?}: {ran:?}");
        }
    }
}

#[test]
fn an_unknown_pool_is_a_matter_of_configuration() {
    for call in ["AdminGetUser", "DescribeUserPool", "ListUsers", SET] {
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        let body = refusal("ResourceNotFoundException", "User pool eu-central-1_Sesame does not exist.");
        proxy.rule(Rule::on("POST", call, Fault::Answer(400, Vec::new(), body)));
        let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
        let ran = if call == "ListUsers" { env.run(&["-o", "json", "find", "ada"]) } else { env.run(&RESET) };
        let error = ran.must(2).error();
        assert_eq!((&error["reason"], &error["changed"]), (&"configuration".into(), &"no".into()), "{call}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(POOL) && message.contains("eu-central-1") && !message.contains("Sesame"), "{message}");
    }
}

/// The policy was read, and the pool refuses all the same: the rule that it names is kept the next time.
#[test]
fn a_refused_password_is_made_again_for_the_rule_that_the_pool_names() {
    for (message, times, code) in [
        ("Password did not conform with policy: Password must have symbol characters", 1, 0),
        ("Password did not conform with policy: Password not long enough", 2, 0),
        ("Sesame", 1, 0),
        ("Password did not conform with policy: Password must have symbol characters", u32::MAX, 7),
        ("Sesame", u32::MAX, 7),
    ] {
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        let fault = Fault::Answer(400, Vec::new(), refusal("InvalidPasswordException", message));
        proxy.rule(Rule::on("POST", SET, fault).times(times));
        let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
        let ran = env.run(&RESET);
        assert_eq!(ran.code, code, "{message}: {ran:?}");
        assert!(!ran.text().contains("Sesame"), "{ran:?}");
        assert!(proxy.count("POST", SET) < 20, "{message}: it comes to an end");
        if ran.code == 0 {
            assert_eq!(pool.user("ada").password, Some(ran.password()));
            assert!(
                !message.contains("symbol") || ran.password().contains(|letter: char| letter.is_ascii_punctuation())
            );
        } else {
            assert_eq!(ran.error()["changed"], "no");
            assert!(pool.user("ada").password.is_none());
        }
    }
}

#[test]
fn what_the_pool_refuses_of_the_set_changed_nothing() {
    for (code, exit, wanted) in [
        ("UserNotFoundException", 8, "gone"),
        ("UnsupportedUserStateException", 7, "in this state"),
        ("AccessDeniedException", 4, "cognito-idp:AdminSetUserPassword"),
        ("InvalidParameterException", 8, "AdminSetUserPassword"),
        ("ExpiredTokenException", 4, "session is over"),
    ] {
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        let fault = Fault::Answer(400, Vec::new(), refusal(code, "Sesame"));
        proxy.rule(Rule::on("POST", SET, fault));
        let ran = TestEnvironment::for_agent_of_fake_cognito(proxy.address()).run(&RESET);
        assert_eq!(ran.code, exit, "{code}: {ran:?}");
        let error = ran.error();
        assert_eq!(error["changed"], "no", "{code}: {error}");
        assert!(error["message"].as_str().unwrap().contains(wanted), "{code}: {error}");
        assert!(!error.to_string().contains("Sesame"), "{error}");
        assert_eq!(proxy.count("POST", SET), 1, "{code}");
    }
}

/// Without the right to end sessions, or to read who is protected, nobody is reset.
#[test]
fn a_right_that_is_missing_is_named_and_nobody_is_reset() {
    for (call, exit) in
        [("AdminUserGlobalSignOut", 4), ("AdminListGroupsForUser", 7), ("GetGroup", 7), ("AdminGetUser", 4)]
    {
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        let fault = Fault::Answer(400, Vec::new(), refusal("AccessDeniedException", "not authorized"));
        proxy.rule(Rule::on("POST", call, fault));
        let ran = TestEnvironment::for_agent_of_fake_cognito(proxy.address()).run(&RESET);
        assert!(matches!(ran.code, 4 | 7) && ran.code == exit, "{call}: {ran:?}");
        assert!(pool.inputs(SET).is_empty(), "{call}");
        let named = call == "AdminUserGlobalSignOut" || ran.text().contains(&format!("cognito-idp:{call}"));
        assert!(named, "{call}: {ran:?}");
    }
}

/// The proof finds what the set did not: another password in force, no forced change, a locked user.
#[test]
fn a_proof_that_fails_is_not_revealed() {
    let tokens = r#"{"AuthenticationResult":{"AccessToken":"a","ExpiresIn":3600}}"#;
    for (name, fault, exit) in [
        ("let in at once", Fault::json(tokens), 9),
        (
            "wrong password",
            Fault::Answer(400, Vec::new(), refusal("NotAuthorizedException", "Incorrect username or password.")),
            9,
        ),
        ("locked", Fault::Answer(400, Vec::new(), refusal("NotAuthorizedException", "Password attempts exceeded")), 0),
        (
            "no such flow",
            Fault::Answer(
                400,
                Vec::new(),
                refusal("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"),
            ),
            0,
        ),
        (
            "no such client",
            Fault::Answer(400, Vec::new(), refusal("ResourceNotFoundException", "User pool client does not exist.")),
            0,
        ),
        ("another challenge", Fault::json(r#"{"ChallengeName":"SMS_MFA","Session":"s"}"#), 0),
    ] {
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        proxy.rule(Rule::on("POST", "InitiateAuth", fault));
        let ran = TestEnvironment::for_agent_of_fake_cognito(proxy.address()).run(&RESET);
        assert_eq!(ran.code, exit, "{name}: {ran:?}");
        let password = pool.user("ada").password.unwrap();
        assert_eq!(ran.text().contains(&password), exit == 0, "{name}: {ran:?}");
        if exit == 0 {
            let reason = ran.json()["proof_reason"].clone();
            assert!(ran.json()["proved"] != true && reason.is_string(), "{name}: {ran:?}");
        }
    }
}

#[test]
fn the_agents_tools_are_told_what_applies() {
    let pool = FakeCognito::start();
    let env = agent_of(&pool);
    let who = env.run(&["whoami"]).must(0);
    assert!(who.text().contains("arn:aws:iam::123456789012:user/sam"), "{who:?}");
    let out = env.run(&["logout"]).must(0);
    assert!(out.text().contains("keeps no session of AWS"), "{out:?}");
    let looked = env.run(&["doctor"]);
    assert!(matches!(looked.code, 0 | 10), "{looked:?}");
    for words in ["user-pool", "end-sessions", "access-tokens", "2h"] {
        assert!(looked.text().contains(words), "{words}: {looked:?}");
    }
}

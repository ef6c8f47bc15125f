//! AWS profiles whose credentials come from another service, which may not answer, refuse, or repeat the request.

use std::sync::Arc;

use crate::support::fake_cognito::{FakeCognito, secret_access_key};
use crate::support::fake_keycloak::{FORMS, quoted};
use crate::support::fault_proxy::{Fault, FaultProxy, Gate, Rule};
use crate::support::{TestEnvironment, for_each_concurrently};

const OPEN: &str = "protected = 'none'\naws_profile = 'support'";
const BEARER: &str = "bearer-of-the-session-8c1d";
const WEB_TOKEN: &str = "eyJhbGciOi.web-identity-3f7a.c2ln";

/// The SHA-1 of "corp", by which AWS's tools name the token of the session `corp`.
const TOKEN_OF_CORP: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

/// A home whose AWS profile takes a role, signs in by a session, or by a token file. Every call goes by this address.
fn environment(pool: &FakeCognito, address: &str) -> TestEnvironment {
    let mut env = TestEnvironment::for_fake_cognito(pool.address(), OPEN);
    env.set_variable("AWS_ENDPOINT_URL", address);
    std::fs::create_dir_all(env.file(".aws/sso/cache")).unwrap();
    let token = format!(
        r#"{{"accessToken":"{BEARER}","expiresAt":"2999-01-01T00:00:00Z","region":"eu-central-1","startUrl":"https://corp.awsapps.example/start"}}"#
    );
    env.write(TOKEN_OF_CORP, &token);
    env.write("web-token", WEB_TOKEN);
    let file = env.file("web-token");
    env.write(
        ".aws/config",
        &format!(
            "[profile support]\nregion = eu-central-1\nrole_arn = arn:aws:iam::123456789012:role/Support\nsource_profile = base\n\
             [profile session]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Support\n\
             [sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://corp.awsapps.example/start\n\
             [profile web]\nrole_arn = arn:aws:iam::123456789012:role/Support\nweb_identity_token_file = {}\n",
            file.display()
        ),
    );
    let keys = format!("[base]\naws_access_key_id = AKIAFAKE\naws_secret_access_key = {}\n", secret_access_key());
    env.write(".aws/credentials", &keys);
    env
}

fn named(env: &TestEnvironment, profile: &str) {
    env.edit_config("'support'", &format!("'{profile}'"));
}

#[test]
fn a_role_is_taken_and_its_session_signs() {
    let pool = FakeCognito::start();
    let proxy = FaultProxy::before(pool.address());
    let env = environment(&pool, proxy.address());
    env.run(&["find", "ada"]).must(0);
    assert_eq!(proxy.count("POST", "AssumeRole"), 1);
    named(&env, "web");
    let ran = env.run(&["-vv", "find", "ada"]).must(0);
    assert!(!ran.text().contains("web-identity-3f7a"), "{ran:?}");
    assert_eq!(proxy.count("POST", "AssumeRoleWithWebIdentity"), 1);
}

#[test]
fn an_empty_endpoint_in_the_environment_ends_in_words() {
    let pool = FakeCognito::start();
    for (address, profile) in [
        ("", "support"),
        ("", "session"),
        ("", "web"),
        ("not an address", "support"),
        ("http://id.example.com", "support"),
    ] {
        let env = environment(&pool, address);
        named(&env, profile);
        let ran = env.run(&["-o", "json", "--timeout", "2s", "find", "ada"]);
        assert!(matches!(ran.code, 2 | 4 | 8), "{address:?} {profile}: {ran:?}");
        assert!(ran.error()["hint"].is_string(), "{address:?} {profile}: {ran:?}");
    }
    for (from, to) in [
        ("[profile support]\n", "[profile support]\nendpoint_url =\n"),
        ("[profile support]\n", "[services own]\nsts =\n  endpoint_url =\n[profile support]\nservices = own\n"),
    ] {
        let env = environment(&pool, pool.address()).with_variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "");
        env.write(".aws/config", &env.read(".aws/config").replace(from, to));
        env.run(&["find", "ada"]).must(0); // the environment goes before the file
        let config = env.read(".aws/config");
        let env = TestEnvironment::for_fake_cognito(pool.address(), OPEN);
        std::fs::create_dir(env.file(".aws")).unwrap();
        env.write(".aws/config", &config);
        env.run_must_say(&["find", "ada"], 2, "endpoint_url");
    }
    let env = TestEnvironment::for_agent_of_fake_cognito(pool.address()).with_variable("AWS_ENDPOINT_URL", "");
    env.run(&["find", "ada"]).must(0);
    let ran = env.run(&["doctor"]);
    assert!(ran.text().contains("AWS_ENDPOINT_URL is set, and not read here"), "{ran:?}");
}

#[test]
fn a_service_of_credentials_that_does_not_answer() {
    let pool = FakeCognito::start();
    let gate = Gate::default();
    let faults =
        [Fault::Hold(gate.clone()), Fault::Cut, Fault::status(500), Fault::json("{}"), Fault::Huge(100_000_000)];
    let cases =
        faults.into_iter().flat_map(|fault| ["support", "session", "web"].map(|profile| (fault.clone(), profile)));
    for_each_concurrently(cases, |(fault, profile)| {
        let proxy = FaultProxy::before(pool.address());
        proxy.rule(Rule::on("*", "/", fault));
        let env = environment(&pool, proxy.address());
        named(&env, profile);
        let ran = env.run(&["-o", "json", "--timeout", "2s", "find", "ada"]);
        assert!(matches!(ran.code, 4 | 8), "{profile}: {ran:?}");
        assert!(ran.error()["hint"].is_string(), "{profile}: {ran:?}");
    });
    gate.open();
    assert!(pool.inputs("AdminGetUser").is_empty());
}

/// Whatever the refusal repeats of the request: the bearer of the session, the token of the web identity.
#[test]
fn a_service_of_credentials_that_repeats_the_request() {
    let pool = FakeCognito::start();
    let cases = ["session", "web"].into_iter().flat_map(|profile| FORMS.map(|form| (profile, form)));
    for_each_concurrently(cases, |(profile, form)| {
        let secret = if profile == "web" { WEB_TOKEN } else { BEARER };
        for status in [400, 401, 403, 500] {
            let proxy = FaultProxy::before(pool.address());
            let body = move |_: &[u8]| {
                let said = quoted(secret, form);
                let text = if profile == "web" {
                    format!(
                        "<ErrorResponse><Error><Code>{said}</Code><Message>no {said}</Message></Error></ErrorResponse>"
                    )
                } else {
                    serde_json::json!({ "message": format!("no {said}"), "__type": said }).to_string()
                };
                text.into_bytes()
            };
            proxy.rule(Rule::on("*", "/", Fault::Repeat(status, Arc::new(body))));
            let env = environment(&pool, proxy.address());
            named(&env, profile);
            let more: &[&str] = if status < 403 { &["-vv"] } else { &["-vv", "-o", "json"] };
            let ran = env.run(&[more, &["--timeout", "2s", "find", "ada"]].concat());
            assert!(matches!(ran.code, 4 | 8), "{profile}: {ran:?}");
            let said = quoted(secret, form);
            assert!(!ran.text().contains(said.trim_matches('"')), "{profile} {form} {status}: {ran:?}");
        }
    });
}

//! The token endpoint is busy, out of order, or not what it should be, at the moment when a session is renewed.

use serde_json::json;

use super::SET;
use crate::support::CommandOutput;
use crate::support::TestEnvironment;
use crate::support::fault_proxy::{Fault, FaultProxy, Gate, Rule};
use crate::support::keycloak::{Entered, Realm, RealmOptions, Rights, Server};

const CUSTOMER: &str = "ada.lovelace";
const TOKEN: &str = "/protocol/openid-connect/token";
const PAGE: &[u8] = b"<html><h1>Out of order</h1></html>";

/// An agent who is signed in through a proxy, and whose token is renewed by every command.
struct SignedIn {
    realm: Realm<'static>,
    proxy: FaultProxy,
    env: TestEnvironment,
}

impl SignedIn {
    fn new(refresh_rotation: bool) -> Self {
        // A reset wants two minutes of session; a token of one minute is renewed at once, and good meanwhile.
        let more = json!({ "accessTokenLifespan": 60 });
        let options = RealmOptions { refresh_rotation, more, ..RealmOptions::default() };
        let realm = Realm::with(Server::shared(), &options);
        let proxy = FaultProxy::before(realm.url());
        let reached = realm.reached_by(proxy.address());
        let env = TestEnvironment::for_realm(&reached, "protected = 'none'");
        env.sign_in_by_device(&reached, Rights::AndViewRealm);
        Self { realm, proxy, env }
    }

    fn reset(&self) -> CommandOutput {
        self.env.run(&["-o", "json", "--timeout", "3s", "reset", CUSTOMER, "--yes", "--reveal", "stdout"])
    }

    /// Resets while this is wrong at the token endpoint.
    fn with(&self, rule: Rule) -> CommandOutput {
        self.proxy.mend();
        self.proxy.rule(rule);
        self.reset()
    }

    fn renewals(&self) -> usize {
        self.proxy.count("POST", TOKEN)
    }
}

fn token(fault: Fault) -> Rule {
    Rule::on("POST", TOKEN, fault)
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_renewal_that_was_not_begun_is_sent_again() {
    let agent = SignedIn::new(true);
    for (name, fault) in [
        ("too many", Fault::too_many(1)),
        ("too many, it does not say for how long", Fault::status(429)),
        ("booting", Fault::Answer(503, vec!["retry-after: 1".to_owned()], b"Bootstrap in progress.".to_vec())),
    ] {
        let ran = agent.with(token(fault).times(1)).must(0);
        assert_eq!(agent.renewals(), 2, "{name}");
        let password = ran.json()["temporary_password"].as_str().unwrap().to_owned();
        assert!(matches!(agent.realm.browser().sign_in(CUSTOMER, &password), Entered::ChangeRequired(_)), "{name}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_session_that_cannot_be_renewed_changes_nothing_and_says_why() {
    let agent = SignedIn::new(false);
    let elsewhere = FaultProxy::witness();
    let gate = Gate::default();
    let html = |status| Fault::Answer(status, vec!["content-type: text/html".to_owned()], PAGE.to_vec());
    let before = agent.realm.password_set_at(CUSTOMER);
    for (name, rule, code, reason, sent) in [
        ("too many", token(Fault::status(429)), 8, "backend_unavailable", 5),
        ("unavailable", token(Fault::status(503)), 8, "backend_unavailable", 1),
        ("a gateway's page", token(html(502)), 8, "backend_unavailable", 1),
        ("cut before", token(Fault::Cut), 8, "backend_unavailable", 1),
        ("cut after", token(Fault::Cut).applied(), 8, "backend_unavailable", 1),
        ("late", token(Fault::Hold(gate.clone())), 8, "backend_unavailable", 1),
        ("half there", token(Fault::Truncate), 8, "backend_unavailable", 1),
        ("without an end", token(Fault::Endless), 8, "backend_unavailable", 1),
        ("a page", token(html(200)), 8, "backend_unavailable", 1),
        ("sent on", token(Fault::RedirectTo(elsewhere.address().to_owned())), 2, "configuration", 1),
    ] {
        let ran = agent.with(rule);
        assert_eq!(ran.code, code, "{name}: {ran:?}");
        let error = ran.error();
        assert_eq!((&error["reason"], &error["changed"]), (&reason.into(), &"no".into()), "{name}: {error}");
        assert!(!error["message"].as_str().unwrap().is_empty() && error["hint"].is_string(), "{name}: {error}");
        assert_eq!(agent.proxy.count("PUT", SET), 0, "{name}");
        // How often one that was not begun is sent again is a matter of its pauses within the time.
        let sent_so = if sent == 1 { 1..=1 } else { 3..=sent };
        assert!(sent_so.contains(&agent.renewals()), "{name}: a refresh token may be good once");
    }
    gate.open();
    assert!(elsewhere.seen().is_empty(), "the refresh token went nowhere else");
    assert_eq!(agent.realm.password_set_at(CUSTOMER), before);
    agent.proxy.mend();
    agent.reset().must(0); // the session outlived all of it
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_refresh_token_for_one_use_whose_answer_was_lost_ends_the_session_and_no_more() {
    let agent = SignedIn::new(true);
    let error = agent.with(token(Fault::Cut).applied().times(1)).must(8).error();
    assert_eq!(error["changed"], "no");
    agent.proxy.mend();
    let error = agent.reset().must(4).error();
    assert_eq!((&error["changed"], agent.proxy.count("PUT", SET)), (&"no".into(), 0), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("tellonce login"), "{error}");
}

//! `setup` on faulty connections: the error is true, and a second run comes to the same end.

use serde_json::{Value, json};

use super::setup::{bare, snapshot, states};
use crate::support::TestEnvironment;
use crate::support::fault_proxy::{Fault, FaultProxy, Rule};
use crate::support::keycloak::{PROTECTED, Realm, Server, ServerOptions};

/// A realm behind a proxy.
struct Bench {
    direct: Realm<'static>,
    proxy: FaultProxy,
    env: TestEnvironment,
}

impl Bench {
    fn new() -> Self {
        let direct = bare();
        let proxy = FaultProxy::before(direct.url());
        let env = TestEnvironment::for_realm(&direct.reached_by(proxy.address()), PROTECTED);
        Self { direct, proxy, env }
    }

    fn setup(&self) -> crate::support::CommandOutput {
        self.env.setup(&self.direct, &["--yes", "--password-history"])
    }

    /// Returns the prefix of each admin call's path.
    fn calls(&self) -> String {
        format!("/admin/realms/{}", self.direct.name())
    }

    /// Returns what `setup` created, without the server's ids and the realm's name.
    fn made(&self) -> Value {
        let export = &snapshot(&self.direct)[0];
        let called = |list: &str, key: &str, word: &str| -> Vec<Value> {
            let all = export[list].as_array().unwrap().iter();
            all.filter(|one| one[key].as_str().is_some_and(|name| name.contains(word))).map(without_ids).collect()
        };
        let workflows = self.direct.rest().get("/workflows");
        let made = json!({
            "clients": called("clients", "clientId", "tellonce"), "groups": without_ids(&export["groups"]),
            "roles": without_ids(&export["roles"]["realm"]), "flows": called("authenticationFlows", "alias", "tellonce"),
            "settings": called("authenticatorConfig", "alias", "tellonce"), "workflows": without_ids(&workflows),
            "bound": export["resetCredentialsFlow"], "policy": export["passwordPolicy"],
            "users": self.direct.rest().get("/users?search=tellonce"),
        });
        serde_json::from_str(&made.to_string().replace(self.direct.name(), "REALM")).unwrap()
    }
}

/// Removes the values that the server generates, and sorts the lists.
fn without_ids(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "id" | "containerId" | "client.secret.creation.time"));
            Value::Object(kept.map(|(key, value)| (key.clone(), without_ids(value))).collect())
        }
        Value::Array(all) => {
            let mut all: Vec<Value> = all.iter().map(without_ids).collect();
            all.sort_by_key(Value::to_string);
            Value::Array(all)
        }
        other => other.clone(),
    }
}

/// Returns a fault at the POST with this index.
fn fault(bench: &Bench, at: usize) -> (&'static str, Rule) {
    let calls = bench.calls();
    let (name, rule) = match (at + 1) % 4 {
        0 => ("cut", Rule::on("POST", &calls, Fault::Cut)),
        1 => ("500", Rule::on("POST", &calls, Fault::status(500))),
        2 => ("cut, applied", Rule::on("POST", &calls, Fault::Cut).applied()),
        _ => ("500, applied", Rule::on("POST", &calls, Fault::status(500)).applied()),
    };
    (name, rule.after(u32::try_from(at).unwrap()).times(1))
}

/// Asserts that an error's `changed` is true, given whether the realm differs.
#[track_caller]
fn is_true(error: &Value, differs: bool, what: &str) {
    match error["changed"].as_str().unwrap() {
        "no" => assert!(!differs, "{what}: {error}"),
        "yes" => assert!(differs, "{what}: {error}"),
        unknown => assert_eq!(unknown, "unknown", "{what}: {error}"),
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn whatever_call_goes_wrong_it_is_reported_as_it_is_and_gone_on_from_to_the_same_end() {
    let whole = Bench::new();
    whole.setup().must(0);
    let (made, posts) = (whole.made(), whole.proxy.count("POST", &whole.calls()));
    assert!(posts > 15, "{posts}");
    let mut failed = 0;
    for at in 0..posts {
        let bench = Bench::new();
        let (name, rule) = fault(&bench, at);
        let before = snapshot(&bench.direct);
        bench.proxy.rule(rule);
        let ran = bench.setup();
        let what = format!("{name}, at {at} of {posts}");
        if ran.code == 0 {
            assert!(at < 3, "{what}: only what asks for a right is sent again");
        } else {
            let error = ran.must(8).error();
            is_true(&error, snapshot(&bench.direct) != before, &what);
            assert!(error["message"].as_str().unwrap().contains("It was at the step "), "{what}: {error}");
            assert!(error["hint"].as_str().unwrap().contains("`tellonce setup` again"), "{what}: {error}");
            failed += 1;
        }
        bench.setup().must(0);
        assert_eq!(bench.made(), made, "{what}: the same end");
    }
    assert!(failed > 12, "{failed}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_flow_that_was_bound_and_whose_answers_are_lost_stays_and_is_found_again() {
    let bench = Bench::new();
    bench.setup().must(0);
    let flow = bench.direct.rest().get("")["resetCredentialsFlow"].clone();
    let puts: Vec<_> = bench.proxy.seen().into_iter().filter(|seen| seen.method == "PUT").collect();
    let bind = puts.iter().position(|put| String::from_utf8_lossy(&put.body).contains("resetCredentialsFlow")).unwrap();
    let lost = Bench::new();
    lost.proxy.rule(Rule::on("PUT", &lost.calls(), Fault::Cut).applied().after(u32::try_from(bind).unwrap()));
    let error = lost.setup().must(8).error();
    assert_eq!(error["changed"], "yes");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("could not be removed") && message.contains("step reset_flow"), "{message}");
    assert_eq!(lost.direct.rest().get("")["resetCredentialsFlow"], flow, "it was applied");
    lost.proxy.heal();
    lost.setup().must(0);
    assert_eq!(lost.made(), bench.made());
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn over_tls_with_an_authority_of_its_own_and_to_nobody_else() {
    let server = Server::start(ServerOptions { tls: true, ..ServerOptions::default() });
    let realm = Realm::shipped(&server);
    let trusting_nobody = TestEnvironment::for_realm(&realm, PROTECTED);
    let config = trusting_nobody.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.starts_with("ca_cert")).collect();
    std::fs::write(&config, without.join("\n")).unwrap();
    let before = snapshot(&realm);
    let error = trusting_nobody.setup(&realm, &["--yes"]).must(8).error();
    assert!(error["message"].as_str().unwrap().contains("cannot be trusted"), "{error}");
    assert_eq!((&error["changed"], snapshot(&realm) == before), (&"no".into(), true));

    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let done = states(&env.setup(&realm, &["--yes", "--password-history"]).must(0));
    assert!(done.iter().all(|(id, state)| state == "done" || id == "required_action"), "{done:?}");
    let again = states(&env.setup(&realm, &["--yes", "--password-history"]).must(0));
    assert!(again.iter().all(|(_, state)| state == "already"), "{again:?}");
}

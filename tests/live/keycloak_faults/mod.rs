//! Something goes wrong between the tool and a real Keycloak: told right, and nothing behind the agent's back.
//!
//! Live: `TELLONCE_LIVE=keycloak cargo test --test live -- --ignored keycloak_faults::`.

use crate::support::CommandOutput;
use crate::support::TestEnvironment;
use crate::support::fault_proxy::{Fault, FaultProxy, Gate, Rule, SET, read, set};
use crate::support::keycloak::{Entered, Realm, Rights, Server};
use crate::support::ledger::content;

mod creating;
mod tokens;

const CUSTOMER: &str = "ada.lovelace";

/// A realm behind a proxy, and an agent who reaches it by that alone.
struct Bench {
    realm: Realm<'static>,
    proxy: FaultProxy,
    env: TestEnvironment,
}

impl Bench {
    fn new() -> Self {
        let realm = Realm::shipped(Server::shared());
        let proxy = FaultProxy::before(realm.url());
        let env = TestEnvironment::for_agent_with(
            &realm.reached_by(proxy.address()),
            Rights::AndViewRealm,
            "protected = 'none'",
        );
        Self { realm, proxy, env }
    }

    fn reset(&self, timeout: &str) -> CommandOutput {
        self.env.run(&["-o", "json", "--timeout", timeout, "reset", CUSTOMER, "--yes", "--reveal", "stdout"])
    }

    /// Resets while this is wrong, once; what came of it, and whether the customer's password is another now.
    fn with(&self, rule: Rule, timeout: &str) -> (CommandOutput, bool) {
        self.proxy.mend();
        self.proxy.rule(rule);
        let before = self.realm.password_set_at(CUSTOMER);
        let ran = self.reset(timeout);
        (ran, self.realm.password_set_at(CUSTOMER) != before)
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_passing_fault_is_waited_out() {
    let bench = Bench::new();
    for (name, rule, sets) in [
        ("a read is cut", read(Fault::Cut).times(1), 1),
        ("a read meets a 500", read(Fault::status(500)).times(1), 1),
        ("a read meets a 503", read(Fault::status(503)).times(1), 1),
        ("reads are too many", read(Fault::too_many(1)).times(2), 1),
        ("a read is half there", read(Fault::Truncate).times(1), 1),
        ("the set is too many", set(Fault::too_many(1)).times(1), 2),
        ("the set is too many, it does not say for how long", set(Fault::status(429)).times(1), 2),
        ("the log-out is cut", Rule::on("POST", "/logout", Fault::Cut).times(1), 1),
        ("the log-out's answer is lost", Rule::on("POST", "/logout", Fault::Cut).applied().times(1), 1),
    ] {
        let (ran, changed) = bench.with(rule, "5s");
        let password = ran.must(0).json()["temporary_password"].as_str().unwrap().to_owned();
        assert_eq!((changed, bench.proxy.count("PUT", SET)), (true, sets), "{name}");
        let entered = bench.realm.browser().sign_in(CUSTOMER, &password);
        assert!(matches!(entered, Entered::ChangeRequired(_)), "{name}: {entered:?}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_read_that_keeps_failing_changed_nothing() {
    let bench = Bench::new();
    for (name, rule, reason) in [
        ("cut", read(Fault::Cut), "backend_unavailable"),
        ("500", read(Fault::status(500)), "backend_unavailable"),
        ("half there", read(Fault::Truncate), "backend_unavailable"),
        ("of another type", read(Fault::json("{\"id\": 7}")), "backend_unavailable"),
        ("of 100 MB", read(Fault::Huge(100_000_000)), "backend_unavailable"),
        ("without an end", read(Fault::Endless), "backend_unavailable"),
    ] {
        let (ran, changed) = bench.with(rule, "3s");
        let error = ran.must(8).error();
        assert_eq!(&error["reason"], reason, "{name}: {error}");
        assert_eq!(&error["changed"], "no", "{name}: {error}");
        assert_eq!((changed, bench.proxy.count("PUT", SET)), (false, 0), "{name}");
        // The tool stopped reading long before the end; the rest is what the sockets hold.
        assert!(bench.proxy.seen().iter().all(|seen| seen.sent < 50_000_000), "{name}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_set_that_was_refused_changed_nothing() {
    let bench = Bench::new();
    let (ran, changed) = bench.with(set(Fault::status(429)), "3s");
    let error = ran.must(8).error();
    assert_eq!((&error["changed"], changed), (&"no".into(), false), "{error}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn an_answer_that_was_lost_is_reported_by_the_stamp_and_never_sent_again() {
    let bench = Bench::new();
    let gate = Gate::default();
    for (name, rule, applied) in [
        ("cut before", set(Fault::Cut), false),
        ("cut after", set(Fault::Cut).applied(), true),
        ("500 before", set(Fault::status(500)), false),
        ("500 after", set(Fault::status(500)).applied(), true),
        ("502 before", set(Fault::status(502)), false),
        ("503 after", set(Fault::status(503)).applied(), true),
        ("100 MB", set(Fault::Huge(100_000_000)).applied(), true),
        ("without an end", set(Fault::Endless).applied(), true),
        ("late", set(Fault::Hold(gate.clone())).applied(), true),
        ("later", set(Fault::Hold(gate.clone())), false),
    ] {
        let (ran, changed) = bench.with(rule, "3s");
        let error = ran.must(9).error();
        assert_eq!(changed, applied, "{name}");
        assert_eq!(error["changed"], if applied { "yes" } else { "unknown" }, "{name}: {error}");
        assert!(error["hint"].as_str().unwrap().contains("Issue another"), "{name}: {error}");
        assert_eq!(bench.proxy.count("PUT", SET), 1, "{name}: no second password behind the agent's back");
        assert_eq!(bench.proxy.count("POST", "/logout"), 1, "{name}: sessions are ended all the same");
        assert!(!ran_says_any_password(&bench, &error.to_string()), "{name}");
    }
    gate.open();
    bench.proxy.mend();
    let password = bench.reset("15s").must(0).json()["temporary_password"].as_str().unwrap().to_owned();
    assert!(matches!(bench.realm.browser().sign_in(CUSTOMER, &password), Entered::ChangeRequired(_)));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn what_fails_after_the_set_is_reported_as_changed() {
    let bench = Bench::new();
    for (name, rule, reason) in [
        ("log-out cut", Rule::on("POST", "/logout", Fault::Cut), "sessions_not_ended"),
        ("log-out refused", Rule::on("POST", "/logout", Fault::status(500)), "sessions_not_ended"),
        ("read-back", Rule::on("GET", "/credentials", Fault::status(500)).after(1), "backend_unavailable"),
    ] {
        let (ran, changed) = bench.with(rule, "3s");
        let error = ran.must(9).error();
        assert_eq!((&error["changed"], &error["reason"]), (&"yes".into(), &reason.into()), "{name}: {error}");
        assert_eq!((changed, bench.proxy.count("PUT", SET)), (true, 1), "{name}");
        assert!(!ran_says_any_password(&bench, &error.to_string()), "{name}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn nothing_follows_a_redirect_to_another_address() {
    let bench = Bench::new();
    let elsewhere = FaultProxy::witness();
    for rule in [read, set] {
        let (ran, changed) = bench.with(rule(Fault::RedirectTo(elsewhere.address().to_owned())), "3s");
        let error = ran.must(2).error();
        assert_eq!((&error["changed"], changed), (&"no".into(), false), "{error}");
        assert!(error["message"].as_str().unwrap().contains(elsewhere.address()), "it says where to: {error}");
    }
    assert!(elsewhere.seen().is_empty(), "neither token nor password went there");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn nobody_listens_there() {
    let bench = Bench::new();
    let config = bench.env.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(bench.proxy.address(), &FaultProxy::refusing())).unwrap();
    let error = bench.reset("3s");
    assert!(matches!(error.code, 4 | 8), "{error:?}"); // the token names the issuer that it is good for
    assert_eq!(error.error()["changed"], "no");
}

/// Whether a text has one of the passwords that came by the proxy; at least one did.
fn ran_says_any_password(bench: &Bench, text: &str) -> bool {
    let sent: Vec<String> = bench
        .proxy
        .seen()
        .into_iter()
        .filter(|seen| seen.method == "PUT" && seen.path.contains(SET))
        .map(|seen| {
            serde_json::from_slice::<serde_json::Value>(&seen.body).unwrap()["value"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(!sent.is_empty());
    let ledger = content(bench.env.path());
    let in_ledger = |password: &str| memchr::memmem::find(&ledger, password.as_bytes()).is_some();
    sent.iter().any(|password| text.contains(password.as_str()) || in_ledger(password))
}

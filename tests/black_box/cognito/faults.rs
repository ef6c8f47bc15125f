//! Something goes wrong between the tool and the pool: told right, and nothing behind the agent's back.

use serde_json::Value;

use crate::support::fake_cognito::{FakeCognito, refusal};
use crate::support::fault_proxy::{Fault, FaultProxy, Gate, Rule};
use crate::support::ledger::content;
use crate::support::{CommandOutput, TestEnvironment, for_each_concurrently};

const SET: &str = "AdminSetUserPassword";
const SIGN_OUT: &str = "AdminUserGlobalSignOut";
const PAGE: &[u8] = b"<html><h1>403 Forbidden</h1>WAF says no</html>";

/// A pool behind a proxy, and an agent who reaches it by that alone.
struct Bench {
    pool: FakeCognito,
    proxy: FaultProxy,
    env: TestEnvironment,
}

impl Bench {
    fn with(rule: Rule) -> Self {
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        proxy.rule(rule);
        let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
        Self { pool, proxy, env }
    }

    fn reset(&self, timeout: &str) -> CommandOutput {
        self.env.run(&["-o", "json", "--timeout", timeout, "reset", "ada", "--yes", "--reveal", "stdout"])
    }

    fn sets(&self) -> usize {
        self.proxy.count("POST", SET)
    }

    /// None of the passwords that came by is in this text, nor in the ledger.
    #[track_caller]
    fn tells_no_password(&self, text: &str) {
        let sent = self.proxy.seen().into_iter().filter(|seen| seen.path.contains(SET));
        let sent: Vec<String> = sent
            .map(|seen| serde_json::from_slice::<Value>(&seen.body).unwrap()["Password"].as_str().unwrap().to_owned())
            .collect();
        assert!(!sent.is_empty());
        let ledger = content(self.env.path());
        for password in sent {
            assert!(!text.contains(&password), "{text}");
            assert!(memchr::memmem::find(&ledger, password.as_bytes()).is_none());
        }
    }
}

fn on(call: &str, fault: Fault) -> Rule {
    Rule::on("POST", call, fault)
}

fn throttled(status: u16, headers: &[&str]) -> Fault {
    let headers = headers.iter().map(|header| (*header).to_owned()).collect();
    Fault::Answer(status, headers, refusal("TooManyRequestsException", "Rate exceeded"))
}

fn internal() -> Fault {
    Fault::Answer(500, Vec::new(), refusal("InternalErrorException", "Internal error"))
}

fn page(status: u16) -> Fault {
    Fault::Answer(status, vec!["content-type: text/html".to_owned()], PAGE.to_vec())
}

#[test]
fn a_passing_fault_is_waited_out_and_one_password_is_in_force() {
    let cases: Vec<(&str, Rule, usize)> = vec![
        ("a read is cut", on("AdminGetUser", Fault::Cut).times(1), 1),
        ("a read meets a 500", on("AdminGetUser", internal()).times(1), 1),
        ("a read is half there", on("AdminGetUser", Fault::Truncate).times(1), 1),
        ("reads are too many", on("AdminGetUser", throttled(400, &[])).times(2), 1),
        ("reads are too many for a second", on("DescribeUserPool", throttled(429, &["retry-after: 1"])).times(1), 1),
        ("who one is is too many", on("GetCallerIdentity", Fault::too_many(0)).times(1), 1),
        ("the set is too many", on(SET, throttled(400, &[])).times(1), 2),
        ("the set is too many for a second", on(SET, throttled(429, &["retry-after: 1"])).times(1), 2),
        ("the set is too many for a proxy", on(SET, Fault::too_many(1)).times(1), 2),
        ("the set is too many, thrice", on(SET, throttled(400, &[])).times(3), 4),
        ("the end of sessions is cut", on(SIGN_OUT, Fault::Cut).after(1).times(1), 1),
        ("its answer is lost", on(SIGN_OUT, Fault::Cut).applied().after(1).times(1), 1),
        ("the proof is too many", on("InitiateAuth", throttled(400, &[])).times(1), 1),
    ];
    for_each_concurrently(cases, |(name, rule, sets)| {
        let bench = Bench::with(rule);
        let issued = bench.reset("10s").must(0);
        let user = bench.pool.user("ada");
        assert_eq!(user.password, Some(issued.password()), "{name}");
        assert_eq!((user.status.as_str(), bench.sets()), ("FORCE_CHANGE_PASSWORD", sets), "{name}");
        assert_eq!(bench.pool.inputs(SET).len(), 1, "{name}: applied once");
        assert!(user.signed_out > 0, "{name}");
    });
}

/// What is held comes after two minutes, and would be taken: the exit code shows that the time limit ended it.
#[test]
fn what_fails_before_the_set_changed_nothing() {
    let gate = Gate::default();
    let cases: Vec<(&str, Rule)> = vec![
        ("silent at the very first call", on("GetCallerIdentity", Fault::Hold(gate.clone()))),
        ("silent everywhere", Rule::on("*", "/", Fault::Hold(gate.clone()))),
        ("silent at a read", on("AdminGetUser", Fault::Hold(gate.clone()))),
        ("cut everywhere", Rule::on("*", "/", Fault::Cut)),
        ("a read is cut", on("AdminGetUser", Fault::Cut)),
        ("a read meets 500s", on("DescribeUserPool", internal())),
        ("a read is half there", on("DescribeUserPool", Fault::Truncate)),
        ("a read is throttled", on("AdminGetUser", throttled(400, &[]))),
        ("a read is throttled for long", on("AdminGetUser", throttled(400, &["retry-after: 99999999999999999999"]))),
        ("the set is throttled", on(SET, throttled(400, &[]))),
        ("a page in place of a read", on("AdminGetUser", page(200))),
        ("a refusing page in place of a read", on("AdminGetUser", page(403))),
        ("a gateway's page", on("AdminListGroupsForUser", page(502))),
        ("a page in place of who one is", on("GetCallerIdentity", page(200))),
        ("of another type", on("DescribeUserPool", Fault::json("{\"UserPool\": 7}"))),
        ("of 100 MB", on("DescribeUserPool", Fault::Huge(100_000_000))),
        ("without an end", on("GetGroup", Fault::Endless)),
    ];
    for_each_concurrently(cases, |(name, rule)| {
        let bench = Bench::with(rule);
        let ran = bench.reset("2s");
        assert_eq!(ran.code, 8, "{name}: {ran:?}");
        let error = ran.error();
        assert_eq!(error["changed"], "no", "{name}: {error}");
        assert!(!error.to_string().contains("WAF"), "{name}: {error}");
        assert!(error["hint"].is_string(), "{name}: {error}");
        assert!(bench.pool.inputs(SET).is_empty() && bench.pool.user("ada").password.is_none(), "{name}");
        let most = bench.proxy.seen().iter().map(|seen| seen.sent).max().unwrap();
        assert!(most < 50_000_000, "{name}: the tool stopped reading: {most}");
    });
    gate.open();
}

#[test]
fn a_page_in_place_of_an_answer_is_no_refusal_of_awss() {
    for status in [200, 403, 404] {
        let error = Bench::with(on("AdminGetUser", page(status))).reset("2s").must(8).error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("it is not one of AWS's"), "{status}: {message}");
        assert!(error["hint"].as_str().unwrap().contains("proxy"), "{status}: {error}");
    }
}

#[test]
fn an_answer_that_was_lost_is_unknown_and_never_sent_again() {
    let gate = Gate::default();
    let held = || Fault::Hold(gate.clone());
    let cases: Vec<(&str, Rule, bool)> = vec![
        ("cut before", on(SET, Fault::Cut), false),
        ("cut after", on(SET, Fault::Cut).applied(), true),
        ("half an answer", on(SET, Fault::Huge(100_000_000)).applied(), true),
        ("without an end", on(SET, Fault::Endless).applied(), true),
        ("500 before", on(SET, internal()), false),
        ("500 after", on(SET, internal()).applied(), true),
        ("502 of a gateway", on(SET, page(502)), false),
        ("503 after", on(SET, Fault::status(503)).applied(), true),
        ("a page", on(SET, page(200)), false),
        ("a refusing page", on(SET, page(403)), false),
        ("late", on(SET, held()).applied(), true),
        ("never", on(SET, held()), false),
    ];
    for_each_concurrently(cases, |(name, rule, applied)| {
        let bench = Bench::with(rule);
        let ran = bench.reset("2s");
        assert_eq!(ran.code, 9, "{name}: {ran:?}");
        let error = ran.error();
        assert_eq!(error["changed"], if applied { "yes" } else { "unknown" }, "{name}: {error}");
        assert!(error["hint"].as_str().unwrap().contains("Issue another"), "{name}: {error}");
        assert_eq!(bench.sets(), 1, "{name}: no second password behind the agent's back");
        assert_eq!(bench.pool.user("ada").password.is_some(), applied, "{name}");
        assert!(bench.pool.user("ada").signed_out > 0, "{name}: sessions are ended all the same");
        bench.tells_no_password(&ran.text());

        bench.proxy.heal();
        let issued = bench.reset("10s").must(0);
        assert_eq!(bench.pool.user("ada").password, Some(issued.password()), "{name}: the newest is in force");
    });
    gate.open();
}

#[test]
fn what_fails_after_the_set_is_reported_as_changed_and_reveals_nothing() {
    let cases: Vec<(&str, Rule)> = vec![
        ("the end of sessions is cut", on(SIGN_OUT, Fault::Cut).after(1)),
        ("the end of sessions is refused", on(SIGN_OUT, internal()).after(1)),
        ("the end of sessions is not allowed any more", {
            let body = refusal("AccessDeniedException", "User is not authorized");
            on(SIGN_OUT, Fault::Answer(400, Vec::new(), body)).after(1)
        }),
        ("the read-back is a page", on("AdminGetUser", page(200)).after(3)),
        ("the read-back is cut", on("AdminGetUser", Fault::Cut).after(3)),
    ];
    for_each_concurrently(cases, |(name, rule)| {
        let bench = Bench::with(rule);
        let ran = bench.reset("2s").must(9);
        let error = ran.error();
        assert_eq!(error["changed"], "yes", "{name}: {error}");
        assert_eq!(bench.pool.inputs(SET).len(), 1, "{name}");
        bench.tells_no_password(&ran.text());
    });
}

#[test]
fn nothing_follows_a_redirect_to_another_address() {
    let elsewhere = FaultProxy::witness();
    for (call, code) in [("GetCallerIdentity", 8), ("AdminGetUser", 8), (SET, 9)] {
        let bench = Bench::with(on(call, Fault::RedirectTo(elsewhere.address().to_owned())));
        let ran = bench.reset("2s").must(code);
        assert!(bench.pool.user("ada").password.is_none(), "{call}: {ran:?}");
    }
    assert!(elsewhere.seen().is_empty(), "neither a signature nor a password went there");
}

#[test]
fn nobody_listens_there() {
    let env = TestEnvironment::for_agent_of_fake_cognito(&FaultProxy::refusing());
    let error = env.run(&["-o", "json", "--timeout", "2s", "whoami"]).must(8).error();
    assert!(error["message"].as_str().unwrap().contains("cannot be reached"), "{error}");
}

//! `setup`'s questions at a terminal: the plan, what is asked apart, no, yes, and Ctrl-C at a question and at work.

use serde_json::Value;

use super::setup::{bare, snapshot, states};
use crate::support::Terminal;
use crate::support::TestEnvironment;
use crate::support::assert_screen;
use crate::support::fault_proxy::{Fault, FaultProxy, Gate, Rule};
use crate::support::keycloak::PROTECTED;
use crate::support::keycloak::Realm;

const APART: &str = "refuse the password used last, for everybody? [y/N]:";
const CTRL_C: &str = "\u{3}";

/// Waits until the plan is shown and the first question is asked.
fn begun(realm: &Realm<'_>, env: &TestEnvironment) -> Terminal {
    let (name, password) = realm.server().administrator();
    let arguments = ["setup", "--administrator", name, "--realm-of-administrator", "master"];
    let mut terminal = Terminal::run(env, &arguments, 120, 40);
    terminal.wait_for(&format!("Password of {name}:"));
    terminal.type_(&format!("{password}\r"));
    terminal.wait_for(APART);
    terminal
}

/// Compares all that the terminal showed with a snapshot. Each test has a realm of its own name.
fn assert_setup_screen(env: &TestEnvironment, realm: &Realm<'_>, name: &str, shown: &str) {
    assert_screen!(env, name, shown.replace(realm.name(), "[realm]"));
}

fn left_out(ran: &crate::support::CommandOutput) -> Vec<String> {
    states(ran).into_iter().filter(|(_, state)| state != "already").map(|(id, _)| id).collect()
}

fn has_history(realm: &Realm<'_>) -> bool {
    realm.rest().get("")["passwordPolicy"].as_str().unwrap().contains("passwordHistory(1)")
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn the_default_answer_is_no_and_what_is_asked_apart_is_not_done_with_the_rest() {
    let realm = bare();
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let before = snapshot(&realm);
    let mut terminal = begun(&realm, &env);
    terminal.type_("y\r");
    terminal.wait_for("Do what is to be done (7 steps)? [y/N]:");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 6);
    assert_setup_screen(&env, &realm, "setup_refused", &terminal.everything().0);
    assert_eq!(snapshot(&realm), before);

    let mut terminal = begun(&realm, &env);
    terminal.type_("\r");
    terminal.wait_for("Do what is to be done (6 steps)? [y/N]:");
    terminal.type_("y\r");
    assert_eq!(terminal.end().0, 0);
    let (all, hidden) = terminal.everything();
    assert_setup_screen(&env, &realm, "setup_prepared", &all);
    assert!(!hidden && terminal.echoes() && !has_history(&realm));

    let prepared = snapshot(&realm);
    let mut terminal = begun(&realm, &env);
    terminal.type_("n\r");
    assert_eq!(terminal.end().0, 0);
    assert_setup_screen(&env, &realm, "setup_left_out", &terminal.everything().0);
    assert_eq!(snapshot(&realm), prepared);

    let mut terminal = begun(&realm, &env);
    terminal.type_("y\r");
    terminal.wait_for("Do what is to be done (1 step)? [y/N]:");
    terminal.type_("y\r");
    assert_eq!(terminal.end().0, 0);
    assert!(has_history(&realm));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn ctrl_c_at_a_question_changes_nothing() {
    let realm = bare();
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let before = snapshot(&realm);
    for answers in [&[][..], &["y\r"]] {
        let mut terminal = begun(&realm, &env);
        for answer in answers {
            terminal.type_(answer);
            terminal.wait_for("Do what is to be done");
        }
        terminal.type_(CTRL_C);
        let (_, signal) = terminal.end();
        assert!(signal.is_some_and(|signal| signal.contains("Interrupt")), "{answers:?}");
        assert!(terminal.echoes() && !terminal.everything().1);
    }
    assert_eq!(snapshot(&realm), before);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn ctrl_c_at_work_finishes_the_step_says_where_it_stopped_and_can_be_gone_on_from() {
    let direct = bare();
    let proxy = FaultProxy::before(direct.url());
    let realm = direct.reached_by(proxy.address());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let gate = Gate::default();
    // The first POST is the probe for the right, with a group without a name. The next one creates the agents' group.
    proxy.rule(Rule::on("POST", "/groups", Fault::Hold(gate.clone())).after(1));
    let mut terminal = begun(&realm, &env);
    terminal.type_("y\r");
    terminal.wait_for("(7 steps)? [y/N]:");
    terminal.type_("y\r");
    terminal.wait_for("Done: the client tellonce is made.");
    proxy.wait_for("POST", "/groups", 2);
    terminal.type_(CTRL_C);
    terminal.wait_for("^C");
    gate.open();
    assert_eq!(terminal.end(), (130, None));
    let (all, hidden) = terminal.everything();
    assert_setup_screen(&env, &realm, "setup_interrupted", &all);
    assert!(!hidden && terminal.echoes());
    assert!(!has_history(&direct), "the next step was not begun");
    proxy.heal();
    let left = left_out(&env.setup(&realm, &["--dry-run"]).must(0));
    assert_eq!(left, ["password_history", "pending_group", "reset_flow", "workflow", "self_test"]);
    env.setup(&realm, &["--yes", "--password-history"]).must(0);
    assert_eq!(left_out(&env.setup(&realm, &["--dry-run"]).must(0)), Vec::<String>::new());
    assert!(
        matches!(direct.rest().get("")["resetCredentialsFlow"], Value::String(ref flow) if flow.ends_with("with tellonce"))
    );
}

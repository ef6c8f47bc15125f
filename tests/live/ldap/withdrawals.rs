//! What a withdrawal on slapd takes, and what it leaves, to the fraction of a second: pwdChangedTime has whole ones.

use std::process::Command;

use super::frame_proxy::{Frames, MODIFY, Verdict};
use super::shared_behaviour::next_second;
use crate::support::ldap::{Kind, Server};
use crate::support::{CommandOutput, TestEnvironment};

const SWEEP: [&str; 7] = ["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];
const THEIRS: &str = "Another-agents-choice-1";

/// Sets another temporary password, by the server's own tool.
fn another_sets(server: &Server, customer: &str) -> Command {
    let ldif = format!(
        "dn: {}\nchangetype: modify\nreplace: userPassword\nuserPassword: {THEIRS}{}\n-\nreplace: pwdReset\npwdReset: TRUE\n",
        server.dn(customer),
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros(), // the history knows it otherwise
    );
    let mut command = Command::new("sh");
    command
        .args(["-c", "printf '%s\n' \"$LDIF\" | ldapmodify -x -H \"$URL\" -D \"$NAME\" -w \"$PASSWORD\""])
        .env("LDIF", ldif)
        .env("URL", server.url())
        .env("NAME", server.value("ADMIN"))
        .env("PASSWORD", server.value("ADMIN_PW"))
        .env("LDAPTLS_CACERT", server.value("CA"));
    command
}

/// When the password was set, to the second.
fn changed_at(server: &Server, customer: &str) -> String {
    server.value_of(&server.dn(customer), "pwdChangedTime")
}

/// Issues, has the other one set within the same second, and runs this; again until both fell into one second.
fn within_one_second(
    server: &Server,
    env: &TestEnvironment,
    customer: &str,
    mut then: impl FnMut() -> CommandOutput,
) -> CommandOutput {
    for _ in 0..20 {
        next_second();
        env.issue(customer);
        let ours = changed_at(server, customer);
        let ended = then();
        if changed_at(server, customer) == ours {
            return ended;
        }
    }
    panic!("twenty times the second was over too soon");
}

/// Whoever changes the entry in the second of the set moves its number, and hides no set: it is shown, swept and withdrawn.
///
/// Another set in that second looks like an edit. It is swept too: a pending password that nobody withdraws is worse.
fn a_change_within_the_second_of_the_issue_hides_no_set(server: &Server, env: &TestEnvironment) {
    let edits = || server.replace(&server.dn("ada"), "title", "Countess");
    let sets = || another_sets(server, "ada").output().map(CommandOutput::from).unwrap().must_say(0, "");
    let changes: [&dyn Fn(); 2] = [&edits, &sets];
    for change in changes {
        let mut shown = serde_json::Value::Null;
        let swept = within_one_second(server, env, "ada", || {
            change();
            shown = env.run(&["-o", "json", "show", "ada"]).must(0).json();
            env.run(&SWEEP)
        });
        assert_eq!(shown["issued_by"], "agent", "{shown}");
        swept.must_say(0, "1 of 1 withdrawn");
    }
    within_one_second(server, env, "ada", || {
        edits();
        env.run(&["withdraw", "ada", "--yes"])
    })
    .must_say(0, "");
}

fn one_that_comes_between_look_and_withdrawal_is_left(server: &Server, proxy: &Frames, env: &TestEnvironment) {
    let refused = within_one_second(server, env, "ada", || {
        let mut other = Some(another_sets(server, "ada"));
        proxy.judge(move |tag| {
            if tag == MODIFY
                && let Some(mut other) = other.take()
            {
                other.output().map(CommandOutput::from).unwrap().must_say(0, "");
            }
            Verdict::Pass
        });
        let ended = env.run(&["withdraw", "ada", "--yes"]);
        proxy.judge(|_| Verdict::Pass);
        ended
    });
    refused.must_say(7, "not pending any more");
}

/// slapd writes a refused sign-in into the entry, as its last change.
fn who_only_tried_a_password_keeps_nothing_from_being_withdrawn(
    server: &Server,
    proxy: &Frames,
    env: &TestEnvironment,
) {
    let wrong = |server: &Server| {
        let mut command = Command::new("ldapwhoami");
        command.args(["-x", "-H", server.url(), "-D", &server.name("ada"), "-w", "wrong"]);
        command.env("LDAPTLS_CACERT", server.value("CA"));
        command
    };
    env.issue("ada");
    wrong(server).output().map(CommandOutput::from).unwrap().must_say(49, "");
    env.run_must_say(&SWEEP, 0, "1 of 1 withdrawn");
    env.issue("ada");
    let mut other = Some(wrong(server));
    proxy.judge(move |tag| {
        if tag == MODIFY
            && let Some(mut other) = other.take()
        {
            other.output().map(CommandOutput::from).unwrap().must_say(49, "");
        }
        Verdict::Pass
    });
    env.run_must_say(&SWEEP, 0, "1 of 1 withdrawn");
    let mut others: Vec<Command> = (0..3).map(|_| wrong(server)).collect();
    env.issue("ada");
    proxy.judge(move |tag| {
        if tag == MODIFY
            && let Some(mut other) = others.pop()
        {
            other.output().map(CommandOutput::from).unwrap().must_say(49, "");
        }
        Verdict::Pass
    });
    env.run(&["withdraw", "ada", "--yes"]).must_say(8, "changes faster");
    proxy.judge(|_| Verdict::Pass);
    env.run_must_say(&["withdraw", "ada", "--yes"], 0, "");
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn withdrawals() {
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_PLAIN", "1")]);
    let proxy = Frames::start(server.value("STARTTLS_URL").trim_start_matches("ldap://").to_owned());
    let env = server.environment_with(&proxy.url(), "protected = \"none\"\n");
    a_change_within_the_second_of_the_issue_hides_no_set(&server, &env);
    one_that_comes_between_look_and_withdrawal_is_left(&server, &proxy, &env);
    who_only_tried_a_password_keeps_nothing_from_being_withdrawn(&server, &proxy, &env);
}

//! What a withdrawal on slapd takes, and what it leaves, to the fraction of a second: pwdChangedTime has whole ones.

use std::process::{Command, Output};

use crate::both::next_second;
use crate::frames::{Frames, MODIFY, Verdict};
use crate::server::{Home, Kind, Server, must};

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
fn within_one_second(server: &Server, home: &Home, customer: &str, mut then: impl FnMut() -> Output) -> Output {
    for _ in 0..20 {
        next_second();
        home.issue(customer);
        let ours = changed_at(server, customer);
        let ended = then();
        if changed_at(server, customer) == ours {
            return ended;
        }
    }
    panic!("twenty times the second was over too soon");
}

fn another_set_within_the_second_of_the_issue_is_not_swept(server: &Server, home: &Home) {
    let swept = within_one_second(server, home, "ada", || {
        must(&another_sets(server, "ada").output().unwrap(), 0, "");
        home.run(&SWEEP, "")
    });
    must(&swept, 0, "0 of 0 withdrawn");
    home.must(&["withdraw", "ada", "--yes"], 0, "");
}

fn one_that_comes_between_look_and_withdrawal_is_left(server: &Server, proxy: &Frames, home: &Home) {
    let refused = within_one_second(server, home, "ada", || {
        let mut other = Some(another_sets(server, "ada"));
        proxy.judge(move |tag| {
            if tag == MODIFY
                && let Some(mut other) = other.take()
            {
                must(&other.output().unwrap(), 0, "");
            }
            Verdict::Pass
        });
        let ended = home.run(&["withdraw", "ada", "--yes"], "");
        proxy.judge(|_| Verdict::Pass);
        ended
    });
    must(&refused, 7, "not pending any more");
}

/// slapd writes a refused sign-in into the entry, as its last change.
fn who_only_tried_a_password_keeps_nothing_from_being_withdrawn(server: &Server, proxy: &Frames, home: &Home) {
    let wrong = |server: &Server| {
        let mut command = Command::new("ldapwhoami");
        command.args(["-x", "-H", server.url(), "-D", &server.name("ada"), "-w", "wrong"]);
        command.env("LDAPTLS_CACERT", server.value("CA"));
        command
    };
    home.issue("ada");
    must(&wrong(server).output().unwrap(), 49, "");
    home.must(&SWEEP, 0, "1 of 1 withdrawn");
    home.issue("ada");
    let mut other = Some(wrong(server));
    proxy.judge(move |tag| {
        if tag == MODIFY
            && let Some(mut other) = other.take()
        {
            must(&other.output().unwrap(), 49, "");
        }
        Verdict::Pass
    });
    home.must(&SWEEP, 0, "1 of 1 withdrawn");
    let mut others: Vec<Command> = (0..3).map(|_| wrong(server)).collect();
    home.issue("ada");
    proxy.judge(move |tag| {
        if tag == MODIFY
            && let Some(mut other) = others.pop()
        {
            must(&other.output().unwrap(), 49, "");
        }
        Verdict::Pass
    });
    must(&home.run(&["withdraw", "ada", "--yes"], ""), 8, "changes faster");
    proxy.judge(|_| Verdict::Pass);
    home.must(&["withdraw", "ada", "--yes"], 0, "");
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn withdrawals() {
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_PLAIN", "1")]);
    let proxy = Frames::start(server.value("STARTTLS_URL").trim_start_matches("ldap://").to_owned());
    let home = server.home_with(&proxy.url(), "protected = \"none\"\n");
    another_set_within_the_second_of_the_issue_is_not_swept(&server, &home);
    one_that_comes_between_look_and_withdrawal_is_left(&server, &proxy, &home);
    who_only_tried_a_password_keeps_nothing_from_being_withdrawn(&server, &proxy, &home);
}

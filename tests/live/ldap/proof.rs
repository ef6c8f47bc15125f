//! The proof on real servers: what they answer to a sign-in with the temporary password decides before it is shown.

use serde_json::Value;

use super::frame_proxy::{BIND, Frames, MODIFY, Verdict};
use crate::support::ldap::{AgentEnvironment, Kind, Server};

const SWEEP: [&str; 7] = ["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];

fn reset(env: &AgentEnvironment, customer: &str) -> Value {
    env.run(&["-o", "json", "reset", customer, "--yes", "--reveal", "stdout"]).must(0).json()
}

/// The record of the customer's last set.
fn last_set(env: &AgentEnvironment, customer: &str) -> Value {
    let listed = env.run(&["-o", "json", "audit", "list", "--customer", customer]).must(0).json();
    let records = listed["records"].as_array().unwrap();
    records.iter().rev().find(|record| record["event"] == "set").unwrap().clone()
}

fn error(env: &AgentEnvironment, customer: &str) -> Value {
    let refused = env.run(&["-o", "json", "reset", customer, "--yes", "--reveal", "stdout"]);
    assert!(refused.stdout.is_empty(), "nothing is revealed: {}", refused.text());
    serde_json::from_str(refused.stderr.lines().last().unwrap()).unwrap()
}

/// Proved, in the result and in the record; and switched off, in all that is said.
fn it_is_told(server: &Server) {
    let env = server.environment();
    let proved = reset(&env, "ada");
    assert_eq!((&proved["proved"], &proved["proof_reason"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(last_set(&env, "ada")["proved"], true);
    let off = server.environment_with("", "protected = \"none\"\nprove = false\n");
    let unproved = reset(&off, "ada");
    assert_eq!(unproved["proved"], Value::Null);
    assert!(unproved["proof_reason"].as_str().unwrap().contains("prove = false"), "{unproved}");
    assert_eq!(last_set(&off, "ada")["proof_reason"], unproved["proof_reason"]);
    off.run_must_say(&["doctor"], 0, "prove = false");
}

/// Has slapd run with other settings of the overlay.
fn with_overlay(server: &Server, from: &str, to: &str) {
    let file = server.file("slapd.conf");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(&file, text.replace(from, to)).unwrap();
    server.stop();
    server.start_again();
}

/// The module is loaded, and its controls are told, but no change is forced on this database.
fn a_database_without_the_overlay_is_refused(server: &Server) {
    let file = server.file("slapd.conf");
    let with = std::fs::read_to_string(&file).unwrap();
    let without = with.replace("\noverlay ppolicy", "\n#overlay ppolicy").replace("\nppolicy_", "\n#ppolicy_");
    std::fs::write(&file, without).unwrap();
    server.stop();
    server.start_again();
    let env = server.environment();
    for customer in ["ada", "gus"] {
        env.refuses(customer, 7, "no overlay ppolicy on the database");
        env.refuses(customer, 7, "clear text");
    }
    let create =
        ["reset", "new", "--create", "--email", "new@example.com", "--first-name", "New", "--last-name", "One"];
    env.run_must_say(&[&create[..], &["--yes", "--reveal", "stdout"]].concat(), 7, "no overlay ppolicy");
    env.run_must_say(&["-o", "json", "doctor"], 11, "no overlay ppolicy on the database");
    assert!(server.binds(&server.name("gus"), server.value("CUSTOMER_PW")).is_success(), "nothing was changed");
    std::fs::write(&file, with).unwrap();
    server.stop();
    server.start_again();
}

/// The policy that the profile names is not the one that slapd uses, which is not there.
fn a_default_policy_that_is_not_there_is_caught(server: &Server) {
    with_overlay(server, "ppolicy_default \"cn=default,", "ppolicy_default \"cn=gone,");
    let env = server.environment();
    let told = error(&env, "ada");
    assert_eq!((told["reason"].as_str(), told["exit_code"].as_u64()), (Some("change_not_forced"), Some(9)), "{told}");
    assert_eq!(told["changed"], "yes");
    let old = server.binds(&server.name("ada"), server.value("CUSTOMER_PW"));
    assert_eq!(old.code, 49, "a password that nobody knows is set: {}", old.text());
    with_overlay(server, "ppolicy_default \"cn=gone,", "ppolicy_default \"cn=default,");
    assert_eq!(reset(&env, "ada")["proved"], true);
}

/// With lastbind a sign-in is the entry's last change, by slapd's root user.
fn a_sign_in_that_is_written_down_hides_no_set(server: &Server) {
    with_overlay(server, "\noverlay ppolicy", "\nlastbind on\noverlay ppolicy");
    let env = server.environment();
    for _ in 0..3 {
        assert_eq!(reset(&env, "ada")["proved"], true);
        assert_eq!(server.value_of(&server.dn("ada"), "modifiersName"), server.value("ADMIN"));
        let shown = env.run(&["-o", "json", "show", "ada"]).must(0).json();
        assert_eq!(shown["issued_by"], "agent", "{shown}");
        env.run_must_say(&SWEEP, 0, "1 of 1 withdrawn");
    }
    reset(&env, "ada");
    let stranger = server.environment();
    let shown = stranger.run(&["-o", "json", "show", "ada"]).must(0).json();
    assert_eq!(shown["issued_by"], Value::Null, "the root user has not issued it: {shown}");
    stranger.run_must_say(&["withdraw", "ada", "--yes"], 0, "");
    with_overlay(server, "\nlastbind on\noverlay ppolicy", "\noverlay ppolicy");
}

/// What the server says for now, or of the user, goes with the password; what nobody answers does as well.
fn a_refusal_that_is_not_about_the_password_is_told(server: &Server, plain: String) {
    let proxy = Frames::start(plain);
    let env = server.environment_with(&proxy.url(), "protected = \"none\"\n");
    let answers = [
        (Verdict::Answer(51), "it is busy, result 51"),
        (Verdict::Answer(53), "it is not willing to do that, result 53"),
        (Verdict::Cut, "did not answer the sign-in"),
        (Verdict::Nonsense, "did not answer the sign-in"),
    ];
    for (verdict, words) in answers {
        let mut binds = 0;
        proxy.judge(move |tag| {
            binds += usize::from(tag == BIND);
            if tag == BIND && binds > 1 { verdict } else { Verdict::Pass }
        });
        let told = reset(&env, "ada");
        assert_eq!(told["proved"], false, "{told}");
        assert!(told["proof_reason"].as_str().unwrap().contains(words), "{words}: {told}");
        assert!(told["next_steps"][0].as_str().unwrap().contains(words), "{told}");
        assert_eq!(last_set(&env, "ada")["proof_reason"], told["proof_reason"]);
    }
    let mut binds = 0;
    proxy.judge(move |tag| {
        binds += usize::from(tag == BIND);
        if tag == BIND && binds > 1 { Verdict::Answer(49) } else { Verdict::Pass }
    });
    let told = error(&env, "ada");
    assert_eq!((told["reason"].as_str(), told["exit_code"].as_u64()), (Some("not_proved"), Some(9)), "{told}");
}

/// Somebody restricts the user between the look and the set.
fn a_restriction_that_comes_meanwhile_is_told(server: &Server) {
    let proxy = Frames::start(server.value("PLAIN").to_owned());
    let env = server.environment_with(&proxy.url(), "protected = \"none\"\n");
    for (attribute, value, words) in [
        ("userAccountControl", "514", "the user is disabled, data 533"),
        ("accountExpires", "132223104000000000", "the user has expired, data 701"),
    ] {
        let (dn, before) = (server.dn("ada"), server.value_of(&server.dn("ada"), attribute));
        std::thread::scope(|scope| {
            let (asked, wanted) = std::sync::mpsc::channel();
            let (done, may_go_on) = std::sync::mpsc::channel();
            let dn = &dn;
            scope.spawn(move || {
                if wanted.recv_timeout(std::time::Duration::from_mins(1)).is_ok() {
                    server.replace(dn, attribute, value);
                }
                let _ = done.send(());
            });
            let mut asked = Some(asked);
            proxy.judge(move |tag| {
                if tag == MODIFY
                    && let Some(asked) = asked.take()
                {
                    asked.send(()).unwrap();
                    may_go_on.recv().unwrap();
                }
                Verdict::Pass
            });
            let told = reset(&env, "ada");
            assert_eq!((&told["proved"], told["proof_reason"].as_str()), (&Value::Bool(false), Some(words)), "{told}");
            proxy.judge(|_| Verdict::Pass);
        });
        server.replace(&server.dn("ada"), attribute, &before);
    }
    assert_eq!(reset(&env, "ada")["proved"], true);
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn proof_on_active_directory() {
    let server = Server::start_with(Kind::ActiveDirectory, &[("SAMBA_PLAIN", "1")]);
    it_is_told(&server);
    a_refusal_that_is_not_about_the_password_is_told(&server, server.value("PLAIN").to_owned());
    a_restriction_that_comes_meanwhile_is_told(&server);
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn proof_on_openldap() {
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_PLAIN", "1")]);
    it_is_told(&server);
    let plain = server.value("STARTTLS_URL").trim_start_matches("ldap://").to_owned();
    a_refusal_that_is_not_about_the_password_is_told(&server, plain);
    a_default_policy_that_is_not_there_is_caught(&server);
    a_sign_in_that_is_written_down_hides_no_set(&server);
    a_database_without_the_overlay_is_refused(&server);
}

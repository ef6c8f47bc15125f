//! Rules for callers and messages that cannot be used: exit 2 with file and line, and nothing is changed.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::TestEnvironment;
use crate::support::verification::{STRICT, desk, mails};

/// Expects that nothing can be done for a customer under a profile with these lines.
#[track_caller]
fn refused(lines: &str, words: &[&str]) -> TestEnvironment {
    let env = desk("sam", lines);
    nothing_works(&env, words);
    env
}

#[track_caller]
fn nothing_works(env: &TestEnvironment, words: &[&str]) {
    for command in [
        &["reset", "C-1001", "--yes", "--reveal", "stdout", "--verified", "called back"][..],
        &["verify", "C-1001", "--by", "code", "--to", "1", "--code-stdin"],
    ] {
        let error = env.run(&[&["-o", "json"], command].concat()).must(2).error();
        assert_eq!((&error["reason"], &error["changed"]), (&"configuration".into(), &"no".into()), "{error}");
        for word in words {
            assert!(error["message"].as_str().unwrap().contains(word), "{word}: {error}");
        }
    }
    env.write("config.toml", "default = 'practice'\n[profiles.practice]\nbackend = 'practice'\n");
    assert!(env.records().is_empty());
    assert_eq!(env.status("C-1001")["status"], "active");
}

#[test]
fn a_wrong_rule_is_named_with_its_line() {
    let rules = |rules: &str| format!("require = ['verified']\n[profiles.practice.verification]\n{rules}\n");
    for (lines, words) in [
        ("ways = ['fax']", &["config.toml: line 6", "fax", "callback"][..]),
        ("valid = '2h'", &["line 6: valid is more than 0, and at most 1 hour"]),
        ("valid = '0s'", &["line 6: valid is more than 0"]),
        ("valid = 'soon'", &["line 6: valid"]),
        ("contact_changed_within = '400d'", &["line 6: contact_changed_within is at most 366 days"]),
        ("attested = 'no'", &["line 6"]),
        ("trust = true", &["line 6", "trust"]),
        ("attested = false\nways = []", &["line 5: verification.ways is empty"]),
    ] {
        refused(&rules(lines), words);
    }
}

#[test]
fn what_messages_say_of_the_desk_is_one_line_without_a_link() {
    let messages = |desk: &str, call: &str| format!("[profiles.practice.messages]\ndesk = {desk}\ncall = {call}\n");
    for (desk, call, words) in [
        ("'Acme, www.example.com'", "'100'", &["line 5: ", "has a link in it"][..]),
        ("'Acme'", "'https://example.com/call'", &["line 6: ", "has a link in it"]),
        ("\"Acme\\r\\nBcc: eve@example.com\"", "'100'", &["line 5: ", "more than one line"]),
        ("'Acme'", "''", &["line 6: ", "is empty"]),
        ("\"A\\u202ecme\"", "'100'", &["line 5: ", "U+202E"]),
    ] {
        refused(&messages(desk, call), words);
    }
    refused("[profiles.practice.messages]\ndesk = 'Acme'\n", &["line 4", "call"]);
}

#[test]
fn senders_without_what_messages_say_of_the_desk_are_refused_with_their_line() {
    let words = ["config.toml: line 4: profile practice has senders", "[profiles.practice.messages]"];
    refused("[profiles.practice.senders.email]\ncommand = ['/bin/true']\n", &words);
}

#[test]
fn a_folder_of_texts_with_an_unknown_variable_stops_before_anything_is_sent() {
    let env = desk("sam", &format!("templates = 'texts'\n{STRICT}"));
    std::fs::create_dir_all(env.file("texts/en")).unwrap();
    let text = "code-email-body = { $code }, call { $call }, { $pin }\n";
    env.write("texts/en/code.ftl", text);
    for (path, mode) in [("texts", 0o755), ("texts/en", 0o755), ("texts/en/code.ftl", 0o644)] {
        std::fs::set_permissions(env.file(path), Permissions::from_mode(mode)).unwrap();
    }
    nothing_works(&env, &["code.ftl, line 1", "$pin"]);
}

#[test]
fn a_customers_name_and_addresses_bring_no_line_into_a_message() {
    let env = desk("sam", "");
    let directory = rusqlite::Connection::open(env.file("practice.db")).unwrap();
    let evil = ["Ada\r\nBcc: eve@example.com", "ada@example.com\r\nBcc: eve@example.com"];
    let changed = directory.execute("UPDATE customer SET first_name = ?1, email = ?2 WHERE number = 1", evil);
    assert_eq!(changed, Ok(1));
    let number = "UPDATE customer SET phone = ?1 WHERE number = 4";
    assert_eq!(directory.execute(number, ["+44 20 7946\r\n0004"]), Ok(1));
    drop(directory);
    env.issue("C-1001");
    let all = mails(&env, "notice");
    assert!(!all.is_empty(), "the telephone is told");
    for mail in &all {
        assert!(mail.to.starts_with("+44") && !mail.subject.contains('\n'), "{mail:?}");
        assert!(!mail.body.contains("Bcc") && !mail.body.contains('\r'), "{mail:?}");
    }
    env.issue("C-1004");
    let told: Vec<String> = mails(&env, "notice").iter().skip(all.len()).map(|mail| mail.to.clone()).collect();
    assert_eq!(told, ["mary@example.com"], "a number with a line end is none");
    let listed = env.run(&["-o", "json", "outbox"]).must(0).json();
    assert_eq!(listed["notices"].as_array().unwrap().len(), 0, "{listed}");
    let verify = ["-o", "json", "verify", "C-1001", "--by", "code", "--to", "1", "--code-stdin"];
    env.run(&verify).must(7);
    assert!(mails(&env, "code").iter().all(|mail| mail.to.starts_with("+44")));
}

//! Tickets, reasons, verifications and names: one line that people can read, wherever they come from.

use crate::support::{CommandOutput, TestEnvironment};

/// Texts that cannot be used, and what is said of them.
const UNUSABLE: [(&str, &str); 9] = [
    ("", "is empty"),
    ("\u{200b}", "U+200B"),
    ("T-\u{200b}17", "U+200B"),
    ("T-17\u{202e}", "U+202E"),
    ("\u{feff}T-17", "U+FEFF"),
    ("T\t17", "U+0009"),
    ("T-17\nT-18", "more than one line"),
    ("...", "no letter and no digit"),
    ("\u{3164}", "U+3164"),
];

fn told(ran: &CommandOutput, flag: &str, why: &str) {
    let error = ran.error();
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with(flag) && message.contains(why), "{message}");
    assert_eq!((&error["reason"], &error["changed"]), (&"usage".into(), &"no".into()), "{error}");
}

#[test]
fn a_text_that_nobody_can_read_is_refused_for_every_flag_of_every_command() {
    let env = TestEnvironment::signed_in("sam");
    env.issue("C-1006");
    let before = env.records().len();
    for flag in ["--ticket", "--reason", "--verified"] {
        for (text, why) in UNUSABLE {
            told(&env.reset("C-1001", &[flag, text, "-o", "json"]).must(2), flag, why);
        }
        let long = "x".repeat(201);
        told(&env.reset("C-1001", &[flag, &long, "-o", "json"]).must(2), flag, "longer than 200 characters");
        let json = ["--profile", "practice", "-o", "json"];
        let withdraw = ["withdraw", "C-1006", "--yes", flag, "\u{ad}7"];
        told(&env.run(&[&json[..], &withdraw].concat()).must(2), flag, "U+00AD");
        let unlock = ["unlock", "C-1001", "--yes", flag, "\u{ad}7"];
        told(&env.run(&[&json[..], &unlock].concat()).must(2), flag, "U+00AD");
        for more in ["--dry-run", "--yes"] {
            let sweep = ["withdraw", "--older-than", "0", "--all", more, flag, "\u{ad}7"];
            told(&env.run(&[&json[..], &sweep].concat()).must(2), flag, "U+00AD");
        }
    }
    assert_eq!(env.records().len(), before);
    assert_eq!(env.status("C-1001")["change_required"], false);
}

#[test]
fn a_text_is_recorded_without_the_space_around_it_and_in_any_script() {
    let env = TestEnvironment::signed_in("sam");
    let longest = "ü".repeat(200);
    env.reset("C-1001", &["--ticket", "  T-17 \n", "--reason", "e\u{301}te\u{301} 山田", "--verified", &longest])
        .must(0);
    let records = env.records();
    let record = &records[0];
    assert_eq!(record["ticket"], "T-17");
    assert_eq!((&record["reason"], &record["verified"]), (&"e\u{301}te\u{301} 山田".into(), &longest.into()));
}

#[test]
fn names_of_new_customers_are_such_texts_as_well() {
    let env = TestEnvironment::signed_in("sam");
    let create = |email: &str, first: &str, last: &str| {
        let names = ["--create", "--email", email, "--first-name", first, "--last-name", last, "-o", "json"];
        env.reset("new@example.org", &names)
    };
    told(&create("new@example.org", "N\u{200b}ew", "Person").must(2), "--first-name", "U+200B");
    told(&create("new@example.org", "New", "\u{2060}").must(2), "--last-name", "U+2060");
    told(&create("new@example.org", "New", &"x".repeat(201)).must(2), "--last-name", "longer than 200");
    told(&create("n\u{200d}ew@example.org", "New", "Person").must(2), "--email", "U+200D");
    let made = create("new@example.org", " Żółć ", "O\u{2019}Brien").must(0).json();
    assert_eq!(made["customer"]["name"], "Żółć O\u{2019}Brien");
}

fn with_pattern(env: &TestEnvironment, more: &str) {
    let text = format!("[profiles.practice]\nbackend = 'practice'\nticket_pattern = 'T-[0-9]+'\n{more}");
    std::fs::write(env.path().join("config.toml"), text).unwrap();
}

#[test]
fn a_ticket_matches_the_profiles_pattern_as_a_whole() {
    let env = TestEnvironment::signed_in("sam");
    with_pattern(&env, "require = ['ticket']\n");
    for ticket in ["17", "T-", "xT-17", "T-17x", "T-17 T-18"] {
        told(&env.reset("C-1001", &["--ticket", ticket, "-o", "json"]).must(2), "--ticket", "T-[0-9]+");
    }
    let missing = env.reset("C-1001", &["-o", "json"]).must(2).error();
    assert!(missing["message"].as_str().unwrap().contains("Ticket"), "{missing}");
    env.reset("C-1001", &["--ticket", " T-17 "]).must(0);
    let sweep = ["withdraw", "--older-than", "0", "--all", "--yes", "--ticket", "17"];
    told(&env.run(&[&["--profile", "practice", "-o", "json"][..], &sweep].concat()).must(2), "--ticket", "T-[0-9]+");
    with_pattern(&env, "");
    told(&env.reset("C-1001", &["--ticket", "17", "-o", "json"]).must(2), "--ticket", "T-[0-9]+");
    env.reset("C-1001", &[]).must(0);
    let shown = env.run(&["--profile", "practice", "profile", "show", "-o", "json"]).must(0).json();
    assert_eq!(shown["ticket_pattern"], "T-[0-9]+");
    let shown = env.run(&["--profile", "practice", "profile", "show"]).must(0).stdout;
    assert!(shown.contains("T-[0-9]+"), "{shown}");
}

#[test]
fn a_pattern_that_cannot_be_read_is_reported_with_file_line_and_key() {
    let env = TestEnvironment::signed_in("sam");
    std::fs::write(env.path().join("config.toml"), "[profiles.a]\nbackend = 'practice'\nticket_pattern = 'T-['\n")
        .unwrap();
    let error = env.run(&["whoami", "-o", "json"]).must(2).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("config.toml: line 3: ticket_pattern \"T-[\""), "{message}");
}

#[test]
fn a_row_with_such_a_text_is_unusable_and_the_others_are_done() {
    let env = TestEnvironment::signed_in("sam");
    with_pattern(&env, "");
    let key = age::x25519::Identity::generate().to_public().to_string();
    let csv = "customer,ticket,reason,verified\nC-1001,T-1,ok,called\nC-1002,17,,\nC-1004,T-3,\u{200b},\nC-1005,T-4,,\"two\nlines\"\n";
    let jsonl = "{\"customer\":\"C-1001\",\"ticket\":\" T-1 \"}\n{\"customer\":\"C-1002\",\"ticket\":17}\n{\"customer\":\"C-1004\",\"reason\":\"\\u200b\"}\n{\"customer\":\"C-1005\",\"verified\":\"two\\nlines\"}\n";
    for (name, text) in [("in.csv", csv), ("in.jsonl", jsonl)] {
        std::fs::write(env.path().join(name), text).unwrap();
        let run = |more: &[&str]| {
            let words = ["--profile", "practice", "bulk", name, "--seal-to", &key, "--out", "rows.jsonl"];
            env.run(&[&words[..], more].concat())
        };
        let strict = run(&["--yes", "--expect", "4", "--strict", "-o", "json"]).must(2).error();
        let message = strict["message"].as_str().unwrap();
        assert!(
            message.starts_with("3 rows cannot be read") && message.contains("its ticket does not match"),
            "{message}"
        );
        run(&["--dry-run"]).must(10);
        told(&run(&["--yes", "--expect", "4", "--ticket", "17", "-o", "json"]).must(2), "--ticket", "T-[0-9]+");
        run(&["--yes", "--expect", "4"]).must(10);
        let rows = std::fs::read_to_string(env.path().join("rows.jsonl")).unwrap();
        let mut rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        rows.sort_by_key(|row| row["line"].as_u64());
        assert_eq!((&rows[0]["outcome"], &rows[0]["ticket"]), (&"delivered".into(), &"T-1".into()));
        for (row, why) in
            rows[1..].iter().zip(["its ticket does not match", "its reason has an invisible", "its verified is more"])
        {
            assert_eq!(
                (&row["outcome"], &row["exit_code"], &row["changed"]),
                (&"unusable".into(), &2.into(), &"no".into())
            );
            assert!(row["message"].as_str().unwrap().contains(why), "{row}");
        }
        std::fs::remove_file(env.path().join("rows.jsonl")).unwrap();
    }
}

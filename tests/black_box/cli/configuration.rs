//! Configuration, folders, files that are damaged, newer, or cannot be written.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::{BINARY, CommandOutput, TestEnvironment};

#[track_caller]
fn wrong(env: &TestEnvironment, arguments: &[&str], words: &[&str]) {
    let error = env.run(&[arguments, &["-o", "json"]].concat()).must(2).error();
    for word in words {
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
}

#[test]
fn a_wrong_configuration_names_file_line_and_key() {
    let env = TestEnvironment::signed_in("sam");
    let file = env.path().join("config.toml");
    wrong(&env, &["--profile", "nowhere", "find", "ada"], &["nowhere", "practice"]);
    std::fs::write(&file, "default = [").unwrap();
    wrong(&env, &["find", "ada"], &["config.toml", "line 1"]);
    std::fs::write(&file, "[profiles.a]\nbackend = 'practice'\ncolour = 'red'\n").unwrap();
    wrong(&env, &["find", "ada"], &["line 3", "colour"]);
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    wrong(&env, &["find", "ada"], &["chmod go-w"]);
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    wrong(&env, &["find", "ada"], &["config.toml"]);
}

#[test]
fn profiles_are_added_listed_used_and_removed() {
    let env = TestEnvironment::new();
    env.run(&["profile", "add", "desk", "--backend", "practice"]).must(0);
    env.run(&["profile", "add", "desk", "--backend", "practice"]).must(2);
    wrong(&env, &["profile", "add", "fax", "--backend", "fax"], &["fax"]);
    let list = env.run(&["profile", "list", "-o", "json"]).must(0).json();
    assert_eq!(
        list["profiles"][0],
        serde_json::json!({"name": "desk", "backend": "practice", "default": true, "built_in": false})
    );
    env.run(&["profile", "use", "practice"]).must(0);
    let shown = env.run(&["profile", "show", "-o", "json"]).must(0).json();
    assert_eq!(
        (shown["name"].as_str(), shown["temporary_password_lasts_seconds"].as_u64()),
        (Some("practice"), Some(86_400))
    );
    env.run(&["profile", "remove", "desk"]).must(0);
    wrong(&env, &["profile", "remove", "desk"], &["desk"]);
    assert!(env.run(&["profile", "add", "--print"]).must(0).stdout.contains("[profiles."));
}

#[test]
fn profile_show_names_the_rules_for_callers_and_how_customers_hear() {
    let env = TestEnvironment::new();
    let show = |tables: &str| {
        let text = format!("[profiles.acme]\nbackend = 'practice'\nprotected = 'none'\n{tables}");
        std::fs::write(env.path().join("config.toml"), text).unwrap();
        (env.run(&["profile", "show", "acme"]), env.run(&["profile", "show", "acme", "-o", "json"]))
    };
    let messages = "[profiles.acme.messages]\ndesk = 'Acme'\ncall = '100'\n";
    let smtp = "[profiles.acme.senders.email]\nsmtp = 'mail.example.com'\nfrom = 'support@example.com'\n";
    let (screen, json) = show(&format!(
        "require = ['verified']\n[profiles.acme.verification]\nways = ['code']\nattested = false\nvalid = '5m'\n{messages}{smtp}"
    ));
    let (screen, json) = (screen.must(0).stdout, json.must(0).json());
    for words in
        ["must be verified by a code\n", "for 5m", "for 7 days", "e-mail by smtp mail.example.com:465\n", "by e-mail\n"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert_eq!(json["verification"]["ways"], serde_json::json!(["code"]));
    assert_eq!((&json["senders"]["email"], &json["senders"]["phone"]), (&"smtp".into(), &serde_json::Value::Null));
    assert_eq!(json["notified_by"], serde_json::json!(["email"]));
    let (screen, json) = show(&format!("{messages}notices = false\n{smtp}"));
    assert!(screen.must(0).stdout.contains("none (notices = false)"));
    assert_eq!(json.must(0).json()["notified_by"], serde_json::json!([]));
    let (screen, _) = show(smtp);
    assert!(screen.must(2).stderr.contains("[profiles.acme.messages] with desk and call"));
}

#[test]
fn a_damaged_foreign_or_newer_directory_is_named_with_the_way_out() {
    let env = TestEnvironment::signed_in("sam");
    let file = env.path().join("practice.db");
    let sqlite = |sql: &str| rusqlite::Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    sqlite("PRAGMA user_version = 99");
    wrong(&env, &["find", "ada"], &["directory_newer", "practice.db", "start-over"]);
    sqlite("PRAGMA application_id = 7");
    wrong(&env, &["find", "ada"], &["directory_damaged", "practice.db", "start-over"]);
    std::fs::write(&file, "this is no database, and long enough to be looked at as one".repeat(100)).unwrap();
    wrong(&env, &["find", "ada"], &["directory_damaged", "start-over"]);
    env.run(&["practice", "start-over", "-o", "json"]).must(2);
    env.run(&["practice", "start-over", "--yes"]).must(0);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    env.sign_agent_in("sam");
    env.run(&["find", "ada"]).must(0);
}

#[test]
fn start_over_makes_as_many_as_asked() {
    let env = TestEnvironment::new();
    env.run(&["practice", "start-over", "--customers", "500", "--yes"]).must(0);
    assert_eq!(env.run(&["practice", "customers", "--limit", "2", "-o", "json"]).must(0).json()["total"], 500);
    for wrong in ["0", "3", "1000001"] {
        env.run(&["practice", "start-over", "--customers", wrong, "--yes"]).must(2);
    }
}

#[test]
fn a_home_that_cannot_be_used_is_reported() {
    let env = TestEnvironment::new();
    let file = env.path().join("file");
    std::fs::write(&file, "").unwrap();
    let run = |name: &str, below: bool| {
        let mut command = env.command(&[]);
        command.args(["practice", "customers", "-o", "json"]).env_remove("TELLONCE_HOME");
        command.env(name, if below { file.join("below") } else { env.path().to_owned() });
        CommandOutput::from(command.output().unwrap())
    };
    run("XDG_DATA_HOME", true).must(8).error();
    run("TELLONCE_HOME", true).must(2).error();
    run("XDG_DATA_HOME", false).must(0);
    assert!(env.path().join("tellonce/practice.db").exists());
}

#[test]
fn without_a_ledger_nothing_is_done() {
    let env = TestEnvironment::signed_in("sam");
    symlink("/dev/zero", env.ledger()).unwrap(); // no ledger: reading it would never end
    let error = env.reset("C-1001", &["-o", "json"]).must(8).error();
    assert_eq!((error["reason"].as_str(), error["changed"].as_str()), (Some("audit_unavailable"), Some("no")));
    std::fs::remove_file(env.ledger()).unwrap();
    std::fs::create_dir(env.ledger()).unwrap();
    env.reset("C-1001", &["-o", "json"]).must(8).error();
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing changed");
}

#[test]
fn a_full_disk_for_the_ledger_stops_a_reset_before_anything_changes() {
    let env = TestEnvironment::signed_in("sam");
    // The most that a text may be: 200 characters of four bytes.
    let long = "\u{1d538}".repeat(200);
    let texts = ["--ticket", &long, "--reason", &long, "--verified", &long];
    let size = |name: &str| env.path().join(name).metadata().map_or(0, |found| found.len());
    while size("ledger.db-wal") < 2 * size("practice.db") {
        env.reset("C-1004", &texts).must(0);
    }
    let before = env.run(&["audit", "export"]).must(0).stdout;
    // A file may grow to the block in which the write-ahead log ends now (sh counts blocks of 512 bytes), no further.
    let blocks = size("ledger.db-wal").div_ceil(512);
    let script = format!(
        "trap '' XFSZ; ulimit -f {blocks}; exec \"$T\" --profile practice reset C-1001 --yes --reveal stdout --ticket \"$LONG\" --reason \"$LONG\" --verified \"$LONG\" -o json"
    );
    let output = env.program("sh").args(["-c", &script]).env("T", BINARY).env("LONG", &long).output().unwrap();
    let error = CommandOutput::from(output).must(8).error();
    assert_eq!((error["reason"].as_str(), error["changed"].as_str()), (Some("audit_unavailable"), Some("no")));
    assert_eq!(env.run(&["audit", "export"]).must(0).stdout, before, "what was written of the record does not count");
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in");
    env.issue("C-1001"); // the control: without the limit it goes through
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn a_broken_chain_is_found_and_named() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.issue("C-1001");
    let head = env.run(&["audit", "verify", "-o", "json"]).must(0).json()["head"].as_str().unwrap().to_owned();
    env.issue("C-1004");
    env.run(&["audit", "verify", "--head", &head]).must(0);
    let change = |statements: &str| {
        let ledger = rusqlite::Connection::open(env.ledger()).unwrap();
        let guards = "DROP TRIGGER record_never_changes; DROP TRIGGER record_stays;";
        let _ = ledger.execute_batch(guards); // the first time they are there
        ledger.execute_batch(statements).unwrap();
    };
    change("UPDATE record SET body = replace(body, 'C-1004', 'C-1005') WHERE number = 4");
    let error = env.run(&["audit", "verify", "-o", "json"]).must(11).error();
    assert!(error["message"].as_str().unwrap().contains("record 4"), "{error}");
    change("UPDATE record SET body = replace(body, 'C-1005', 'C-1004') WHERE number = 4");
    env.run(&["audit", "verify"]).must_say(11, "the rule record_never_changes was removed");
    change("DELETE FROM record WHERE number > 1");
    env.run(&["audit", "verify"]).must(11);
    env.run(&["doctor"]).must_say(11, "record 6, which this machine wrote, is missing");
    env.run(&["audit", "verify", "--head", &head]).must(11);
    env.run(&["audit", "verify", "--head", "mistyped"]).must(2);
}

#[test]
fn a_required_forward_that_fails_stops_the_reset() {
    let env = TestEnvironment::signed_in("sam");
    let config = |command: &str, required: bool| {
        std::fs::write(
            env.path().join("config.toml"),
            format!("[audit]\nforward = {{ command = ['sh', '-c', '{command}'] }}\nforward_required = {required}\n"),
        )
        .unwrap();
    };
    config("exit 3", true);
    let error = env.reset("C-1001", &["-o", "json"]).must(8).error();
    assert_eq!(error["changed"], "no");
    config("exit 3", false);
    assert!(env.reset("C-1001", &[]).must(0).stderr.contains("forwarded"));
    config("cat >> forwarded", true);
    env.reset("C-1001", &[]).must(0);
    let forwarded = std::fs::read_to_string(env.path().join("forwarded")).unwrap();
    assert_eq!(forwarded.lines().count(), 5, "the records of the reset, and those of the two notices: {forwarded}");
}

#[test]
fn a_forward_command_gets_a_clean_environment_and_no_descriptors() {
    let env = TestEnvironment::signed_in("sam");
    let script = "env > environment; ls -l /proc/self/fd > descriptors; cat > record";
    let text = format!("[audit]\nforward = {{ command = ['sh', '-c', '{script}'] }}\nforward_required = true\n");
    std::fs::write(env.path().join("config.toml"), text).unwrap();
    std::fs::write(env.path().join("secret"), "").unwrap();
    let reset = "exec \"$T\" --profile practice reset C-1001 --yes --reveal fd:3 3>&1 >/dev/null 7<secret 12<secret";
    let ran = env
        .program("bash")
        .args(["-c", &format!("{{ {reset}; }} | cat")])
        .env("T", BINARY)
        .env("TELLONCE_TOKEN", "not-for-others")
        .env("TELLONCE_PROFILE", "practice")
        .env("A_SECRET", "not-for-others")
        .env("LC_TIME", "C.UTF-8")
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let ran = CommandOutput::from(ran).must(0);
    assert!(ran.stdout.trim().len() > 11, "the password came by descriptor 3: {ran:?}");
    let read = |name: &str| std::fs::read_to_string(env.path().join(name)).unwrap();
    let environment = read("environment");
    assert!(!environment.contains("TELLONCE") && !environment.contains("not-for-others"), "{environment}");
    for kept in ["PATH=", "HOME=", "LANG=", "LC_TIME=", "TZ="] {
        assert!(environment.lines().any(|line| line.starts_with(kept)), "{kept}: {environment}");
    }
    // Of `ls` itself: standard input, output and error, and the folder that it reads.
    let descriptors = read("descriptors");
    let open: Vec<&str> = descriptors.lines().filter(|line| line.contains("->")).collect();
    assert_eq!(open.len(), 4, "{descriptors}");
    assert!(!descriptors.contains("secret"), "{descriptors}");
    assert!(read("record").contains("\"v\""));
}

//! Standard streams: a result that cannot be written, and a byte order mark before what is read.

use std::os::unix::fs::PermissionsExt;

use crate::support::TestEnvironment;

const MARK: char = '\u{feff}';

#[test]
fn a_result_that_cannot_be_written_is_no_success() {
    let env = TestEnvironment::signed_in("sam");
    env.issue("C-1004");
    for verb in [
        "find ada",
        "show C-1001",
        "status C-1001",
        "whoami",
        "doctor",
        "audit list",
        "audit verify",
        "audit export",
        "profile list",
        "profile show",
        "profile add --print",
        "practice customers",
        "practice tour",
        "bulk list",
        "completions bash",
        "man",
        "--help",
        "reset --help",
        "help reset",
        "--version",
    ] {
        let full = env.shell(&format!("\"$T\" {verb} > /dev/full"));
        full.must_say(8, "could not be written to standard output: No space left on device");
        let closed = env.shell(&format!("set +o pipefail; (\"$T\" {verb}; echo $? > code) | true; cat code"));
        assert!(
            ["0", "11"].contains(&closed.stdout.trim()),
            "{verb}: a reader that went away is no failure: {closed:?}"
        );
    }
    let error = env.shell("\"$T\" find ada -o json > /dev/full").must(8).error();
    assert_eq!((&error["reason"], &error["changed"]), (&"output_failed".into(), &"no".into()));
}

#[test]
fn what_was_changed_is_said_though_the_result_cannot_be_written() {
    let env = TestEnvironment::signed_in("sam");
    env.issue("C-1004");
    env.shell("\"$T\" withdraw C-1004 --yes > /dev/full")
        .must_say(8, "It is done, but the result could not be written");
    assert_eq!(env.status("C-1004")["withdrawn"], true);
    env.issue("C-1001");
    let error = env.shell("\"$T\" withdraw C-1001 --yes -o json > /dev/full").must(8).error();
    assert_eq!((&error["reason"], &error["changed"]), (&"output_failed".into(), &"yes".into()));
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_password() {
    let env = TestEnvironment::new();
    let login = ["login", "--agent", "sam", "--password-stdin", "--store", "file"];
    env.run_with(&login, &format!("{MARK}practice\r\n")).must(0);
    let temporary = env.issue("C-1001");
    let chosen = env.choose("ada.lovelace", &format!("{MARK}{temporary}"), &format!("{MARK}Correct-horse-7")).must(0);
    assert_eq!(chosen.json()["result"], "signed_in");
    assert_eq!(env.sign_in("ada.lovelace", "Correct-horse-7"), "signed_in");
    assert_eq!(env.sign_in("ada.lovelace", "wrong"), "refused");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_recipient_or_of_an_identity() {
    let env = TestEnvironment::signed_in("sam");
    let identity = age::x25519::Identity::generate();
    let key = identity.to_public();
    env.write("in.csv", "customer\nC-1001\n");
    env.write("team.keys", &format!("{MARK}# the team\r\n{MARK}{key}\r\n"));
    env.write("key.txt", &format!("{MARK}{}\r\n", age::secrecy::ExposeSecret::expose_secret(&identity.to_string())));
    std::fs::set_permissions(env.file("key.txt"), std::fs::Permissions::from_mode(0o600)).unwrap();
    for (out, to) in [
        ("file.jsonl", "--recipients team.keys"),
        ("pipe.jsonl", "--recipients /dev/stdin < team.keys"),
        ("flag.jsonl", "--seal-to \"$(tail -n 1 team.keys)\""),
    ] {
        env.shell(&format!("\"$T\" bulk in.csv --yes --expect 1 --out {out} {to}")).must(0);
        let unsealed = ["unseal", out, "--identity", "key.txt", "--customer", "C-1001", "--reveal", "stdout"];
        let password = env.run(&unsealed).must(0).stdout;
        assert_eq!(env.sign_in("ada.lovelace", password.trim_end()), "change_required", "{to}");
    }
}

//! A command of the organisation as a sender.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tellonce::domain::CheckState;

use super::fixture::{CODE, LIMIT, SHORT, check, message, refused, send};

const NUMBER: &str = "+44 20 7946 0018";

/// Writes a shell script and returns the keys of a sender that runs it.
fn script(folder: &Path, text: &str) -> String {
    let path = folder.join("send-sms");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("[profiles.acme.senders.phone]\ncommand = ['{}', '--flag', 'a b; $(id)']\n", path.display())
}

#[test]
fn it_gets_the_message_on_standard_input_and_nothing_in_its_arguments_or_environment() {
    let folder = tempfile::tempdir().unwrap();
    let keys = script(
        folder.path(),
        "cd \"$(dirname \"$0\")\"; cat > input; printf '%s\\n' \"$@\" > arguments; env > environment",
    );
    send(&keys, LIMIT, &message(NUMBER)).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("input").ends_with("}\n"));
    let given: serde_json::Value = serde_json::from_str(&read("input")).unwrap();
    let wanted = serde_json::json!({
        "schema": "tellonce.message/v1", "kind": "code", "id": "0123456789abcdef0123456789abcdef", "channel": "phone",
        "to": NUMBER, "language": "en", "subject": "Your code for Example Support",
        "text": format!("Your code is {CODE}.\n.\nIt is good for ten minutes.\n"),
    });
    assert_eq!(given, wanted);
    assert_eq!(read("arguments"), "--flag\na b; $(id)\n", "no shell sees them");
    let environment = read("environment");
    assert!(environment.contains("PATH=") && !environment.contains("CARGO"), "{environment}");
    assert!(!environment.contains(CODE) && !environment.contains("7946"), "{environment}");
}

#[test]
fn its_exit_code_decides_and_what_it_writes_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (end, is_permanent, may_be_sent, words) in [
        ("exit 75", false, false, "cannot send now (exit 75)"),
        ("exit 1", true, false, "did not send the message (exit 1)"),
        ("exit 64", true, false, "(exit 64)"),
        ("kill -9 $$", false, true, "ended by a signal"),
    ] {
        let keys = script(folder.path(), &format!("tee /dev/stderr; {end}"));
        let failed = refused(&keys, LIMIT, &message(NUMBER));
        assert_eq!((failed.is_permanent, failed.may_be_sent), (is_permanent, may_be_sent), "{end}: {failed:?}");
        assert!(failed.words.contains(words), "{end}: {failed:?}");
    }
    let keys = script(folder.path(), "yes | head -c 1000000; yes | head -c 1000000 >&2");
    send(&keys, LIMIT, &message(NUMBER)).unwrap();
    let keys = script(folder.path(), "exec 0<&-; exit 0");
    send(&keys, LIMIT, &message(NUMBER)).unwrap();
}

#[test]
fn one_that_hangs_is_ended_and_may_have_sent() {
    let folder = tempfile::tempdir().unwrap();
    let keys = script(folder.path(), "sleep 600 & wait");
    let failed = refused(&keys, SHORT / 3, &message(NUMBER));
    assert!(!failed.is_permanent && failed.may_be_sent, "{failed:?}");
    assert!(failed.words.contains("took longer than 1 seconds and was ended"), "{failed:?}");
}

#[test]
fn one_that_is_not_there_is_told() {
    let keys = "[profiles.acme.senders.phone]\ncommand = ['/no/such/program']\n";
    let failed = refused(keys, LIMIT, &message(NUMBER));
    assert!(failed.is_permanent && !failed.may_be_sent && failed.words.contains("cannot be started"), "{failed:?}");
    let found = check(keys, LIMIT);
    assert!(found.state == CheckState::Fault && found.words.contains("There is no program"), "{}", found.words);
}

#[test]
fn a_number_that_is_none_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let keys = script(folder.path(), "touch \"$0.ran\"");
    for number in ["+44 20\n7946 0018", "--help", "12", "$(id) 123456"] {
        let failed = refused(&keys, LIMIT, &message(number));
        assert!(failed.is_permanent && failed.words.contains("no number"), "{failed:?}");
    }
    assert!(!folder.path().join("send-sms.ran").exists());
    send(&keys, LIMIT, &message(NUMBER)).unwrap();
    assert!(folder.path().join("send-sms.ran").exists(), "the control");
}

#[test]
fn a_check_runs_it_with_nobody_to_write_to() {
    let folder = tempfile::tempdir().unwrap();
    let keys = script(folder.path(), "cat > \"$0.input\"; echo noise");
    let found = check(&keys, LIMIT);
    assert_eq!((found.id.as_str(), found.state), ("sender phone", CheckState::Ok), "{}", found.words);
    assert!(found.words.ends_with("answered a check with exit 0; it was asked to send no message"), "{}", found.words);
    let input = std::fs::read_to_string(folder.path().join("send-sms.input")).unwrap();
    assert_eq!(input, "{\"schema\":\"tellonce.message/v1\",\"kind\":\"check\",\"channel\":\"phone\"}\n");
    let found = check(&script(folder.path(), "exit 3"), LIMIT);
    assert!(found.state == CheckState::Fault && found.words.contains("(exit 3)"), "{}", found.words);
}

#[test]
fn it_may_send_mails_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let keys = script(folder.path(), "cat > \"$0.input\"").replace("phone", "email");
    send(&keys, LIMIT, &message("Ada@Example.com")).unwrap();
    let input = std::fs::read_to_string(folder.path().join("send-sms.input")).unwrap();
    assert!(input.contains("\"to\":\"Ada@example.com\"") && input.contains("\"channel\":\"email\""), "{input}");
}

//! A recovery code is gone once it was used: no copy is in the memory of the process, in its files or in its log.

use crate::release::{release, signed_in};
use crate::scan::{memory, places};
use crate::support::{Terminal, TestEnvironment};

/// The rules that ask for a code, and a sender that keeps the message in a file, as a mail server would.
const CONFIG: &str = "
[profiles.practice]
backend = 'practice'
require = ['verified']
[profiles.practice.verification]
ways = ['code']
attested = false
[profiles.practice.messages]
desk = 'Practice Support'
call = 'extension 100'
notices = false
[profiles.practice.senders.email]
command = ['tee', 'SENT']
";

/// Reads the code from the message that the sender got.
fn code_that_was_sent(env: &TestEnvironment) -> String {
    let message: serde_json::Value = serde_json::from_str(&env.read("sent")).unwrap();
    let text = message["text"].as_str().unwrap();
    let line = text.lines().find_map(|line| line.split_once("code is: ")).unwrap().1;
    line.trim().to_owned()
}

#[test]
#[ignore = "needs root and the release build"]
fn after_its_use_no_code_is_left() {
    let env = signed_in(release());
    env.write("config.toml", &CONFIG.replace("SENT", &env.file("sent").display().to_string()));
    let mut terminal = Terminal::run_under(&env, &[], &["-vv", "reset", "C-1001"]);
    terminal.wait_for("reads to you");
    let spaced = code_that_was_sent(&env);
    let digits = spaced.replace(' ', "");
    std::fs::remove_file(env.file("sent")).unwrap();
    let open = memory(terminal.process());
    assert!(!places(&open, digits.as_bytes()).is_empty(), "the control: while it is open, the process has it");
    drop(open);
    assert!(!terminal.written().contains(&digits) && !terminal.written().contains(&spaced), "it is in no log line");
    terminal.type_(&format!("{spaced}\r"));
    terminal.wait_for("Set a temporary password for Ada Lovelace (C-1001)?");
    let used = memory(terminal.process());
    for code in [&digits, &spaced] {
        let left = places(&used, code.as_bytes());
        assert!(left.is_empty(), "{} copies left:\n{}", left.len(), left.join("\n"));
    }
    for entry in std::fs::read_dir(env.path()).unwrap() {
        let path = entry.unwrap().path();
        let content = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        for code in [&digits, &spaced] {
            assert!(memchr::memmem::find(&content, code.as_bytes()).is_none(), "{}", path.display());
        }
    }
    terminal.type_("n\r");
    assert_eq!(terminal.end().0, 6, "declined: nothing was changed");
}

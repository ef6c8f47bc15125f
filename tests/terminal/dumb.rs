//! A terminal that knows no escape sequences (`TERM=dumb`), or that nobody has named.

use crate::support::{PRACTICE, Terminal, TestEnvironment, for_each_concurrently};

const ESCAPE: char = '\u{1b}';
const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// Types these answers, each after its question, and returns the exit code and every byte that was written.
fn ended(env: &TestEnvironment, arguments: &[&str], answers: &[(&str, &str)]) -> (u32, String) {
    let mut terminal = Terminal::run(env, &[&PRACTICE[..], arguments].concat(), 100, 40);
    for (question, answer) in answers {
        terminal.wait_for(question);
        terminal.type_(answer);
    }
    let (code, _) = terminal.end();
    (code, terminal.written())
}

#[test]
fn nothing_is_written_but_text() {
    for_each_concurrently(["dumb", ""], |name| {
        let env = TestEnvironment::signed_in("sam").with_variable("TERM", name);
        env.write("in.csv", "customer\nC-1001\nC-1004\n");
        for (code, arguments, answers) in [
            (0, &["find", "mary"][..], &[][..]),
            (0, &["show", "C-1001"], &[]),
            (0, &["doctor"], &[]),
            (0, &["--help"], &[]),
            (0, &["practice", "tour"], &[]),
            (2, &["nonsense"], &[]),
            (3, &["show", "nobody@example.com"], &[]),
            (2, &["reset", "C-1001"], &[]),
            (2, &["reset", "mary@example.com"], &[("Number", "1\r")]),
            (0, &["bulk", "in.csv", "--out", "out.jsonl", "--seal-to", KEY, "--rate", "4"], &[("[y/N]", "y\r")]),
            (0, &["withdraw", "C-1001"], &[("[y/N]", "y\r")]),
            (0, &["practice", "start-over"], &[("[y/N]", "y\r")]),
            (0, &["login", "--store", "file"], &[("Agent:", "sam\r"), ("Password:", "practice\r")]),
            (2, &["profile", "remove"], &[]),
        ] {
            let (found, written) = ended(&env, arguments, answers);
            assert_eq!(found, code, "{name:?} {arguments:?}: {written}");
            assert!(!written.contains(ESCAPE), "{name:?} {arguments:?}: {written:?}");
            std::fs::remove_file(env.file("out.jsonl")).ok();
        }
    });
}

#[test]
fn another_terminal_gets_colour() {
    let env = TestEnvironment::signed_in("sam");
    let (code, written) = ended(&env, &["show", "nobody@example.com"], &[]);
    assert_eq!(code, 3);
    assert!(written.contains(ESCAPE), "the control: {written:?}");
}

//! A bulk run at a terminal: the question, the count that is typed back, the bar.

use crate::support::{Terminal, TestEnvironment, assert_screen};

const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

pub fn environment(customers: u64, rows: u64) -> TestEnvironment {
    let env = TestEnvironment::signed_in_with_customers("sam", customers);
    let lines: Vec<String> = (0..rows).map(|row| format!("C-{}", 1030 + row)).collect();
    std::fs::write(env.path().join("in.csv"), format!("customer\n{}\n", lines.join("\n"))).unwrap();
    env
}

pub fn started(env: &TestEnvironment, input: &str, more: &[&str]) -> Terminal {
    let all = [&["bulk", input, "--out", "out.jsonl", "--seal-to", KEY], more].concat();
    Terminal::run(env, &all, 100, 24)
}

fn delivered(env: &TestEnvironment) -> usize {
    let text = std::fs::read_to_string(env.path().join("out.jsonl")).unwrap_or_default();
    text.matches("\"delivered\"").count()
}

#[test]
fn a_small_run_is_asked_about_and_the_default_is_no() {
    let env = environment(60, 3);
    for (answer, code, rows) in [("\r", 6, 0), ("n\r", 6, 0), ("y\r", 0, 3)] {
        let mut terminal = started(&env, "in.csv", &[]);
        let screen = terminal.wait_for("Reset these 3 customers? [y/N]");
        assert_screen!(env, "bulk_question", screen);
        terminal.type_(answer);
        assert_eq!((terminal.end().0, delivered(&env)), (code, rows), "{answer:?}");
    }
    let records = env.records();
    assert_eq!(records.iter().filter(|record| record["event"] == "intent").count(), 3);
}

#[test]
fn above_twenty_five_rows_the_count_is_typed_back() {
    let env = environment(60, 26);
    for (typed, code, rows) in [("y\r", 6, 0), ("25\r", 6, 0), ("26\r", 0, 26)] {
        let mut terminal = started(&env, "in.csv", &[]);
        let screen = terminal.wait_for("Type 26 to go on:");
        assert_screen!(env, "bulk_count", screen);
        terminal.type_(typed);
        assert_eq!((terminal.end().0, delivered(&env)), (code, rows), "{typed:?}");
        let told = format!("You typed {}, not 26. Nothing was changed.", typed.trim());
        assert_eq!(terminal.everything().0.contains(&told), code == 6, "{typed:?}");
    }
}

#[test]
fn a_bar_shows_how_far_it_has_come_and_makes_room_for_the_table() {
    let env = environment(60, 10);
    let mut terminal = started(&env, "in.csv", &["--rate", "4"]);
    terminal.wait_for("[y/N]");
    terminal.type_("y\r");
    let screen = terminal.wait_until("the bar", |screen| screen.contains("/10 ") && screen.contains(" left"));
    assert!(screen.contains("/s"), "{screen}");
    assert_screen!(env, "bulk_bar", screen);
    let screen = terminal.wait_for("OUTCOME");
    assert_eq!(terminal.end().0, 0);
    assert_screen!(env, "bulk_table", terminal.screen());
    let (all, hidden) = terminal.everything();
    assert!(all.contains("delivered") && !all.contains(" left"), "the bar is gone:\n{all}");
    assert!(!hidden, "the cursor is there:\n{screen}");
}

#[test]
fn a_resumed_run_shows_what_it_goes_on_with_and_asks() {
    let env = environment(60, 5);
    let mut terminal = started(&env, "in.csv", &["--limit", "2"]);
    terminal.wait_for("[y/N]");
    terminal.type_("y\r");
    assert_eq!((terminal.end().0, delivered(&env)), (0, 2));
    let listed = env.run(&["bulk", "list", "-o", "json"]).must(0).json();
    let resume = ["--profile", "practice", "bulk", "--resume", listed["runs"][0]["run"].as_str().unwrap()];
    for (answer, code, rows) in [("\r", 6, 2), ("y\r", 0, 4)] {
        let mut terminal = Terminal::run(&env, &resume, 100, 24);
        let screen = terminal.wait_for("Reset these 2 customers? [y/N]");
        assert_screen!(env, "bulk_resume", screen);
        terminal.type_(answer);
        assert_eq!((terminal.end().0, delivered(&env)), (code, rows), "{answer:?}");
    }
}

#[test]
fn an_interrupt_at_the_terminal_names_the_command_that_goes_on() {
    let env = environment(60, 20);
    let mut terminal = started(&env, "in.csv", &["--rate", "5"]);
    terminal.wait_for("[y/N]");
    terminal.type_("y\r");
    terminal.wait_until("the first rows", |_| delivered(&env) > 1);
    terminal.type_("\u{3}");
    terminal.wait_for("bulk --resume");
    let (code, signal) = terminal.end();
    assert!(code == 130 || signal.is_some_and(|signal| signal.contains("Interrupt")), "{code}");
    let (_, hidden) = terminal.everything();
    assert!(!hidden && terminal.echoes());
}

#[test]
fn rows_from_standard_input_are_asked_about_on_the_terminal_itself() {
    let env = environment(60, 30);
    let script = |more: &str| {
        let out = format!("--out out.jsonl --seal-to {KEY} {more}");
        format!("cat in.csv | \"$T\" --profile practice bulk - {out}")
    };
    for (typed, code, rows) in [("no\r", 6, 0), ("30\r", 0, 30)] {
        let mut terminal = Terminal::shell(&env, &script(""));
        terminal.wait_for("Type 30 to go on:");
        terminal.type_(typed);
        assert_eq!((terminal.end().0, delivered(&env)), (code, rows), "{typed:?}");
    }
    let mut terminal = Terminal::shell(&env, &script("--no-input"));
    terminal.wait_for("--yes --expect N");
    assert_eq!(terminal.end().0, 2);
}

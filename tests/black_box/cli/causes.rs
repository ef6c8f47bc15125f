//! `-v`: what lies beneath an error, one cause a line; without it nothing of that.

use crate::support::{CommandOutput, TestEnvironment};

/// A profile whose server refuses every connection.
fn refusing() -> TestEnvironment {
    TestEnvironment::with_config(
        "default = 'live'\n[profiles.live]\nbackend = 'keycloak'\nurl = 'http://127.0.0.1:9'\nrealm = 'echo'\nprotected = 'none'\n",
    )
}

fn causes(ran: &CommandOutput) -> Vec<&str> {
    ran.stderr.lines().filter(|line| line.starts_with("cause: ") || line.starts_with("while: ")).collect()
}

#[test]
fn each_cause_is_a_line_and_only_with_v() {
    let env = refusing();
    let plain = env.run(&["login", "--device"]).must(8);
    assert!(plain.stderr.starts_with("error: ") && causes(&plain).is_empty(), "{plain:#?}");
    let told = env.run(&["-v", "login", "--device"]).must(8);
    let first = plain.stderr.lines().next().unwrap();
    assert!(told.stderr.contains(first), "the message is the same: {told:#?}");
    let causes = causes(&told);
    assert!(causes.len() > 1, "{told:#?}");
    assert!(causes.last().unwrap().to_lowercase().contains("refused"), "the last is the first cause: {causes:?}");
}

#[test]
fn with_json_they_are_log_lines_before_the_error_object() {
    let env = refusing();
    let told = env.run(&["-v", "-o", "json", "login", "--client-credentials"]);
    let lines: Vec<serde_json::Value> =
        told.stderr.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let is_cause = |line: &&serde_json::Value| {
        line["fields"]["message"].as_str().is_some_and(|message| message.starts_with("cause: "))
    };
    assert!(lines.iter().filter(is_cause).count() > 1, "{told:#?}");
    let error = lines.last().unwrap();
    assert_eq!((error["schema"].as_str(), told.stdout.as_str()), (Some("tellonce.error/v1"), ""), "{told:#?}");
    assert_eq!(error["exit_code"], told.code);
}

#[test]
fn what_was_being_done_is_reported_and_no_cause_moves_the_cursor() {
    let env = TestEnvironment::new();
    let folder = env.path().join("a\u{1b}[31mb");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "default = \"a\n").unwrap();
    let output = env.command(&["-v", "whoami"]).env("TELLONCE_HOME", &folder).output().unwrap();
    let told = CommandOutput::from(output).must(2);
    assert_eq!(causes(&told), ["while: reading the configuration"]);
    assert!(!told.stderr.contains('\u{1b}') && told.stderr.contains("\\u{1b}[31m"), "{told:#?}");
}

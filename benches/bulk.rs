//! What bulk costs, as ratios measured in one run: see benches/README.md.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark may stop at what it does not expect, and prints what it found"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use argon2::{Argon2, PasswordHasher};
use tellonce::bulk::Rows;

const BINARY: &str = env!("CARGO_BIN_EXE_tellonce");
const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let home = tempfile::tempdir().unwrap();
    reading(if quick { 200_000 } else { 1_000_000 });
    memory(home.path(), if quick { 100_000 } else { 1_000_000 });
    practice(home.path(), if quick { 200 } else { 2_000 });
}

fn csv(rows: usize, name: &dyn Fn(usize) -> String) -> String {
    let mut text = "customer,ticket,reason\n".to_owned();
    for row in 0..rows {
        let _ = writeln!(text, "{},T-{row},breach of March", name(row)); // writing to a String cannot fail
    }
    text
}

fn reading(rows: usize) {
    let text = csv(rows, &|row| format!("customer-{row}@example.com"));
    let started = Instant::now();
    let mut read = Rows::new(text.as_bytes(), None).unwrap();
    let mut found = 0;
    while let Some(row) = read.next_row().unwrap() {
        found += usize::from(row.row.is_ok());
    }
    assert_eq!(found, rows);
    println!("reading: {:.0} rows a second (the bar: 500,000)", rows as f64 / started.elapsed().as_secs_f64());
}

fn tool(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M", BINARY, "-q", "--profile", "practice"]).args(arguments).current_dir(home);
    command.env("TELLONCE_HOME", home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The most memory, in KiB, by GNU time.
fn most(mut command: Command) -> u64 {
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stderr).lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or_default()
}

fn memory(home: &Path, rows: usize) {
    let login = "echo practice | \"$0\" --profile practice login --agent sam --password-stdin --store file";
    let ended = Command::new("sh").args(["-c", login, BINARY]).env("TELLONCE_HOME", home).output().unwrap();
    assert!(ended.status.success());
    std::fs::write(home.join("many.csv"), csv(rows, &|row| format!("nobody-{row}"))).unwrap();
    let start = most(tool(home, &["whoami"]));
    let many = rows.to_string();
    let all = ["bulk", "many.csv", "--yes", "--expect", &many, "--out", "many.jsonl", "--seal-to", KEY];
    let limited = [&all[..], &["--abort-after", "999999999", "--limit", "20000"]].concat();
    println!(
        "memory: {} KiB over {start} KiB for {rows} rows, 20,000 of them worked at (the bar: 32 MiB)",
        most(tool(home, &limited)) - start
    );
}

fn practice(home: &Path, rows: usize) {
    let many = (rows + 100).to_string();
    assert!(tool(home, &["practice", "start-over", "--yes", "--customers", &many]).status().unwrap().success());
    let login = "echo practice | \"$0\" --profile practice login --agent sam --password-stdin --store file";
    assert!(
        Command::new("sh").args(["-c", login, BINARY]).env("TELLONCE_HOME", home).output().unwrap().status.success()
    );
    std::fs::write(home.join("in.csv"), csv(rows, &|row| format!("C-{}", 1050 + row))).unwrap();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for turn in 0..3 {
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    for _ in 0..rows / cores {
                        assert!(Argon2::default().hash_password(b"Kd4m-7XpR-tqWn").is_ok());
                    }
                });
            }
        });
        let bare = started.elapsed();
        let (count, out) = (rows.to_string(), format!("out-{turn}.jsonl"));
        let started = Instant::now();
        let all = ["bulk", "in.csv", "--yes", "--expect", &count, "--out", &out, "--seal-to", KEY];
        assert!(tool(home, &all).status().unwrap().success());
        println!(
            "practice: {rows} rows at {:.2} of bare Argon2id on {cores} cores (the bar: 0.95)",
            bare.as_secs_f64() / started.elapsed().as_secs_f64()
        );
    }
}

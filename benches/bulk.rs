//! What bulk costs, as ratios measured in one run: see benches/README.md.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark may stop at what it does not expect, and prints what it found"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordHasher};
use tellonce::bulk::{InputOptions, Rows};

mod support;
#[path = "../tests/support/tell_nobody.rs"]
mod tell_nobody;

use support::{binary, sign_in};
use tell_nobody::tell_nobody;

const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let home = tempfile::tempdir().unwrap();
    reading(if quick { 200_000 } else { 1_000_000 });
    memory(home.path(), if quick { 100_000 } else { 1_000_000 });
    let (turns, rows) = if quick { (3, 100) } else { (5, 1_500) };
    practice(home.path(), turns, rows);
    writing(home.path(), turns * rows, rows);
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
    let mut read = Rows::new(text.as_bytes(), &InputOptions::default()).unwrap();
    let mut found = 0;
    while let Some(row) = read.next_row().unwrap() {
        found += usize::from(row.row.is_ok());
    }
    assert_eq!(found, rows);
    println!("reading: {:.0} rows a second (the bar: 500,000)", rows as f64 / started.elapsed().as_secs_f64());
}

fn tool(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M"]).arg(binary()).args(["-q", "--profile", "practice"]).args(arguments).current_dir(home);
    command.env("TELLONCE_HOME", home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The most memory, in KiB, by GNU time.
fn most(mut command: Command) -> u64 {
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stderr).lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or_default()
}

fn memory(home: &Path, rows: usize) {
    sign_in(&binary(), home);
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

/// Argon2id on all cores, and a run of half as many rows, in turns: each row is hashed for its set and for its proof. Each
/// run has customers of its own.
fn practice(home: &Path, turns: usize, rows: usize) {
    let many = (turns * rows + rows + 100).to_string();
    assert!(tool(home, &["practice", "start-over", "--yes", "--customers", &many]).status().unwrap().success());
    sign_in(&binary(), home);
    tell_nobody(home); // messages are sent after the run, and are no part of a row
    let mut ratios: Vec<f64> = (0..turns).map(|turn| bare(2 * rows) / run(home, turn, rows)).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    println!(
        "practice: {rows} rows at {:.3} of bare Argon2id (the bar: 0.95), the median of {turns} turns; from {:.3} to {:.3}",
        ratios[turns / 2],
        ratios[0],
        ratios[turns - 1],
    );
}

/// So many hashes, on all cores at once, in seconds.
fn bare(hashes: usize) -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                for _ in 0..hashes / cores {
                    assert!(Argon2::default().hash_password(b"Kd4m-7XpR-tqWn").is_ok());
                }
            });
        }
    });
    started.elapsed().as_secs_f64()
}

/// The rows from this one on, as an input.
fn input(home: &Path, first: usize, rows: usize) {
    std::fs::write(home.join("in.csv"), csv(rows, &|row| format!("C-{}", 1050 + first + row))).unwrap();
}

/// A run, the whole process, in seconds.
fn run(home: &Path, turn: usize, rows: usize) -> f64 {
    input(home, turn * rows, rows);
    let (count, out) = (rows.to_string(), format!("out-{turn}.jsonl"));
    let all = ["bulk", "in.csv", "--yes", "--expect", &count, "--out", &out, "--seal-to", KEY];
    let started = Instant::now();
    assert!(tool(home, &all).status().unwrap().success());
    started.elapsed().as_secs_f64()
}

/// The processor time of the threads that write the ledger, the journal and the output, beside that of the process.
fn writing(home: &Path, first: usize, rows: usize) {
    input(home, first, rows);
    let mut command = Command::new(binary());
    command.args(["-q", "--profile", "practice", "bulk", "in.csv", "--yes", "--out", "w.jsonl", "--seal-to", KEY]);
    command.args(["--expect", &rows.to_string()]).current_dir(home).env("TELLONCE_HOME", home);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let tasks = format!("/proc/{}/task", child.id());
    let mut spent: HashMap<String, (String, u64)> = HashMap::new();
    while child.try_wait().unwrap().is_none() {
        for task in std::fs::read_dir(&tasks).into_iter().flatten().flatten() {
            let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
            let nanoseconds = read("schedstat").split(' ').next().and_then(|number| number.parse().ok());
            if let Some(nanoseconds) = nanoseconds {
                let id = task.file_name().to_string_lossy().into_owned();
                spent.insert(id, (read("comm").trim().to_owned(), nanoseconds));
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let of = |wanted: &[&str]| -> f64 {
        spent.values().filter(|(name, _)| wanted.contains(&name.as_str())).map(|(_, spent)| *spent as f64).sum()
    };
    let all: f64 = spent.values().map(|(_, spent)| *spent as f64).sum();
    println!(
        "writing: ledger {:.2} %, journal {:.2} %, output {:.2} % of the processor time of a run of {rows} rows (the bar: 5 % together)",
        100.0 * of(&["ledger"]) / all,
        100.0 * of(&["journal"]) / all,
        100.0 * of(&["output"]) / all,
    );
}

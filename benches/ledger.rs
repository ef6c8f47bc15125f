//! What a long history costs, as ratios measured in one run: see benches/README.md.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may stop at what it does not expect, and prints what it found"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tellonce::domain::{Delivery, Stamp};
use tellonce::ledger::{Append, ConsentGiven, Draft, Event, RecordStore, SqliteFiles, SqliteStore, Writer};

mod support;

use support::{binary, sign_in};

/// How many records one transaction of the preparation has.
const GROUP: u64 = 3_000;
/// How many customers the history is spread over.
const CUSTOMERS: u64 = 200_000;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (records, runs) = if quick { (100_000, 10) } else { (5_000_000, 40) };
    let (empty, full) = (home(), home());
    let took = prepare(full.path(), records);
    println!("preparing {records} records took {took:.0?}");
    let compare = |what: &str, arguments: &[&str], runs: usize| {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            ours.push(run(full.path(), arguments));
            theirs.push(run(empty.path(), arguments));
        }
        let (ours, theirs) = (median(&mut ours), median(&mut theirs));
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        println!(
            "{what}, over {records} records against a ledger with a few: {ratio:.2} ({ours:.1?} and {theirs:.1?})"
        );
    };
    // Of the customer who is reset there is a history as well.
    compare("a reset", &["reset", "C-1001", "--yes", "--reveal", "stdout"], runs);
    compare("one customer's history", &["audit", "list", "--customer", "C-1001"], runs);
    compare("audit list | head -1", &["HEAD", "audit", "list"], runs);
    for command in [["audit", "verify"], ["audit", "export"]] {
        let (ours, theirs) = (memory(full.path(), &command), memory(empty.path(), &command));
        println!("audit {}: at most {ours} and {theirs} KiB of memory", command[1]);
    }
}

/// A home with an agent who is signed in.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    sign_in(&binary(), home.path());
    run(home.path(), &["reset", "C-1001", "--yes", "--reveal", "stdout"]);
    home
}

fn tool(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env("TELLONCE_HOME", home).env("TELLONCE_PROFILE", "practice");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs a command; `HEAD` reads its first line and goes away.
fn run(home: &Path, arguments: &[&str]) -> Duration {
    let (is_head, arguments) = match arguments {
        ["HEAD", arguments @ ..] => (true, arguments),
        _ => (false, arguments),
    };
    let started = Instant::now();
    let mut child = tool(home, arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    if is_head {
        output.read_line(&mut text).unwrap();
    } else {
        output.read_to_string(&mut text).unwrap();
    }
    drop(output);
    assert!(child.wait().unwrap().success() && !text.is_empty(), "{arguments:?}");
    started.elapsed()
}

fn median(samples: &mut [Duration]) -> Duration {
    samples.sort_unstable();
    samples[samples.len() / 2]
}

/// The most memory that a command held, in KiB, by GNU time.
fn memory(home: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M"]).arg(binary()).args(arguments).env("TELLONCE_HOME", home).stdout(Stdio::null());
    let output = command.stderr(Stdio::piped()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
    text.lines().last().filter(|line| line.parse::<u64>().is_ok()).unwrap_or("an unknown number of").to_owned()
}

/// Writes a history of resets that went well, one a few seconds after the other, up to two days ago.
fn prepare(home: &Path, records: u64) -> Duration {
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger-receipt.json"] {
        let _ = std::fs::remove_file(home.join(name)); // that of the first reset
    }
    let step = 10_000_000; // ten seconds, in microseconds
    let first = Timestamp::now().as_microsecond() - i64::try_from(records / GROUP + 20_000).unwrap() * step;
    let time = Arc::new(AtomicI64::new(first));
    let told = Arc::clone(&time);
    let now = Arc::new(move || Timestamp::from_microsecond(told.load(Ordering::Relaxed)).unwrap());
    let files = SqliteFiles {
        ledger: home.join("ledger.db"),
        leases: home.join("leases"),
        audit_log: home.join("audit.jsonl"),
    };
    let store = SqliteStore::new(files, Writer::of_this_process(), now);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let started = Instant::now();
    for group in 0..records / GROUP {
        let resets = group * GROUP / 3..(group + 1) * GROUP / 3;
        runtime.block_on(store.append(resets.flat_map(reset).collect())).unwrap();
        time.fetch_add(step, Ordering::Relaxed);
    }
    started.elapsed()
}

/// The records of a reset.
fn reset(number: u64) -> [Append; 3] {
    let customer = 1001 + number.wrapping_mul(7_919) % CUSTOMERS;
    let stamp = Stamp { at: None, version: Some(number) };
    let draft = |event: Event| {
        Append::from(Draft {
            attempt: format!("{:020x}", u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            event,
            agent: format!("agent-{}", number % 40),
            profile: "practice".to_owned(),
            backend: "practice".to_owned(),
            backend_id: Some("practice:elsewhere".to_owned()),
            customer: Some(format!("C-{customer}")),
            user: Some((customer - 1000).to_string()),
            username: Some(format!("user.{customer}")),
            action: Some("set".to_owned()),
            ticket: Some(format!("T-{number}")),
            run: None,
            row: None,
        })
    };
    [
        draft(Event::Intent {
            verification: None,
            reason: None,
            verified: Some("called back".to_owned()),
            consent: ConsentGiven::Asked,
            unlock: false,
            stamp_before: None,
            lease: None,
        }),
        draft(Event::Set { stamp: Some(stamp), proved: Some(true), proof_reason: None, sessions_left: None }),
        draft(Event::Delivery { delivery: Delivery::Shown }),
    ]
}

//! SIGKILL during appends: every acknowledged append is there afterwards, whole, in one chain.
//!
//! The child processes are this test program, run with [`FOLDER`] in its environment.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tellonce::domain::ports::RandomSource as _;
use tellonce::ledger::{Append, Hash, Query, RecordStore as _, StoredRecord, verify};
use tellonce::platform::SystemRandom;

use super::fixture::{run, store};
use crate::support::TestEnvironment;
use crate::support::conformance::wait_for;
use crate::support::record_store::intent;

/// Names the folder that a child appends in.
const FOLDER: &str = "TELLONCE_TEST_APPENDS_IN";
/// How many appends one process makes, at most.
const MOST: u64 = 100_000;
/// How many processes append at once.
const CHILDREN: usize = 3;

fn draw(most: u64) -> u64 {
    let mut bytes = [0; 8];
    SystemRandom.fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % most
}

/// Appends one, two or three records at a time, and acknowledges each on a line: number and hash.
fn append_and_acknowledge(folder: &Path, most: u64, out: &mut dyn Write) {
    let (store, name) = (store(folder), format!("{}-{}", std::process::id(), draw(u64::MAX)));
    writeln!(out, "\nlease {}", wait_for(store.lease()).unwrap()).unwrap();
    for turn in 0..most {
        let together = 1 + turn % 3;
        let appends = (0..together).map(|part| Append::from(intent(&format!("{name}/{turn}/{part}/{together}"))));
        for appended in wait_for(store.append(appends.collect())).unwrap() {
            writeln!(out, "\nappended {} {}", appended.record.number, appended.record.hash).unwrap();
        }
        out.flush().unwrap();
    }
}

/// Reads acknowledgements, each a whole line.
fn acknowledged(line: &str) -> Option<(u64, Hash)> {
    let (number, hash) = line.strip_prefix("appended ")?.strip_suffix('\n')?.split_once(' ')?;
    Some((number.parse().unwrap(), Hash::from_hex(hash).unwrap()))
}

/// What a child does; without a folder, the same in one of its own, and to an end.
#[test]
fn appends_are_acknowledged_with_number_and_hash() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        append_and_acknowledge(Path::new(&folder), MOST, &mut std::io::stdout().lock());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    append_and_acknowledge(folder.path(), 6, &mut out);
    let text = String::from_utf8(out).unwrap();
    let acknowledged: Vec<u64> =
        text.split_inclusive('\n').filter_map(acknowledged).map(|(number, _)| number).collect();
    assert_eq!(acknowledged, (1..=12).collect::<Vec<u64>>());
    is_whole(folder.path(), &BTreeMap::new());
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "ledger::kills::appends_are_acknowledged_with_number_and_hash", "--nocapture"]);
    command.env(FOLDER, folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// Ends a child after so many acknowledgements, wherever it is by then. Returns all that it made.
fn kill_after(mut child: Child, count: u64) -> Vec<(u64, Hash)> {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut all = Vec::new();
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        all.extend(acknowledged(&line));
        if all.len() as u64 >= count {
            child.kill().unwrap();
        }
        line.clear();
    }
    assert!(child.wait().unwrap().code().is_none(), "it was killed, and did not end by itself");
    all
}

/// Asserts that the chain is whole, that these records are in it, and that no append is there in part.
fn is_whole(folder: &Path, acknowledged: &BTreeMap<u64, Hash>) {
    let store = store(folder);
    let verified = wait_for(verify(&store, None)).unwrap();
    let records: Vec<StoredRecord> = wait_for(store.page(&Query::default(), 0, usize::MAX)).unwrap();
    assert_eq!(verified.records, records.len() as u64);
    let kept: BTreeMap<u64, Hash> = records.iter().map(|record| (record.number, record.hash)).collect();
    for (number, hash) in acknowledged {
        assert_eq!(kept.get(number), Some(hash), "record {number} was acknowledged");
    }
    let mut parts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for record in &records {
        let attempt = record.record().unwrap().draft.attempt;
        let (part, together) = attempt.rsplit_once('/').unwrap();
        let (append, _) = part.rsplit_once('/').unwrap();
        parts.entry(append.to_owned()).or_insert((together.parse().unwrap(), 0)).1 += 1;
    }
    for (append, (together, found)) in parts {
        assert_eq!(found, together, "append {append} is there in part");
    }
}

/// Kills so many processes while they append, some at once, and looks at the ledger after each turn.
fn kill(kills: usize) {
    let env = TestEnvironment::new();
    let mut all = BTreeMap::new();
    for _ in 0..kills.div_ceil(CHILDREN) {
        let children: Vec<Child> = (0..CHILDREN).map(|_| start(env.path())).collect();
        let watch = |child| std::thread::spawn(move || kill_after(child, 1 + draw(60)));
        let watched: Vec<_> = children.into_iter().map(watch).collect();
        for thread in watched {
            for (number, hash) in thread.join().unwrap() {
                assert_eq!(all.insert(number, hash), None, "number {number} was given out twice");
            }
        }
        is_whole(env.path(), &all);
    }
    run(&env, &["audit", "verify"]).must(0);
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there() {
    kill(12);
}

#[test]
#[ignore = "needs minutes"]
fn what_was_acknowledged_before_200_kills_is_there() {
    kill(200);
}

#[test]
fn a_lease_ends_with_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let lease = lines.find_map(|line| line.strip_prefix("lease ").map(str::to_owned)).unwrap();
    let store = store(folder.path());
    assert!(wait_for(store.is_live(&lease)).unwrap(), "it is running");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(folder.path().join("leases").join(format!("{lease}.lock")).exists(), "it could not clean up");
    assert!(!wait_for(store.is_live(&lease)).unwrap(), "it was killed");
}

#[test]
fn one_that_looks_at_a_lease_does_not_make_it_live_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let lease = wait_for(store(folder.path()).lease()).unwrap(); // it ends here
    let file = folder.path().join("leases").join(format!("{lease}.lock"));
    let left =
        fs::OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&file).unwrap();
    left.lock_shared().unwrap(); // a process was killed, and another is looking at its lease just now
    assert!(!wait_for(store(folder.path()).is_live(&lease)).unwrap());
    assert!(!file.exists(), "what a killed process left is removed");
}

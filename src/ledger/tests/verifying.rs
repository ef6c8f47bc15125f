//! Any change to a chain is found, and the first broken line is named.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::mpsc::channel;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::domain::{Error, ExitCode, Reason};
use crate::ledger::verify;

/// A chain of two resets: six records.
fn chain() -> (Home, Vec<u8>) {
    let home = home();
    let mut log = home.log();
    reset(&mut log, "C-1001");
    reset(&mut log, "C-1002");
    let bytes = std::fs::read(home.path()).unwrap();
    (home, bytes)
}

fn broken(failure: &Error) -> bool {
    failure.reason == Reason::ChainBroken && failure.exit_code() == ExitCode::CHECK_FAILED
}

#[test]
fn a_chain_that_nobody_touched_is_whole_and_its_head_is_the_last_hash() {
    let (home, _) = chain();
    let verified = verify(&home.path(), None).unwrap();
    assert_eq!(verified.records, 6);
    let records = home.records();
    assert_eq!(verified.head.as_deref(), Some(records[5].hash.as_str()));
    for pair in records.windows(2) {
        assert_eq!(pair[1].prev, pair[0].hash);
    }
    for record in &records {
        assert_eq!(verify(&home.path(), Some(&record.hash)).unwrap(), verified, "an earlier head is in the chain");
    }
}

#[test]
fn no_log_is_a_whole_chain_but_not_one_that_had_a_head() {
    let home = home();
    let verified = verify(&home.path(), None).unwrap();
    assert_eq!((verified.records, verified.head), (0, None));
    assert!(broken(&verify(&home.path(), Some(&"ab".repeat(32))).unwrap_err()));
}

#[test]
fn a_cut_off_end_is_found_by_the_head() {
    let (home, bytes) = chain();
    let head = verify(&home.path(), None).unwrap().head.unwrap();
    let last_line = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    std::fs::write(home.path(), &bytes[..last_line]).unwrap();
    assert_eq!(verify(&home.path(), None).unwrap().records, 5, "without the head nothing tells");
    let failure = verify(&home.path(), Some(&head)).unwrap_err();
    assert!(broken(&failure) && failure.message.contains(&head), "{failure}");
}

#[test]
fn a_line_taken_out_doubled_or_moved_is_found() {
    let (home, _) = chain();
    let lines = home.lines();
    let moved = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        std::fs::write(home.path(), lines.join("\n") + "\n").unwrap();
        verify(&home.path(), None)
    };
    assert!(moved(&|_| {}).is_ok(), "the control");
    let out = moved(&|lines| drop(lines.remove(2))).unwrap_err();
    assert!(broken(&out) && out.message.contains("line 3"), "{out}");
    let first = moved(&|lines| drop(lines.remove(0))).unwrap_err();
    assert!(broken(&first) && first.message.contains("line 1"), "{first}");
    let doubled = moved(&|lines| lines.insert(1, lines[0].clone())).unwrap_err();
    assert!(broken(&doubled) && doubled.message.contains("line 2"), "{doubled}");
    let swapped = moved(&|lines| lines.swap(3, 4)).unwrap_err();
    assert!(broken(&swapped) && swapped.message.contains("line 4"), "{swapped}");
}

#[test]
fn a_line_that_is_being_written_is_not_called_torn() {
    let (home, bytes) = chain();
    let line_end = bytes.len() - 40;
    let mut writer = OpenOptions::new().write(true).open(home.path()).unwrap();
    writer.lock().unwrap();
    writer.set_len(line_end as u64).unwrap(); // as another process leaves it in mid-write
    let path = home.path();
    let (told, answer) = channel();
    let reader = std::thread::spawn(move || told.send(verify(&path, None).map(|verified| verified.records)));
    if let Ok(early) = answer.recv_timeout(Duration::from_millis(300)) {
        assert_eq!(early.map_err(|failure| failure.message), Ok(6));
    }
    OpenOptions::new().append(true).open(home.path()).unwrap().write_all(&bytes[line_end..]).unwrap();
    writer.flush().unwrap();
    drop::<File>(writer);
    assert_eq!(answer.recv_timeout(Duration::from_mins(1)).unwrap().unwrap(), 6);
    reader.join().unwrap().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_changed_byte_anywhere_is_found_and_its_line_named(place in any::<prop::sample::Index>(), other in 1_u8..) {
        thread_local!(static CHAIN: (Home, Vec<u8>) = chain());
        let (path, mut bytes) = CHAIN.with(|(home, bytes)| (home.path().with_extension("changed"), bytes.clone()));
        let place = place.index(bytes.len());
        let line = bytes[..place].split(|byte| *byte == b'\n').count();
        bytes[place] ^= other;
        std::fs::write(&path, bytes).unwrap();
        let failure = verify(&path, None).unwrap_err();
        prop_assert!(broken(&failure));
        prop_assert!(failure.message.contains(&format!("line {line}:")), "byte {place}: {failure}");
    }

    #[test]
    fn what_people_write_into_a_case_breaks_no_chain(ticket in any::<String>(), reason in any::<String>()) {
        let home = home();
        let mut plan = plan("C-1001", Action::Set);
        plan.case = Case { ticket: Some(ticket.clone()), reason: Some(reason.clone()), verified: None };
        home.log().intend(&session(), &plan, &not_asked(&plan)).unwrap();
        prop_assert_eq!(verify(&home.path(), None).unwrap().records, 1);
        let record = home.records().remove(0);
        prop_assert_eq!((record.ticket, record.reason), (Some(ticket), Some(reason)));
    }
}

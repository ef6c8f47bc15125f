//! `ledger status`: how far the ledger goes, and what its own records say is wrong.

use super::*;
use crate::ledger::LedgerStatus;

fn status(home: &Home) -> LedgerStatus {
    wait_for(home.ledger_at("2026-03-04T12:00:00Z").status()).unwrap()
}

#[test]
fn the_state_says_how_far_the_ledger_goes() {
    let home = home();
    let empty = status(&home);
    assert_eq!((empty.records, empty.oldest, empty.newest, empty.head), (0, None, None, None));
    assert_eq!((empty.removed_through, empty.findings.len()), (None, 0));
    reset(&mut home.ledger_at("2026-03-01T12:00:00Z"), "C-1001");
    reset(&mut home.ledger_at("2026-03-02T12:00:00Z"), "C-1002");
    let found = status(&home);
    assert_eq!(found.records, 6);
    assert_eq!(found.oldest, Some(time("2026-03-01T12:00:00Z")));
    assert_eq!(found.newest, Some(time("2026-03-02T12:00:00Z")));
    assert_eq!(found.head, home.stored().last().map(|stored| stored.hash.to_string()));
    assert_eq!((found.removed_through, found.findings), (None, Vec::new()));

    wait_for(home.ledger_at("2026-03-03T12:00:00Z").prune(time("2026-03-02T00:00:00Z"))).unwrap().unwrap();
    let found = status(&home);
    assert_eq!((found.records, found.removed_through), (4, Some(3)));
    assert_eq!(found.oldest, Some(time("2026-03-02T12:00:00Z")));
    assert_eq!(found.newest, Some(time("2026-03-03T12:00:00Z")));
}

#[test]
fn a_record_from_the_future_is_a_finding_and_a_clock_that_is_a_little_behind_is_none() {
    let home = home();
    reset(&mut home.ledger_at("2026-03-04T12:04:59Z"), "C-1001");
    assert_eq!(status(&home).findings, [""; 0]);
    reset(&mut home.ledger_at("2026-03-04T12:05:00Z"), "C-1001");
    let findings = status(&home).findings;
    assert!(findings.len() == 1 && findings[0].contains("2026-03-04 12:05:00 UTC"), "{findings:?}");
    assert!(findings[0].contains("clock"));
}

#[test]
fn what_records_say_is_wrong_is_found_and_a_prune_removes_it_with_them() {
    let home = home();
    let mut log = old_log::two_resets();
    log.lines[1] = "not a record".into();
    log.write(&home);
    let findings = status(&home).findings;
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].starts_with("Line 2 of the imported audit.jsonl is broken: its hash is missing."));
    assert!(findings[0].contains("audit.jsonl.imported"));
    assert!(findings[1].starts_with("Record 2 cannot be read: it is no record."));
    wait_for(home.ledger_at("2026-03-04T12:00:00Z").prune(time("2026-03-05T00:00:00Z"))).unwrap().unwrap();
    assert_eq!(status(&home).findings, [""; 0]);
    assert!(!home.history("C-1001").damaged);
}

#[test]
fn many_unreadable_records_do_not_fill_the_screen() {
    let home = home();
    std::fs::write(home.folders().audit_log(), "x\n".repeat(100)).unwrap();
    assert_eq!(status(&home).findings.len(), 1 + 10);
}

#[test]
fn what_a_newer_version_wrote_is_kept_and_named() {
    let home = home();
    append(&home.store(), draft("aa01", intent()));
    let body = String::from_utf8(home.stored().remove(0).body).unwrap().replacen("\"v\":2", "\"v\":9", 1);
    let record = StoredRecord::of_body(body.into_bytes(), 1, Hash::BEFORE_THE_FIRST);
    assert_eq!(record.record().unwrap_err(), "a newer version of tellonce wrote it");
    assert!(record.is_whole());
}

//! The receipt of this machine shows a ledger that was rewritten, put back from an old copy, or taken away.

use super::*;

/// The files of the ledger, as a backup has them.
fn copy(home: &Home) -> Vec<(PathBuf, Vec<u8>)> {
    let files = ["ledger.db", "ledger.db-wal", "ledger.db-shm"].map(|name| home.folder.path().join(name));
    files.into_iter().filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?))).collect()
}

fn take_away(home: &Home) {
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(home.folder.path().join(name));
    }
}

fn put_back(home: &Home, copy: Vec<(PathBuf, Vec<u8>)>) {
    take_away(home);
    for (path, bytes) in copy {
        std::fs::write(path, bytes).unwrap();
    }
}

fn check(home: &Home) -> Result<()> {
    wait_for(home.ledger().check_receipt())
}

fn receipt(home: &Home) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(home.folders().ledger_receipt()).unwrap()).unwrap()
}

#[test]
fn the_receipt_names_the_newest_record_that_this_machine_wrote() {
    let home = home();
    check(&home).unwrap();
    reset(&mut home.ledger(), "C-1001");
    let newest = home.stored().pop().unwrap();
    assert_eq!(receipt(&home), serde_json::json!({ "number": 3, "hash": newest.hash.to_string() }));
    check(&home).unwrap();
    append(&home.store(), draft("aa01", intent())); // another process, which keeps no receipt here
    check(&home).unwrap();
    assert_eq!(receipt(&home)["number"], 3);
}

#[test]
fn an_old_copy_is_noticed_reported_and_recorded_before_anything_else_is() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let old = copy(&home);
    let attempt = reset(&mut home.ledger(), "C-1002");
    let hash = home.stored()[5].hash;
    put_back(&home, old);

    let error = check(&home).unwrap_err();
    assert!(is_broken(&error) && error.message.contains("record 6"), "{error}");
    let mut ledger = home.ledger();
    wait_for(ledger.history(&session(), &customer_called("C-1001"), None)).unwrap();
    let warnings = ledger.warnings().take();
    assert!(warnings.len() == 1 && warnings[0].contains("Record 6"), "reading goes on: {warnings:?}");
    assert_eq!(home.stored().len(), 3, "reading writes nothing");

    reset(&mut ledger, "C-1003");
    drop(ledger);
    assert_eq!(home.events()[3..], ["receipt_missing", "intent", "set", "delivery"]);
    let event = home.records().remove(3).draft.event;
    assert_eq!(event, Event::ReceiptMissing { missing_number: 6, missing_hash: hash.to_string() });
    assert!(!home.records().iter().any(|record| record.draft.attempt == attempt.as_str()));
    check(&home).unwrap();
    assert_eq!(receipt(&home)["number"], 7);
    let findings = wait_for(home.ledger().status()).unwrap().findings;
    assert!(findings.len() == 1 && findings[0].starts_with("Record 6 was missing"), "{findings:?}");
}

#[test]
fn a_ledger_that_was_rewritten_or_taken_away_is_noticed() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let other = super::home();
    reset(&mut other.ledger(), "C-9");
    let rewritten: Vec<_> = copy(&other)
        .into_iter()
        .map(|(path, bytes)| (home.folder.path().join(path.file_name().unwrap()), bytes))
        .collect();
    put_back(&home, rewritten);
    home.verify(None).unwrap();
    let error = check(&home).unwrap_err();
    assert!(is_broken(&error) && error.message.contains("record 3"), "{error}");
    take_away(&home);
    assert!(is_broken(&check(&home).unwrap_err()));
    assert!(!home.path().exists(), "the check makes no ledger");
    reset(&mut home.ledger(), "C-1002");
    assert_eq!(home.events()[0], "receipt_missing");
}

#[test]
fn a_record_whose_body_was_changed_is_not_the_one_of_the_receipt() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    home.tamper("UPDATE record SET body = replace(body, 'shown', 'timed_out') WHERE number = 3");
    assert!(is_broken(&check(&home).unwrap_err()));
}

#[test]
fn a_prune_that_finds_the_receipt_missing_leaves_a_record_of_it() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let old = copy(&home);
    reset(&mut home.ledger(), "C-1002");
    put_back(&home, old);
    wait_for(home.ledger().prune(time("2020-01-01T00:00:00Z"))).unwrap();
    assert_eq!(home.events()[3..], ["receipt_missing"]);
    assert_eq!(receipt(&home)["number"], 4);
}

#[test]
fn a_receipt_that_cannot_be_read_is_reported_and_written_anew() {
    for content in [&b"not a receipt"[..], b"", br#"{"number":3,"hash":"ab"}"#, &[0xff; 4096]] {
        let home = home();
        reset(&mut home.ledger(), "C-1001");
        std::fs::write(home.folders().ledger_receipt(), content).unwrap();
        let mut ledger = home.ledger();
        wait_for(ledger.check_receipt()).unwrap();
        let warnings = ledger.warnings().take();
        assert!(warnings.len() == 1 && warnings[0].contains("nobody knows"), "{warnings:?}");
        reset(&mut ledger, "C-1002");
        drop(ledger);
        assert_eq!(receipt(&home)["number"], 6);
        assert_eq!(home.events().len(), 6, "nobody knows that a record is missing");
    }
}

#[test]
fn a_receipt_behind_a_link_is_not_read() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let elsewhere = home.folder.path().join("elsewhere");
    std::fs::rename(home.folders().ledger_receipt(), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, home.folders().ledger_receipt()).unwrap();
    let ledger = home.ledger();
    wait_for(ledger.check_receipt()).unwrap();
    assert_eq!(ledger.warnings().take().len(), 1);
}

#[test]
fn a_record_that_was_pruned_is_not_missing() {
    let home = home();
    let mut ledger = home.ledger();
    reset(&mut ledger, "C-1001");
    drop(ledger);
    let kept = std::fs::read(home.folders().ledger_receipt()).unwrap();
    wait_for(home.ledger().prune(time("2026-04-01T00:00:00Z"))).unwrap().unwrap();
    assert_eq!(receipt(&home)["number"], 4, "the record of the prune");
    check(&home).unwrap();
    std::fs::write(home.folders().ledger_receipt(), kept).unwrap(); // as on another machine
    check(&home).unwrap();
    let mut ledger = home.ledger();
    reset(&mut ledger, "C-1002");
    assert!(ledger.warnings().take().is_empty());
}

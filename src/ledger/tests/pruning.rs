//! `ledger prune`: what it removes, what it leaves, and how the chain is verified from there.

use super::*;
use crate::ledger::Head;

/// Resets on three days: records 1 to 3, 4 to 6, 7 to 9.
fn three_days() -> Home {
    let home = home();
    for (day, customer) in [("01", "C-1001"), ("02", "C-1002"), ("03", "C-1003")] {
        reset(&mut home.ledger_at(&format!("2026-03-{day}T12:00:00Z")), customer);
    }
    home
}

fn prune(home: &Home, before: &str) -> Option<Head> {
    wait_for(home.ledger_at("2026-03-04T12:00:00Z").prune(time(before))).unwrap()
}

fn numbers(home: &Home) -> Vec<u64> {
    home.stored().iter().map(|stored| stored.number).collect()
}

#[test]
fn older_records_are_removed_and_verification_goes_on_from_the_checkpoint() {
    let home = three_days();
    let before = home.stored();
    let head = prune(&home, "2026-03-02T12:00:00.000001Z").unwrap();
    assert_eq!(head, Head { number: 6, hash: before[5].hash });
    assert_eq!(numbers(&home), [7, 8, 9, 10]);
    assert_eq!(home.stored()[..3], before[6..]);
    let verified = home.verify(None).unwrap();
    assert_eq!((verified.records, verified.head.unwrap().number), (4, 10));
    home.verify(Some(head.hash)).unwrap();
    home.verify(Some(before[8].hash)).unwrap();
    assert!(is_broken(&home.verify(Some(before[4].hash)).unwrap_err()), "it is not there any more");

    let record = home.records().pop().unwrap();
    assert_eq!(record.draft.event, Event::Pruned { through: 6, head: head.hash.to_string(), removed: 6 });
    assert_eq!((record.draft.agent, record.at), (record.writer.system_user(), time("2026-03-04T12:00:00Z")));
    assert!(home.history("C-1001").attempts.is_empty());
    assert_eq!(home.history("C-1003").attempts.len(), 1);
    reset(&mut home.ledger_at("2026-03-05T12:00:00Z"), "C-1004");
    assert_eq!(home.verify(None).unwrap().records, 7);
}

#[test]
fn a_record_of_the_very_time_stays() {
    let home = three_days();
    assert_eq!(prune(&home, "2026-03-02T12:00:00Z").unwrap().number, 3);
}

#[test]
fn everything_may_go_and_the_record_of_that_stays() {
    let home = three_days();
    assert_eq!(prune(&home, "2030-01-01T00:00:00Z").unwrap().number, 9);
    assert_eq!(home.events(), ["pruned"]);
    assert_eq!(numbers(&home), [10]);
    assert_eq!(home.verify(None).unwrap().records, 1);
    assert_eq!(prune(&home, "2030-01-01T00:00:00Z").unwrap().number, 10, "the record of it is older, too");
    assert_eq!(numbers(&home), [11]);
    home.verify(None).unwrap();
}

#[test]
fn where_there_is_nothing_to_remove_nothing_is_written() {
    let home = three_days();
    let before = home.stored();
    assert_eq!(prune(&home, "2026-03-01T12:00:00Z"), None);
    assert_eq!(home.stored(), before);
    prune(&home, "2026-03-02T00:00:00Z").unwrap();
    let before = home.stored();
    assert_eq!(prune(&home, "2026-03-02T00:00:00Z"), None);
    assert_eq!(prune(&home, "2026-03-01T00:00:00Z"), None, "nor is a checkpoint taken back");
    assert_eq!(home.stored(), before);
}

#[test]
fn a_later_prune_goes_on_where_the_first_ended() {
    let home = three_days();
    prune(&home, "2026-03-02T00:00:00Z").unwrap();
    let head = prune(&home, "2026-03-03T00:00:00Z").unwrap();
    assert_eq!((head.number, numbers(&home)), (6, vec![7, 8, 9, 10, 11]));
    let Event::Pruned { removed, through, .. } = home.records().pop().unwrap().draft.event else { panic!("no prune") };
    assert_eq!((removed, through), (3, 6));
    home.verify(None).unwrap();
}

#[test]
fn an_attempt_without_an_end_stays_and_so_does_what_follows_it() {
    let home = home();
    reset(&mut home.ledger_at("2026-03-01T12:00:00Z"), "C-1001");
    intend(&mut home.ledger_at("2026-03-01T13:00:00Z"), "C-1002").unwrap();
    reset(&mut home.ledger_at("2026-03-02T12:00:00Z"), "C-1003");
    assert_eq!(prune(&home, "2030-01-01T00:00:00Z").unwrap().number, 3);
    assert_eq!(numbers(&home), [4, 5, 6, 7, 8]);
    assert_eq!(home.history("C-1002").open().count(), 1);
    assert_eq!(prune(&home, "2030-01-01T00:00:00Z"), None);
    home.verify(None).unwrap();
}

#[test]
fn what_was_removed_is_in_no_file_any_more() {
    let home = three_days();
    let has = |text: &str| {
        let files = ["ledger.db", "ledger.db-wal"].map(|name| std::fs::read(home.folder.path().join(name)));
        let is_in = |bytes: Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        files.into_iter().any(|bytes| is_in(bytes.unwrap_or_default()))
    };
    assert!(has("C-1001") && has("C-1003"));
    prune(&home, "2026-03-02T00:00:00Z").unwrap();
    assert!(!has("C-1001") && has("C-1003"));
}

#[test]
fn a_removal_that_was_cut_short_goes_on_at_the_next_prune() {
    let home = three_days();
    let keep = "CREATE TABLE kept AS SELECT * FROM record WHERE number <= 3";
    home.database().execute_batch(keep).unwrap();
    prune(&home, "2026-03-02T00:00:00Z").unwrap();
    home.tamper("INSERT INTO record SELECT * FROM kept; DROP TABLE kept"); // as before the removal
    assert_eq!(numbers(&home), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(home.verify(None).unwrap().records, 7, "what is before the checkpoint does not count");
    let status = wait_for(home.ledger().status()).unwrap();
    assert_eq!((status.records, status.oldest), (7, Some(time("2026-03-02T12:00:00Z"))));
    reset(&mut home.ledger_at("2026-03-04T12:00:00Z"), "C-1004");

    assert_eq!(prune(&home, "2026-03-02T00:00:00Z"), None);
    assert_eq!(numbers(&home), [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    home.verify(None).unwrap();
}

#[test]
fn an_imported_log_is_pruned_like_any_other_records() {
    let home = home();
    old_log::two_resets().write(&home);
    assert_eq!(prune(&home, "2026-02-28T14:00:00Z").unwrap().number, 3);
    assert_eq!(home.verify(None).unwrap().records, 5);
    assert_eq!(home.history("C-1002").attempts.len(), 1);
}

#[test]
fn records_that_are_removed_are_not_appended_again_by_a_retry_of_another_event() {
    let home = home();
    let attempt = reset(&mut home.ledger(), "C-1001");
    prune(&home, "2026-03-02T00:00:00Z").unwrap();
    append(&home.store(), draft(attempt.as_str(), Event::Recovered { changed: Changed::Yes, stamp: None }));
    assert!(home.history("C-1001").attempts.is_empty(), "an end without its intent is no attempt");
    home.verify(None).unwrap();
}

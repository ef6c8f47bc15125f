//! The import of each `audit.jsonl`: once, line by line as it stands, whatever state it is in.

use sha2::Digest as _;

use super::old_log::{OldLog, imported_file, two_resets};
use super::*;
use crate::ledger::LedgerStatus;

/// What the record of the import says: the number of lines, and the first broken one with its reason.
fn imported(home: &Home) -> (u64, Option<(u64, String)>) {
    let records = home.stored();
    let events = records.iter().filter_map(|stored| stored.record().ok()).map(|record| record.draft.event);
    let mut found = events.filter_map(|event| match event {
        Event::Imported { lines, broken_line, broken_reason, .. } => Some((lines, broken_line.zip(broken_reason))),
        _ => None,
    });
    let only = found.next().unwrap();
    assert_eq!(found.next(), None);
    only
}

fn status(home: &Home) -> LedgerStatus {
    wait_for(home.ledger().status()).unwrap()
}

#[test]
fn a_whole_log_is_imported_as_it_stands_and_a_record_says_so() {
    let home = home();
    let log = two_resets();
    log.write(&home);
    let stored = home.stored();
    let bodies: Vec<&[u8]> = stored.iter().map(|stored| stored.body.as_slice()).collect();
    assert_eq!(bodies[..6], log.lines.iter().map(String::as_bytes).collect::<Vec<_>>());
    assert_eq!(stored.iter().map(|stored| stored.number).collect::<Vec<_>>(), (1..=7).collect::<Vec<_>>());
    assert_eq!(imported(&home), (6, None));
    assert_eq!(home.verify(None).unwrap().records, 7);
    assert_eq!(std::fs::read_to_string(imported_file(&home)).unwrap(), log.text());
    assert!(!home.folders().audit_log().exists());
    assert_eq!(status(&home).findings, [""; 0]);

    let records = home.records();
    assert_eq!((records[0].v, records[0].number, records[0].at), (1, 1, time("2026-02-28T13:00:00Z")));
    assert_eq!(records[0].writer, Writer { machine: None, uid: None, user: Some("sam (uid 1000)".into()) });
    assert_eq!(records[0].writer.system_user(), "sam (uid 1000)");
    assert_eq!(records[6].writer, Writer::of_this_process());
    assert_eq!((records[6].v, records[6].at), (2, time(NOW)));
    let Event::Imported { sha256, .. } = &records[6].draft.event else { panic!("{records:?}") };
    assert_eq!(*sha256, Hash::of(sha2::Sha256::new().chain_update(log.text())).to_string());
}

#[test]
fn the_chain_goes_on_after_the_import() {
    let home = home();
    two_resets().write(&home);
    let mut ledger = home.ledger();
    reset(&mut ledger, "C-1003");
    assert!(ledger.warnings().take().is_empty());
    assert_eq!(home.verify(None).unwrap().records, 10);
    assert_eq!(home.events()[6..], ["imported", "intent", "set", "delivery"]);
}

#[test]
fn a_log_is_imported_once_though_it_comes_back() {
    let home = home();
    let log = two_resets();
    log.write(&home);
    assert_eq!(home.stored().len(), 7);
    assert_eq!(home.stored().len(), 7);
    log.write(&home); // as after a crash between the commit and the new name
    std::fs::remove_file(imported_file(&home)).unwrap();
    assert_eq!(home.stored().len(), 7);
    assert!(!home.folders().audit_log().exists() && imported_file(&home).exists());
    assert_eq!(home.verify(None).unwrap().records, 7);
}

/// Returns the names of the logs, in their order.
fn logs(home: &Home) -> Vec<String> {
    let mut names = Home::names_in(home.folder.path().to_owned());
    names.retain(|name| name.starts_with("audit.jsonl"));
    names.sort();
    names
}

#[test]
fn another_log_that_an_older_version_writes_later_is_imported_at_the_end() {
    let home = home();
    two_resets().write(&home);
    reset(&mut home.ledger(), "C-1001");
    let mut log = OldLog::new();
    log.add_reset("2026-03-01T11:00:00Z", "aa03", "C-1004");
    log.write(&home);
    assert_eq!(home.stored().len(), 7 + 3 + 4, "whoever reads first imports");
    assert_eq!(logs(&home), ["audit.jsonl.imported", "audit.jsonl.imported.2"]);
    assert_eq!(std::fs::read_to_string(home.folder.path().join("audit.jsonl.imported.2")).unwrap(), log.text());
    assert_eq!(home.events()[7..], ["intent", "set", "delivery", "intent", "set", "delivery", "imported"]);
    let bodies: Vec<String> =
        home.stored()[10..13].iter().map(|stored| String::from_utf8(stored.body.clone()).unwrap()).collect();
    assert_eq!(bodies, log.lines, "line by line as they stand");
    assert_eq!(home.history("C-1004").attempts.len(), 1);
    assert_eq!(home.verify(None).unwrap().records, 14);
    assert_eq!(status(&home).findings, [""; 0]);

    log.write(&home); // it comes back, and nothing is imported twice
    assert_eq!(home.stored().len(), 14);
    assert_eq!(logs(&home), ["audit.jsonl.imported", "audit.jsonl.imported.2", "audit.jsonl.imported.3"]);
}

#[test]
fn of_a_log_that_was_put_back_and_written_on_only_the_new_lines_are_imported() {
    let home = home();
    let mut log = two_resets();
    log.lines.insert(1, "not a record".into());
    log.write(&home);
    assert_eq!(home.stored().len(), 8);
    log.add_reset("2026-03-01T11:00:00Z", "aa03", "C-1001");
    log.write(&home);
    let stored = home.stored();
    assert_eq!(stored.len(), 8 + 4);
    let Event::Imported { lines, broken_line, .. } = stored[11].record().unwrap().draft.event else { panic!() };
    assert_eq!((lines, broken_line), (3, Some(2)), "the line is that of the file");
    assert_eq!(home.history("C-1001").attempts.len(), 2);
    home.verify(None).unwrap();
}

#[test]
fn a_line_that_is_a_record_of_this_version_is_not_taken_over() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let bodies = home.stored().into_iter().flat_map(|stored| [stored.body, b"\n".to_vec()].concat());
    std::fs::write(home.folders().audit_log(), bodies.collect::<Vec<u8>>()).unwrap();
    assert_eq!(home.events(), ["intent", "set", "delivery", "imported"]);
    home.verify(None).unwrap();
    let findings = status(&home).findings;
    assert!(findings.len() == 1 && findings[0].contains("Line 1"), "{findings:?}");
}

#[test]
fn a_log_that_was_begun_meanwhile_is_not_renamed_for_the_one_that_was_read() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    for round in 0..20 {
        let folders = home.folders();
        let write = |attempt: &str| {
            let mut log = OldLog::new();
            log.add_reset("2026-03-01T11:00:00Z", attempt, "C-1004");
            let new = folders.audit_log().with_extension("new");
            std::fs::write(&new, log.text()).unwrap();
            std::fs::rename(new, folders.audit_log()).unwrap();
        };
        write(&format!("a-{round}"));
        let open = || {
            wait_for(store_in(&folders, NOW).head()).unwrap();
        };
        std::thread::scope(|scope| {
            scope.spawn(open);
            scope.spawn(open);
            scope.spawn(|| {
                while folders.audit_log().exists() {
                    std::thread::yield_now();
                }
                write(&format!("b-{round}"));
            });
        });
        open();
        assert_eq!(home.stored().len(), 3 + 8 * (round + 1), "each file was imported");
    }
    assert_eq!(logs(&home).len(), 40);
    home.verify(None).unwrap();
}

#[test]
fn several_who_open_the_ledger_at_once_import_the_log_once() {
    for _ in 0..10 {
        let home = home();
        two_resets().write(&home);
        let folders = home.folders();
        let barrier = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            let open = || {
                barrier.wait();
                wait_for(store_in(&folders, NOW).head()).unwrap().unwrap().number
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 7));
        });
        assert_eq!(imported(&home).0, 6);
    }
}

#[test]
fn a_torn_end_stays_in_the_file_and_is_reported_and_the_chain_goes_on() {
    let home = home();
    let log = two_resets();
    let torn = log.text() + &log.lines[0][..100];
    std::fs::write(home.folders().audit_log(), &torn).unwrap();
    assert_eq!(imported(&home), (6, Some((7, "it is torn: the line does not end".into()))));
    assert_eq!(home.stored().len(), 7, "what is torn is no record");
    assert_eq!(std::fs::read_to_string(imported_file(&home)).unwrap(), torn);
    let findings = status(&home).findings;
    assert!(findings.len() == 1 && findings[0].contains("Line 7"), "{findings:?}");
    reset(&mut home.ledger(), "C-1002");
    assert_eq!(home.verify(None).unwrap().records, 10);
    assert!(!home.history("C-1001").damaged, "no attempt can be in a line that was never whole");
}

#[test]
fn a_log_that_is_torn_from_its_first_byte_or_empty_begins_anew() {
    for (bytes, broken) in [(vec![b'x'; 50_000], true), (Vec::new(), false)] {
        let home = home();
        std::fs::write(home.folders().audit_log(), bytes).unwrap();
        reset(&mut home.ledger(), "C-1001");
        assert_eq!(home.verify(None).unwrap().records, 4);
        let (lines, found) = imported(&home);
        assert_eq!((lines, found.map(|(line, _)| line)), (0, broken.then_some(1)));
    }
}

#[test]
fn the_first_broken_line_is_named_and_every_line_is_kept() {
    type Change = fn(&mut Vec<String>);
    let content = "its content does not match its hash";
    let follows = "it does not follow the line before: lines are missing, added or moved";
    let cases: [(Change, u64, &str); 8] = [
        (|lines| lines[5] = lines[5].replace("\"shown\"", "\"timed_out\""), 6, content),
        (|lines| drop(lines.remove(2)), 3, follows),
        (|lines| drop(lines.remove(0)), 1, follows),
        (|lines| lines.insert(1, lines[0].clone()), 2, follows),
        (|lines| lines.swap(3, 4), 4, follows),
        (|lines| lines[1] = "not a record".into(), 2, "its hash is missing"),
        (|lines| lines[1] = String::new(), 2, "its hash is missing"),
        (|lines| lines[2] = r#"{"v":1,"hash":"00"}"#.into(), 3, "it is not a record of this version"),
    ];
    for (change, line, why) in cases {
        let home = home();
        let mut log = two_resets();
        change(&mut log.lines);
        log.write(&home);
        let count = log.lines.len() as u64;
        assert_eq!(imported(&home), (count, Some((line, why.to_owned()))));
        let bodies: Vec<Vec<u8>> = home.stored().into_iter().map(|stored| stored.body).collect();
        assert_eq!(
            bodies[..log.lines.len()],
            log.lines.iter().map(|line| line.clone().into_bytes()).collect::<Vec<_>>()
        );
        assert_eq!(home.verify(None).unwrap().records, count + 1, "the new chain is whole");
        let findings = status(&home).findings;
        assert!(findings.iter().any(|finding| finding.contains(&format!("Line {line} "))), "{findings:?}");
    }
}

#[test]
fn a_line_that_is_no_text_is_kept_byte_by_byte() {
    let home = home();
    let bytes = [two_resets().text().as_bytes(), b"\xff\xfe\n"].concat();
    std::fs::write(home.folders().audit_log(), &bytes).unwrap();
    let stored = home.stored();
    assert_eq!(stored[6].body, b"\xff\xfe");
    assert!(stored[6].record().is_err());
    assert_eq!(imported(&home), (7, Some((7, "it is not text".into()))));
    assert_eq!(home.verify(None).unwrap().records, 8);
}

#[test]
fn times_that_fall_in_the_log_are_shown_as_they_stand_and_found_in_their_order() {
    let home = home();
    let mut log = OldLog::new();
    for (attempt, at) in [("aa01", "13:00:00"), ("aa02", "11:00:00"), ("aa03", "14:00:00")] {
        log.add(&format!("2026-02-28T{at}Z"), (attempt, "intent"), "C-1001", r#","consent":"flag""#);
    }
    log.write(&home);
    let shown = home.records().into_iter().map(|record| record.at).collect::<Vec<_>>();
    assert_eq!(shown[..3], ["2026-02-28T13:00:00Z", "2026-02-28T11:00:00Z", "2026-02-28T14:00:00Z"].map(time));
    assert_eq!(home.verify(None).unwrap().records, 4, "the columns agree with the records");
    let since = |at: &str| Query { since: Some(time(at)), ..Query::default() };
    let numbers = |query| -> Vec<u64> {
        wait_for(home.store().page(&query, 0, 10)).unwrap().iter().map(|stored| stored.number).collect()
    };
    assert_eq!(numbers(since("2026-02-28T12:00:00Z")), [1, 2, 3, 4]);
    assert_eq!(numbers(since("2026-02-28T13:30:00Z")), [3, 4]);
}

#[test]
fn a_log_that_cannot_be_used_stops_every_command_and_stays() {
    let home = home();
    let elsewhere = home.folder.path().join("elsewhere");
    std::fs::write(&elsewhere, two_resets().text()).unwrap();
    std::os::unix::fs::symlink(&elsewhere, home.folders().audit_log()).unwrap();
    let error = wait_for(home.store().head()).unwrap_err();
    assert!(cannot_be_used(&error) && error.message.contains("symbolic link"), "{error}");
    assert!(cannot_be_used(&intend(&mut home.ledger(), "C-1001").unwrap_err()));
    assert!(home.folders().audit_log().symlink_metadata().is_ok());
}

#[test]
fn the_state_of_a_log_that_was_not_imported_is_not_asked_of_a_ledger_without_one() {
    let home = home();
    let status = status(&home);
    assert_eq!((status.records, status.head, status.findings.len()), (0, None, 0));
}

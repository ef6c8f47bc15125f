//! What is written, how it survives a crash and others who write, and what happens where it cannot be written.

use std::os::unix::fs::{MetadataExt, symlink};

use super::*;
use crate::domain::{Changed, Error, ExitCode, Reason};
use crate::ledger::record::Event;
use crate::ledger::verify;

fn cannot_be_used(failure: &Error) -> bool {
    failure.reason == Reason::AuditUnavailable
        && failure.exit_code() == ExitCode::UNAVAILABLE
        && failure.changed == Changed::No
}

/// No lock is left of an attempt that never began.
fn no_lock_is_left(folders: &Folders) -> bool {
    std::fs::read_dir(folders.attempts()).map_or(true, |mut entries| entries.next().is_none())
}

#[test]
fn a_reset_leaves_three_records_of_one_attempt() {
    let home = home();
    reset(&mut home.log(), "C-1001");
    let records = home.records();
    let events: Vec<Event> = records.iter().map(|record| record.event).collect();
    assert_eq!(events, [Event::Intent, Event::Set, Event::Delivery]);
    assert!(records.iter().all(|record| record.attempt == records[0].attempt && record.customer == "C-1001"));
    let intent = &records[0];
    assert_eq!((intent.agent.as_str(), intent.action.as_str()), ("sam", "set"));
    assert_eq!((intent.ticket.as_deref(), intent.reason.as_deref()), (Some("T-7"), Some("phone call")));
    assert_eq!((intent.consent.as_deref(), intent.stamp_before.clone()), (Some("asked"), Some(stamp(1))));
    assert_eq!((records[1].stamp.clone(), records[2].delivery), (Some(stamp(2)), Some(Delivery::Shown)));
    assert_eq!(intent.at, NOW.parse().unwrap());
    assert!(intent.system_user.contains("uid "));
}

#[test]
fn consent_by_flag_is_distinguished_from_consent_when_asked() {
    let home = home();
    let plan = plan("C-1001", Action::Withdraw);
    home.log().intend(&session(), &plan, &not_asked(&plan)).unwrap();
    let record = home.records().remove(0);
    assert_eq!((record.consent.as_deref(), record.action.as_str()), (Some("flag"), "withdraw"));
}

#[test]
fn log_and_folders_are_for_their_owner_alone() {
    let home = home();
    let folders = Folders::all_in(&home.folder.path().join("new"));
    reset(&mut log_at(&folders, AuditSettings::default(), NOW), "C-1001");
    let mode = |path: PathBuf| path.metadata().unwrap().mode() & 0o777;
    assert_eq!(mode(folders.audit_log()), 0o600);
    assert_eq!(mode(home.folder.path().join("new")), 0o700);
    assert_eq!(mode(folders.attempts()), 0o700);
}

#[test]
fn reading_writes_nothing() {
    let home = home();
    assert!(home.history("C-1001").attempts.is_empty());
    assert!(home.log().histories(&session()).unwrap().is_empty());
    assert!(home.records().is_empty());
    verify(&home.path(), None).unwrap();
    assert_eq!(std::fs::read_dir(home.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_torn_end_is_set_aside_and_reported_and_the_chain_goes_on() {
    let home = home();
    reset(&mut home.log(), "C-1001");
    let whole = std::fs::read(home.path()).unwrap();
    let torn = &whole[..200];
    std::fs::write(home.path(), [whole.as_slice(), torn].concat()).unwrap();
    assert!(verify(&home.path(), None).unwrap_err().message.contains("line 4"));

    let mut log = home.log();
    reset(&mut log, "C-1002");
    let warnings = log.warnings().take();
    let aside = std::fs::read_dir(home.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("audit.jsonl.torn-"))
        .unwrap();
    assert!(warnings.len() == 1 && warnings[0].contains(&aside.display().to_string()), "{warnings:?}");
    assert_eq!(std::fs::read(&aside).unwrap(), torn);
    assert_eq!(aside.metadata().unwrap().mode() & 0o777, 0o600);
    assert_eq!(verify(&home.path(), None).unwrap().records, 6);
    assert!(std::fs::read(home.path()).unwrap().starts_with(&whole));
    assert!(log.warnings().take().is_empty(), "told once");
}

#[test]
fn a_file_that_is_torn_from_its_first_byte_begins_anew() {
    let home = home();
    std::fs::write(home.path(), vec![b'x'; 50_000]).unwrap();
    reset(&mut home.log(), "C-1001");
    assert_eq!(verify(&home.path(), None).unwrap().records, 3);
}

#[test]
fn a_last_line_longer_than_one_read_is_found_whole() {
    let home = home();
    let mut plan = plan("C-1001", Action::Set);
    plan.case.reason = Some("long ".repeat(20_000));
    let mut log = home.log();
    log.intend(&session(), &plan, &asked(&plan)).unwrap();
    reset(&mut log, "C-1002");
    assert_eq!(verify(&home.path(), None).unwrap().records, 4);
    assert!(log.warnings().take().is_empty());
}

#[test]
fn nothing_is_written_after_a_last_line_that_somebody_changed() {
    let home = home();
    reset(&mut home.log(), "C-1001");
    let changed = std::fs::read_to_string(home.path()).unwrap().replace("\"shown\"", "\"timed_out\"");
    std::fs::write(home.path(), &changed).unwrap();
    let failure = intend(&mut home.log(), "C-1002").unwrap_err();
    assert!(cannot_be_used(&failure) && failure.hint.unwrap().contains("audit verify"));
    assert_eq!(std::fs::read_to_string(home.path()).unwrap(), changed);
    assert!(no_lock_is_left(&home.folders()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_stops_the_reset_before_anything_changes() {
    let home = home();
    symlink("/dev/full", home.path()).unwrap();
    let failure = intend(&mut home.log(), "C-1001").unwrap_err();
    assert!(cannot_be_used(&failure) && failure.message.contains("audit.jsonl"), "{failure}");
    assert!(no_lock_is_left(&home.folders()));
}

#[test]
fn a_folder_that_cannot_be_one_stops_the_reset_before_anything_changes() {
    let home = home();
    let file = home.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let folders = Folders::all_in(&file.join("below"));
    let failure = intend(&mut log_at(&folders, AuditSettings::default(), NOW), "C-1001").unwrap_err();
    assert!(cannot_be_used(&failure), "{failure}");
}

#[test]
fn an_outcome_that_cannot_be_written_leaves_the_attempt_to_be_found_out() {
    let home = home();
    let mut log = home.log();
    let intent = intend(&mut log, "C-1001").unwrap();
    let kept = home.folder.path().join("kept");
    std::fs::rename(home.path(), &kept).unwrap();
    std::fs::create_dir(home.path()).unwrap();
    assert!(cannot_be_used(&log.outcome(&intent, AttemptOutcome::Delivered(Delivery::Shown)).unwrap_err()));
    std::fs::remove_dir(home.path()).unwrap();
    std::fs::rename(&kept, home.path()).unwrap();
    assert_eq!(home.history("C-1001").open().count(), 1);
}

#[test]
fn several_who_write_at_once_keep_one_chain() {
    let home = home();
    let folders = home.folders();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let folders = &folders;
            scope.spawn(move || {
                let mut log = log_at(folders, AuditSettings::default(), NOW);
                for number in 0..6 {
                    reset(&mut log, &format!("C-{writer}-{number}"));
                }
            });
        }
    });
    assert_eq!(verify(&home.path(), None).unwrap().records, 4 * 6 * 3);
    let histories = home.log().histories(&session()).unwrap();
    assert_eq!(histories.len(), 24);
    assert!(histories.values().all(|history| history.attempts.len() == 1 && history.open().count() == 0));
}

//! What is written, how it stands beside others who write, and what happens where it cannot be written.

use std::os::unix::fs::MetadataExt;

use super::*;
use crate::ledger::Limit;

#[test]
fn a_reset_leaves_three_records_of_one_attempt() {
    let home = home();
    let attempt = reset(&mut home.ledger(), "C-1001");
    let records = home.records();
    assert_eq!(home.events(), ["intent", "set", "delivery"]);
    let is_of_attempt =
        |draft: &Draft| draft.attempt == attempt.as_str() && draft.customer.as_deref() == Some("C-1001");
    assert!(records.iter().all(|record| is_of_attempt(&record.draft) && record.at == time(NOW)));
    let intent = &records[0].draft;
    assert_eq!((intent.agent.as_str(), intent.action.as_deref()), ("sam", Some("set")));
    assert_eq!((intent.user.as_deref(), intent.backend_id.as_deref()), (Some("1"), Some("practice:test")));
    assert_eq!(intent.ticket.as_deref(), Some("T-7"));
    let Event::Intent { reason, consent, stamp_before, .. } = &intent.event else { panic!("{intent:?}") };
    assert_eq!((reason.as_deref(), *consent), (Some("phone call"), ConsentGiven::Asked));
    assert_eq!(*stamp_before, Some(stamp(1)));
    assert!(matches!(&records[1].draft.event, Event::Set { stamp: Some(set), .. } if *set == stamp(2)));
    assert_eq!(records[2].draft.event, DELIVERED);
}

#[test]
fn a_record_names_machine_and_system_user_by_the_system_and_not_by_the_environment() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let writer = home.records().remove(0).writer;
    assert_eq!(writer.uid, Some(nix::unistd::Uid::current().as_raw()));
    assert!(writer.machine.as_deref().is_some_and(|machine| !machine.is_empty()));
    assert!(writer.system_user().starts_with("uid "), "{}", writer.system_user());
}

#[test]
fn consent_by_flag_is_distinguished_from_consent_when_asked() {
    let home = home();
    let plan = plan("C-1001", Action::Withdraw);
    intend_plan(&mut home.ledger(), &session(), &plan, &not_asked(&plan)).unwrap();
    let draft = home.records().remove(0).draft;
    assert!(matches!(draft.event, Event::Intent { consent: ConsentGiven::Flag, .. }));
    assert_eq!(draft.action.as_deref(), Some("withdraw"));
}

#[test]
fn files_and_folders_are_for_their_owner_alone() {
    let home = home();
    let folders = Folders::all_in(&home.folder.path().join("new"));
    let mut ledger = ledger_in(&folders, &AuditSettings::default(), NOW);
    reset(&mut ledger, "C-1001");
    let mode = |path: PathBuf| path.metadata().unwrap().mode() & 0o777;
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(folders.ledger().with_file_name(format!("ledger.db{suffix}"))), 0o600, "{suffix}");
    }
    assert_eq!((mode(home.folder.path().join("new")), mode(folders.leases())), (0o700, 0o700));
    let leases = Home::names_in(folders.leases());
    assert_eq!(mode(folders.leases().join(&leases[0])), 0o600);
    drop(ledger);
    assert_eq!(mode(folders.ledger_receipt()), 0o600);
}

#[test]
fn reading_writes_nothing() {
    let home = home();
    assert_eq!(home.history("C-1001"), History::default());
    let ledger = home.ledger();
    let session = session();
    wait_for(async {
        assert_eq!(ledger.resets_by_agent(&session).await.unwrap(), 0);
        assert_eq!(ledger.status().await.unwrap().records, 0);
        assert_eq!(ledger.digest_of_run("a run").await.unwrap(), None);
        assert_eq!(ledger.ids_in_records("ada@example.com").await.unwrap().last().unwrap(), "ada@example.com");
        ledger.check_receipt().await.unwrap();
        assert_eq!(ledger.prune(time(NOW)).await.unwrap(), None);
    });
    drop(ledger);
    assert!(home.records().is_empty());
    home.verify(None).unwrap();
    assert_eq!(Home::names_in(home.folder.path().to_owned()), [""; 0]);
}

#[test]
fn the_systems_user_is_looked_up_for_the_first_record_only() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let mut ledger = Ledger::new(&home.folders(), &AuditSettings::default(), clock_at(NOW), Box::new(Counting));
    assert_eq!(wait_for(ledger.status()).unwrap().records, 3);
    wait_for(ledger.history(&session(), &customer_called("C-1001"), None)).unwrap();
    wait_for(ledger.check_receipt()).unwrap();
    assert!(!ledger.shared.writer.writer.is_looked_up(), "reading needs no writer");
    reset(&mut ledger, "C-1001");
    assert!(ledger.shared.writer.writer.is_looked_up());
    assert_eq!(home.records()[3].writer, Writer::of_this_process());
}

#[test]
fn a_record_longer_than_a_page_of_the_database_is_kept_whole() {
    let home = home();
    let mut plan = plan("C-1001", Action::Set);
    plan.case.reason = Some("long ".repeat(20_000));
    let mut ledger = home.ledger();
    intend_plan(&mut ledger, &session(), &plan, &asked(&plan)).unwrap();
    reset(&mut ledger, "C-1002");
    assert_eq!(home.verify(None).unwrap().records, 4);
    assert!(home.lines()[0].len() > 100_000);
    assert!(ledger.warnings().take().is_empty());
}

#[test]
fn a_ledger_that_takes_no_record_stops_the_reset_before_anything_changes() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    home.refuse_records();
    let error = intend(&mut home.ledger(), "C-1001").unwrap_err();
    assert!(cannot_be_used(&error) && error.message.contains("ledger.db"), "{error}");
    assert!(Home::names_in(home.folders().leases()).is_empty(), "no lease is left of an attempt that never began");
    assert!(Home::names_in(home.folders().ledger_spool()).is_empty(), "an intent never waits for a later command");
    home.accept_records();
    assert_eq!(home.records().len(), 3);
    assert_eq!(home.history("C-1001").open().count(), 0);
}

#[test]
fn a_folder_that_cannot_be_one_stops_the_reset_before_anything_changes() {
    let home = home();
    let file = home.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let folders = Folders::all_in(&file.join("below"));
    let error = intend(&mut ledger_in(&folders, &AuditSettings::default(), NOW), "C-1001").unwrap_err();
    assert!(cannot_be_used(&error), "{error}");
}

#[test]
fn an_attempt_whose_intent_failed_is_not_open_in_the_ledger() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    home.refuse_records();
    let mut ledger = home.ledger();
    intend(&mut ledger, "C-1001").unwrap_err();
    home.accept_records();
    let attempt = AttemptId::known("ff".repeat(10));
    assert!(end(&mut ledger, &attempt, SHOWN).unwrap_err().message.contains("not open"));
    assert_eq!(home.records().len(), 3);
}

#[test]
fn several_who_write_at_once_keep_one_chain() {
    let home = home();
    let folders = home.folders();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let folders = &folders;
            scope.spawn(move || {
                let mut ledger = ledger_in(folders, &AuditSettings::default(), NOW);
                for number in 0..6 {
                    reset(&mut ledger, &format!("C-{writer}-{number}"));
                }
            });
        }
    });
    assert_eq!(home.verify(None).unwrap().records, 4 * 6 * 3);
    for (writer, number) in (0..4).flat_map(|writer| (0..6).map(move |number| (writer, number))) {
        let history = home.history(&format!("C-{writer}-{number}"));
        assert!(history.attempts.len() == 1 && history.open().count() == 0);
    }
}

#[test]
fn of_several_who_reset_at_once_only_as_many_get_through_as_the_limit_lets() {
    let home = home();
    let folders = home.folders();
    let limits = ResetLimits { per_customer_24h: Some(2), per_agent_1h: None };
    let count = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut ledger = ledger_in(&folders, &AuditSettings::default(), NOW);
                let plan = plan("C-1001", Action::Set);
                let intent = wait_for(ledger.intend(&session(), &plan, &asked(&plan), limits)).unwrap();
                count.fetch_add(u64::from(intent.is_ok()), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(count.into_inner(), 2);
    assert_eq!(home.events().iter().filter(|event| **event == "refused").count(), 6);
}

#[test]
fn the_ledger_of_the_folders_writes_by_the_clock_of_the_machine() {
    let home = home();
    let before = Timestamp::now();
    let settings = AuditSettings::default();
    let mut ledger = Ledger::new(&home.folders(), &settings, Arc::new(Timestamp::now), Box::new(Counting));
    reset(&mut ledger, "C-1001");
    let at = home.records()[0].at;
    assert!(at.as_microsecond() >= before.as_microsecond() && at <= Timestamp::now());
    assert_eq!(wait_for(ledger.resets_by_agent(&session())).unwrap(), 1);
}

#[test]
fn times_never_fall_when_the_clock_does() {
    let home = home();
    let times = ["2026-03-01T12:00:00.5Z", "2026-03-01T11:00:00Z", "2026-03-01T12:00:01Z", "2020-01-01T00:00:00Z"];
    for at in times {
        intend(&mut home.ledger_at(at), "C-1001").unwrap();
    }
    let expected = [times[0], times[0], times[2], times[2]].map(time);
    assert_eq!(home.records().iter().map(|record| record.at).collect::<Vec<_>>(), expected);
    assert_eq!(home.verify(None).unwrap().records, 4);
}

#[test]
fn a_call_appends_all_of_its_records_in_their_order_or_none() {
    let home = home();
    let store = home.store();
    let appends = ["aa01", "aa02", "aa03"].map(|attempt| Append::from(draft(attempt, intent())));
    let appended = wait_for(store.append(appends.to_vec())).unwrap();
    assert_eq!(appended.iter().map(|appended| appended.record.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(home.stored(), appended.into_iter().map(|appended| appended.record).collect::<Vec<_>>());

    home.database()
        .execute_batch(
            "CREATE TRIGGER no_second BEFORE INSERT ON record WHEN NEW.attempt = 'aa05'
             BEGIN SELECT raise(ABORT, 'no'); END",
        )
        .unwrap();
    let limits: Vec<Limit> = Vec::new();
    let appends = ["aa04", "aa05"].map(|attempt| Append {
        notices: Vec::new(),
        draft: draft(attempt, intent()),
        limits: limits.clone(),
    });
    assert!(cannot_be_used(&wait_for(store.append(appends.to_vec())).unwrap_err()));
    assert_eq!(home.stored().len(), 3);
}

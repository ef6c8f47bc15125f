//! A ledger of schema version 1, which has neither used verifications nor an outbox.

use super::*;
use crate::ledger::Head;

/// Takes from the ledger what version 2 added, as if version 1 had made it.
fn make_version_1(home: &Home) {
    home.database()
        .execute_batch(
            "DROP TRIGGER verification_is_used; DROP TRIGGER use_goes_with_its_record;
             DROP TABLE used_verification; DROP TABLE outbox; DROP INDEX IF EXISTS record_notice_failed; PRAGMA user_version = 1",
        )
        .unwrap();
}

/// A ledger of version 1 with a reset and an attempt that is open.
fn version_1() -> Home {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    intend(&mut home.ledger(), "C-1002").unwrap();
    make_version_1(&home);
    home
}

fn version(home: &Home) -> i32 {
    home.database().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

fn rows(home: &Home) -> Vec<(u64, Vec<u8>, String)> {
    let database = home.database();
    let mut select = database.prepare("SELECT number, hash, body FROM record ORDER BY number").unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_ledger_of_version_1_is_updated_when_it_is_opened_and_keeps_what_it_has() {
    let home = version_1();
    let (before, receipt) = (rows(&home), std::fs::read(home.folders().ledger_receipt()).unwrap());
    assert_eq!((before.len(), version(&home)), (4, 1));
    assert_eq!(home.verify(None).unwrap().records, 4);
    assert_eq!(version(&home), 2);
    assert_eq!(rows(&home), before);
    assert_eq!(std::fs::read(home.folders().ledger_receipt()).unwrap(), receipt);
    wait_for(home.ledger().check_receipt()).unwrap();
    assert_eq!(home.history("C-1002").open().count(), 1);

    reset(&mut home.ledger(), "C-1003");
    assert!(wait_for(home.ledger().waiting_notices()).unwrap().is_empty());
    assert_eq!(home.verify(None).unwrap().records, 7);
    assert_eq!(rows(&home)[..4], before);
}

#[test]
fn an_updated_ledger_has_the_tables_of_a_new_one() {
    let (updated, new) = (version_1(), home());
    reset(&mut new.ledger(), "C-1001");
    updated.verify(None).unwrap();
    let tables = |home: &Home| -> Vec<(String, String)> {
        let database = home.database();
        let select = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        let mut select = database.prepare(select).unwrap();
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(tables(&updated), tables(&new));
}

#[test]
fn many_that_open_it_at_once_update_it_once() {
    for _ in 0..5 {
        let home = version_1();
        let (folders, barrier) = (home.folders(), std::sync::Barrier::new(8));
        let heads: Vec<Option<Head>> = std::thread::scope(|scope| {
            let open = || {
                let store = store_in(&folders, NOW);
                barrier.wait();
                wait_for(store.head()).unwrap()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(heads.iter().all(|head| head.is_some_and(|head| head.number == 4)), "{heads:?}");
        assert_eq!(home.verify(None).unwrap().records, 4);
    }
}

#[test]
fn an_update_mends_nothing_that_somebody_changed() {
    for (change, fault) in [
        ("DROP TRIGGER record_stays", "the rule record_stays was removed"),
        ("DROP TRIGGER record_never_changes", "the rule record_never_changes was removed"),
        ("DROP INDEX record_user", "the rule record_user was removed"),
        ("CREATE TABLE more(one)", "the rule more was added"),
        ("CREATE TABLE used_verification(verification, number)", "the rule used_verification was changed"),
        ("DELETE FROM open_attempt", "the list of attempts without an end"),
    ] {
        let home = version_1();
        home.database().execute_batch(change).unwrap();
        for _ in 0..2 {
            let error = home.verify(None).unwrap_err();
            assert!(is_broken(&error) && error.message.contains(fault), "{change}: {error}");
        }
        assert_eq!(version(&home), 2);
    }
    let home = version_1();
    home.tamper("UPDATE record SET body = replace(body, 'C-1001', 'C-1009') WHERE number = 2");
    let error = home.verify(None).unwrap_err();
    assert!(is_broken(&error) && error.message.contains("record 2: its content does not match"), "{error}");
}

#[test]
fn a_ledger_of_no_version_that_there_was_is_refused_and_stays() {
    for number in [0, -1] {
        let home = version_1();
        let before = rows(&home);
        home.database().execute_batch(&format!("PRAGMA user_version = {number}")).unwrap();
        let error = wait_for(home.store().head()).unwrap_err();
        assert!(cannot_be_used(&error) && error.message.contains("it is a database, but no ledger"), "{error}");
        assert_eq!((rows(&home), version(&home)), (before, number));
    }
}

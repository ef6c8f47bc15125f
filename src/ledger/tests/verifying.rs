//! Any change to a chain is found, and the first broken record is named.

use proptest::prelude::*;

use super::double::Double;
use super::*;
use crate::ledger::Head;

/// A chain of two resets: six records.
fn chain() -> Home {
    let home = home();
    let mut ledger = home.ledger();
    reset(&mut ledger, "C-1001");
    reset(&mut ledger, "C-1002");
    drop(ledger);
    home
}

#[test]
fn a_chain_that_nobody_touched_is_whole_and_its_head_is_the_last_hash() {
    let home = chain();
    let verified = home.verify(None).unwrap();
    assert_eq!(verified.records, 6);
    let records = home.stored();
    assert_eq!(verified.head, Some(Head { number: 6, hash: records[5].hash }));
    assert_eq!(records[0].prev, Hash::BEFORE_THE_FIRST);
    for pair in records.windows(2) {
        assert_eq!(pair[1].prev, pair[0].hash);
    }
    for record in &records {
        assert_eq!(home.verify(Some(record.hash)).unwrap(), verified, "an earlier head is in the chain");
    }
}

#[test]
fn no_ledger_is_a_whole_chain_but_not_one_that_had_a_head() {
    let home = home();
    assert_eq!(home.verify(None).unwrap(), Verified { records: 0, head: None });
    let head = Hash::from_hex(&"ab".repeat(32)).unwrap();
    assert!(is_broken(&home.verify(Some(head)).unwrap_err()));
    assert!(is_broken(&home.verify(Some(Hash::BEFORE_THE_FIRST)).unwrap_err()));
}

#[test]
fn a_cut_off_end_is_found_by_the_head() {
    let home = chain();
    let head = home.verify(None).unwrap().head.unwrap().hash;
    home.tamper(
        "DELETE FROM record WHERE number = 6; INSERT INTO open_attempt SELECT attempt, 4 FROM record WHERE number = 4",
    );
    assert_eq!(home.verify(None).unwrap().records, 5, "without the head nothing tells");
    let error = home.verify(Some(head)).unwrap_err();
    assert!(is_broken(&error) && error.message.contains(&head.to_string()), "{error}");
}

#[test]
fn a_record_taken_out_doubled_or_moved_is_found() {
    let copy = "at, version, attempt, event, backend_id, user_id, customer, agent, action, run, line, changed, prev, \
                hash, body";
    let swap = "UPDATE record SET (prev, hash, body) = (SELECT prev, hash, body FROM kept WHERE kept.number = 9 - record.number)";
    let cases = [
        ("DELETE FROM record WHERE number = 3".to_owned(), "record 4: "),
        ("DELETE FROM record WHERE number = 1".to_owned(), "record 2: "),
        ("DELETE FROM record WHERE number <= 5".to_owned(), "record 6: "),
        (format!("INSERT INTO record(number, {copy}) SELECT 7, {copy} FROM record WHERE number = 1"), "record 7: "),
        (
            format!("CREATE TABLE kept AS SELECT * FROM record; {swap} WHERE number IN (4, 5); DROP TABLE kept"),
            "record 4: ",
        ),
        ("UPDATE record SET number = number + 1 WHERE number = 6".to_owned(), "record 7: "),
    ];
    chain().verify(None).unwrap();
    for (statements, named) in cases {
        let home = chain();
        home.tamper(&statements);
        let error = home.verify(None).unwrap_err();
        assert!(is_broken(&error) && error.message.contains(named), "{statements}: {error}");
    }
}

#[test]
fn a_record_that_is_being_written_is_not_called_broken() {
    let home = chain();
    let writer = home.database();
    writer.execute_batch("BEGIN IMMEDIATE; DROP TRIGGER record_is_next; DELETE FROM open_attempt").unwrap();
    writer
        .execute_batch("INSERT INTO record SELECT 7, at, version, 'aa', event, backend_id, user_id, customer, agent, action, run, line, changed, prev, hash, 'half' FROM record WHERE number = 6")
        .unwrap();
    assert_eq!(home.verify(None).unwrap().records, 6);
    writer.execute_batch("ROLLBACK").unwrap();
    assert_eq!(home.verify(None).unwrap().records, 6);
}

#[test]
fn records_that_are_removed_while_they_are_verified_are_not_called_missing() {
    let home = home();
    let mut ledger = home.ledger();
    for _ in 0..20 {
        reset(&mut ledger, "C-1001");
    }
    let double = Double::of(home.store());
    *double.prunes_after_a_page.borrow_mut() = Some(home.ledger());
    let verified = wait_for(verify(&double, None)).unwrap();
    assert_eq!((verified.records, verified.head.unwrap().number), (1, 61), "the record of the prune");
}

#[test]
fn a_hash_of_another_length_or_no_text_at_all_is_found() {
    for statement in [
        "UPDATE record SET hash = x'ab' WHERE number = 2",
        "UPDATE record SET prev = 'text' WHERE number = 2",
        "UPDATE record SET body = 7 WHERE number = 2",
    ] {
        let home = chain();
        home.tamper(statement);
        let error = home.verify(None).unwrap_err();
        assert!(error.message.contains("record 2"), "{statement}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_changed_byte_of_a_record_is_found_and_the_record_named(
        number in 1_i64..=6, column in 0_usize..3, place in any::<prop::sample::Index>(), other in 1_u8..
    ) {
        thread_local!(static CHAIN: (Home, Connection) = {
            let home = chain();
            let database = home.database();
            database.execute_batch("DROP TRIGGER record_never_changes").unwrap();
            (home, database)
        });
        CHAIN.with(|(home, database)| {
            let column = ["prev", "hash", "body"][column];
            let select = format!("SELECT CAST({column} AS BLOB) FROM record WHERE number = ?1");
            let before: Vec<u8> = database.query_row(&select, [number], |row| row.get(0)).unwrap();
            let mut after = before.clone();
            let place = place.index(after.len());
            after[place] ^= other;
            let update = format!("UPDATE record SET {column} = ?1 WHERE number = ?2");
            database.execute(&update, rusqlite::params![after, number]).unwrap();
            let error = home.verify(None).unwrap_err();
            database.execute(&update, rusqlite::params![before, number]).unwrap();
            prop_assert!(is_broken(&error));
            prop_assert!(error.message.contains(&format!("record {number}:")), "{column} {place}: {error}");
            Ok(())
        })?;
    }

    #[test]
    fn one_changed_byte_of_the_file_never_yields_another_chain(
        place in any::<prop::sample::Index>(), other in 1_u8..
    ) {
        thread_local!(static FILE: (Vec<u8>, Verified) = {
            let home = chain();
            let database = home.database();
            database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            drop(database);
            (std::fs::read(home.path()).unwrap(), home.verify(None).unwrap())
        });
        FILE.with(|(bytes, verified)| {
            let home = home();
            let mut bytes = bytes.clone();
            let place = place.index(bytes.len());
            bytes[place] ^= other;
            std::fs::write(home.path(), bytes).unwrap();
            match home.verify(None) {
                Ok(found) => prop_assert_eq!(&found, verified, "byte {}", place),
                Err(error) => prop_assert!(is_broken(&error) || cannot_be_used(&error), "byte {place}: {error}"),
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_people_write_into_a_case_breaks_no_chain(ticket in any::<String>(), reason in any::<String>()) {
        let home = home();
        let mut plan = plan("C-1001", Action::Set);
        plan.case = Case { ticket: Some(ticket.clone()), reason: Some(reason.clone()), verified: None };
        intend_plan(&mut home.ledger(), &session(), &plan, &not_asked(&plan)).unwrap();
        prop_assert_eq!(home.verify(None).unwrap().records, 1);
        let draft = home.records().remove(0).draft;
        let masked = crate::ledger::pseudonyms::mask_addresses;
        let Event::Intent { reason: kept, .. } = draft.event else { panic!("no intent") };
        prop_assert_eq!((draft.ticket.unwrap(), kept.unwrap()), (masked(&ticket).into_owned(), masked(&reason).into_owned()));
    }
}

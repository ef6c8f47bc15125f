//! Changes to the database that leave the chain whole, and what the database itself lets nobody do.

use super::*;

/// A whole reset, an attempt that is open, and a row of a bulk run: records 1 to 3, 4, 5 and 6.
fn ledger() -> Home {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    intend(&mut home.ledger(), "C-1002").unwrap();
    let mut row = home.ledger().of_row("r1", 7);
    let plan = plan("C-1003", Action::Set);
    let attempt = intend_plan(&mut row, &session(), &plan, &not_asked(&plan)).unwrap();
    end(&mut row, &attempt, SHOWN).unwrap();
    home
}

#[test]
fn a_change_beside_the_chain_is_found_and_named() {
    let filed = "is filed under what it does not say";
    let open = "the list of attempts without an end is not that of the records";
    let columns = [
        ("at = at + 1", 6),
        ("version = 1", 1),
        ("attempt = 'ff'", 3),
        ("event = 'delivery'", 2),
        ("backend_id = 'other'", 1),
        ("user_id = '2'", 1),
        ("user_id = NULL", 2),
        ("customer = 'C-9'", 1),
        ("agent = 'kim'", 1),
        ("action = 'withdraw'", 4),
        ("run = NULL", 5),
        ("line = 8", 5),
        ("changed = 'no'", 3),
        ("event = 'unreadable'", 1),
    ];
    let columns = columns.map(|(set, number)| {
        (format!("UPDATE record SET {set} WHERE number = {number}"), format!("record {number} {filed}"))
    });
    let others = [
        ("DELETE FROM open_attempt", open),
        ("UPDATE open_attempt SET number = 1", open),
        ("INSERT INTO open_attempt VALUES('ff', 1)", open),
        ("INSERT INTO open_attempt SELECT attempt, 1 FROM record WHERE number = 1", open),
        (
            "INSERT INTO checkpoint SELECT number, hash FROM record WHERE number = 3",
            "no record says who removed the records up to 3",
        ),
        ("DROP INDEX record_user", "the rule record_user was removed"),
        ("CREATE INDEX more ON record(at)", "the rule more was added"),
        ("CREATE TABLE more(one)", "the rule more was added"),
        ("DROP TABLE open_attempt; CREATE TABLE open_attempt(attempt, number)", "the rule open_attempt was changed"),
    ]
    .map(|(statement, fault)| (statement.to_owned(), fault.to_owned()));
    ledger().verify(None).unwrap();
    for (statements, fault) in columns.into_iter().chain(others) {
        let home = ledger();
        home.tamper(&statements);
        let error = home.verify(None).unwrap_err();
        assert!(is_broken(&error) && error.message.contains(&fault), "{statements}: {error}");
    }
}

#[test]
fn the_list_of_used_verifications_is_compared_with_the_intents() {
    let with_two_uses = || {
        let home = home();
        for (attempt, id) in [("aa01", "bb01"), ("aa02", "bb02")] {
            let Event::Intent { reason, verified, consent, unlock, stamp_before, lease, .. } = intent() else {
                panic!("no intent")
            };
            let (way, channel) = (crate::domain::VerificationWay::Code, crate::domain::Channel::Email);
            let used = crate::ledger::UsedVerification { id: id.to_owned(), way, channel, to: "a***".to_owned() };
            let verification = Some(used);
            let event = Event::Intent { reason, verified, consent, unlock, stamp_before, lease, verification };
            append(&home.store(), draft(attempt, event));
        }
        append(&home.store(), draft("aa03", intent()));
        home
    };
    let home = with_two_uses();
    home.verify(None).unwrap();
    let count: u64 = home.database().query_row("SELECT count(*) FROM used_verification", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 2);
    for statements in [
        "DELETE FROM used_verification WHERE verification = 'bb01'",
        "DELETE FROM used_verification",
        "INSERT INTO used_verification VALUES('bb03', 3)",
        "INSERT INTO used_verification VALUES('bb03', 1)",
        "UPDATE used_verification SET verification = 'bb03' WHERE verification = 'bb02'",
        "UPDATE used_verification SET number = 1 WHERE verification = 'bb02'",
    ] {
        let home = with_two_uses();
        home.database().execute_batch(statements).unwrap(); // no trigger refuses that
        let error = home.verify(None).unwrap_err();
        let fault = "the list of used verifications is not that of the records";
        assert!(is_broken(&error) && error.message.contains(fault), "{statements}: {error}");
    }
}

#[test]
fn a_trigger_that_was_dropped_added_or_changed_is_found() {
    for (statement, fault) in [
        ("DROP TRIGGER record_stays", "the rule record_stays was removed"),
        ("DROP TRIGGER attempt_ends", "the rule attempt_ends was removed"),
        ("CREATE TRIGGER quiet BEFORE INSERT ON record BEGIN SELECT raise(IGNORE); END", "the rule quiet was added"),
        (
            "DROP TRIGGER record_never_changes; CREATE TRIGGER record_never_changes BEFORE UPDATE ON record
             BEGIN SELECT 1; END",
            "the rule record_never_changes was changed",
        ),
    ] {
        let home = ledger();
        home.database().execute_batch(statement).unwrap();
        let error = home.verify(None).unwrap_err();
        assert!(is_broken(&error) && error.message.contains(fault), "{statement}: {error}");
    }
}

#[test]
fn records_before_a_forged_checkpoint_are_missed() {
    let home = ledger();
    let forge = "INSERT INTO checkpoint SELECT number, hash FROM record WHERE number = 3;
                 DELETE FROM record WHERE number <= 3";
    home.database().execute_batch(forge).unwrap(); // no trigger refuses that
    let error = home.verify(None).unwrap_err();
    assert!(is_broken(&error) && error.message.contains("no record says who removed"), "{error}");
}

#[test]
fn the_database_lets_nothing_but_the_next_record_in() {
    let home = ledger();
    let before = home.stored();
    let columns = "at, version, attempt, event, backend_id, user_id, customer, agent, action, run, line, changed";
    let next = |number: &str, columns_of: &str, prev: &str| {
        format!(
            "INSERT INTO record(number, {columns}, prev, hash, body)
             SELECT {number}, {columns_of}, {prev}, hash, body FROM record WHERE number = 6"
        )
    };
    let head = "hash";
    let statements = [
        "UPDATE record SET agent = 'kim' WHERE number = 6".to_owned(),
        "DELETE FROM record WHERE number = 6".to_owned(),
        "DELETE FROM record WHERE number = 1".to_owned(),
        "INSERT OR REPLACE INTO record SELECT * FROM record WHERE number = 6".to_owned(),
        next("8", &columns.replace("attempt", "'ff'"), head),
        next("0", &columns.replace("attempt", "'ff'"), head),
        next("7", &columns.replace("attempt", "'ff'"), "prev"),
        next("7", &columns.replace("at,", "at - 1,").replace("attempt", "'ff'"), head),
        next("7", columns, head),
        "INSERT INTO checkpoint VALUES(9, zeroblob(32))".to_owned(),
        "INSERT INTO checkpoint VALUES(3, zeroblob(32))".to_owned(),
    ];
    for statement in statements {
        let refused = home.database().execute_batch(&statement);
        assert!(refused.is_err(), "{statement}");
    }
    assert_eq!(home.stored(), before);
    home.verify(None).unwrap();
    home.database().execute_batch(&next("7", &columns.replace("attempt", "'ff'"), head)).unwrap(); // the control
    assert_eq!(home.stored().len(), 7);
}

#[test]
fn a_checkpoint_stays_as_it_is() {
    let home = ledger();
    wait_for(home.ledger().prune(time("2026-03-02T00:00:00Z"))).unwrap().unwrap();
    for statement in ["UPDATE checkpoint SET hash = zeroblob(32)", "DELETE FROM checkpoint"] {
        assert!(home.database().execute_batch(statement).is_err(), "{statement}");
    }
    home.verify(None).unwrap();
}

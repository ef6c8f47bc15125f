//! A ledger that the version before made, opened by many processes at once.

use std::process::Child;

use super::fixture::{fold, home_with_resets, open, run, verify_finds};
use crate::support::{CommandOutput, PRACTICE, TestEnvironment};

/// Takes from the ledger what schema version 2 added, as if version 1 had made it.
fn version_1() -> TestEnvironment {
    let env = home_with_resets(&["C-1001", "C-1004"]);
    let version_1 = "DROP TRIGGER verification_is_used; DROP TRIGGER use_goes_with_its_record;
                     DROP TABLE used_verification; DROP TABLE outbox; DROP INDEX IF EXISTS record_notice_failed; PRAGMA user_version = 1";
    open(&env).execute_batch(version_1).unwrap();
    fold(&env);
    env
}

#[test]
fn processes_that_open_a_ledger_of_version_1_at_once_all_find_it_whole() {
    let env = version_1();
    let count = |query: &str| open(&env).query_row(query, [], |row| row.get::<_, u64>(0)).unwrap();
    let records = count("SELECT count(*) FROM record");
    let export = |env: &TestEnvironment| run(env, &["audit", "export"]).must(0).stdout;
    let verify = ["audit", "verify", "-o", "json"];
    let children: Vec<Child> =
        (0..8).map(|_| env.command(&[&PRACTICE[..], &verify].concat()).spawn().unwrap()).collect();
    for child in children {
        let output: CommandOutput = child.wait_with_output().unwrap().into();
        assert_eq!(output.must(0).json()["records"], records);
    }
    assert_eq!(count("PRAGMA user_version"), 2);
    let before = export(&env);
    env.issue("C-1005");
    assert!(export(&env).starts_with(&before), "records and hashes stay");
    run(&env, &["audit", "verify"]).must(0);
    run(&env, &["ledger", "status"]).must(0);
}

#[test]
fn what_somebody_changed_in_it_is_found_after_the_update() {
    let env = version_1();
    open(&env).execute_batch("DROP TRIGGER record_stays").unwrap();
    verify_finds(&env, "the rule record_stays was removed");
    verify_finds(&env, "the rule record_stays was removed");
}

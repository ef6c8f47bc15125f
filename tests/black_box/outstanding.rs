//! The ledger's list of what was issued and is outstanding: how records put a user in and take one out.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use tellonce::ledger::{Append, Draft, Event, RecordStore, SqliteFiles, SqliteStore, StoredRecord, Writer};

use crate::support::conformance::wait_for;

const BACKEND: &str = "ldap:one";

fn store(folder: &Path) -> SqliteStore {
    let file = |name: &str| folder.join(name);
    let files = SqliteFiles { ledger: file("ledger.db"), leases: file("leases"), audit_log: file("audit.jsonl") };
    let writer = Writer { machine: None, uid: None, user: None };
    SqliteStore::new(files, writer, Arc::new(Timestamp::now))
}

/// A record of an attempt on this user.
fn draft(attempt: &str, action: &str, user: Option<&str>, event: &Value) -> Draft {
    let event: Event = serde_json::from_value(event.clone()).unwrap();
    let (user, action) = (user.map(str::to_owned), Some(action.to_owned()));
    let text = |text: &str| text.to_owned();
    Draft {
        attempt: text(attempt),
        event,
        agent: text("sam"),
        profile: text("acme"),
        backend: text("openldap"),
        backend_id: Some(text(BACKEND)),
        customer: Some(text("C-1")),
        user,
        username: None,
        action,
        ticket: None,
        run: None,
        row: None,
    }
}

fn intent() -> Value {
    json!({"event": "intent", "consent": "flag", "unlock": false, "reason": null, "verified": null, "stamp_before": null, "lease": null})
}

fn set() -> Value {
    json!({"event": "set", "stamp": null, "proved": null, "proof_reason": null, "sessions_left": null})
}

fn ended(event: &str, changed: &str) -> Value {
    json!({"event": event, "failure": "mark_failed", "changed": changed, "stamp": null})
}

fn withdrawn() -> Value {
    json!({"event": "withdrawn", "sessions_left": null})
}

fn settled(outcome: &str) -> Value {
    json!({"event": "settled", "outcome": outcome})
}

/// Appends records of attempt, action and event about the user u1, one by one.
fn append(store: &SqliteStore, records: &[(&str, &str, Value)]) {
    for (attempt, action, event) in records {
        let append = Append::from(draft(attempt, action, Some("u1"), event));
        wait_for(store.append(vec![append])).unwrap();
    }
}

fn issued(store: &SqliteStore, after: u64, most: usize) -> Vec<StoredRecord> {
    wait_for(store.issued(&[BACKEND.to_owned()], after, most)).unwrap()
}

/// The event and the attempt of each record that issued what is outstanding.
fn outstanding(store: &SqliteStore) -> Vec<(String, String)> {
    assert_eq!(wait_for(store.faults()).unwrap(), Vec::<String>::new());
    let records = issued(store, 0, 100).into_iter().map(|record| record.record().unwrap().draft);
    records.map(|draft| (draft.event.name().to_owned(), draft.attempt)).collect()
}

#[test]
fn records_put_a_user_in_and_take_one_out() {
    let record = |attempt: &'static str, action: &'static str, event: Value| (attempt, action, event);
    let reset = |attempt| [record(attempt, "set", intent()), record(attempt, "set", set())];
    let withdrawal = |end: Value| [record("w", "withdraw", intent()), record("w", "withdraw", end)];
    let in_between =
        [&[record("w", "withdraw", intent())][..], &reset("b"), &[record("w", "withdraw", withdrawn())]].concat();
    for (what, records, wanted) in [
        ("an intent issues nothing", vec![record("a", "set", intent())], None),
        ("a set", reset("a").to_vec(), Some(("set", "a"))),
        ("a later set", [reset("a"), reset("b")].concat(), Some(("set", "b"))),
        (
            "a failure that changed nothing",
            vec![record("a", "set", intent()), record("a", "set", ended("failed", "no"))],
            None,
        ),
        (
            "a failure that changed the user",
            vec![record("a", "create_and_set", intent()), record("a", "create_and_set", ended("failed", "yes"))],
            Some(("failed", "a")),
        ),
        (
            "what a later command found out",
            vec![record("a", "set", intent()), record("a", "set", ended("recovered", "yes"))],
            Some(("recovered", "a")),
        ),
        (
            "a set that was cut short afterwards",
            [&reset("a")[..], &[record("a", "set", ended("recovered", "yes"))]].concat(),
            Some(("set", "a")),
        ),
        ("an unlock", [record("u", "unlock", intent()), record("u", "unlock", ended("failed", "yes"))].to_vec(), None),
        ("a withdrawal", [reset("a"), withdrawal(withdrawn())].concat(), None),
        ("a withdrawal that failed late", [reset("a"), withdrawal(ended("failed", "yes"))].concat(), None),
        ("one that changed nothing", [reset("a"), withdrawal(ended("failed", "no"))].concat(), Some(("set", "a"))),
        ("a set during the withdrawal", [&reset("a")[..], &in_between].concat(), Some(("set", "b"))),
        ("a settlement", [&reset("a")[..], &[record("a", "set", settled("finished"))]].concat(), None),
        (
            "a settlement of an earlier one",
            [&reset("a")[..], &reset("b"), &[record("a", "set", settled("not_found"))]].concat(),
            Some(("set", "b")),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        append(&store, &records);
        let wanted = wanted.map(|(event, attempt)| (event.to_owned(), attempt.to_owned()));
        assert_eq!(outstanding(&store), Vec::from_iter(wanted), "{what}");
    }
}

#[test]
fn users_and_backends_are_apart_and_pages_go_on_after_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for user in 0..7 {
        let (attempt, user) = (format!("a{user}"), format!("u{user}"));
        let append = Append::from(draft(&attempt, "set", Some(&user), &set()));
        wait_for(store.append(vec![append])).unwrap();
    }
    let elsewhere = Draft { backend_id: Some("ldap:two".to_owned()), ..draft("b", "set", Some("u1"), &set()) };
    let nobody = draft("c", "create_and_set", None, &set());
    wait_for(store.append(vec![elsewhere.into(), nobody.into()])).unwrap();
    let numbers = |after, most| issued(&store, after, most).iter().map(|record| record.number).collect::<Vec<_>>();
    assert_eq!((numbers(0, 3), numbers(3, 3), numbers(6, 3)), (vec![1, 2, 3], vec![4, 5, 6], vec![7]));
    let both = [BACKEND.to_owned(), "ldap:two".to_owned()];
    assert_eq!(wait_for(store.issued(&both, 0, 100)).unwrap().len(), 8);
    assert_eq!(outstanding(&store).len(), 7);
}

#[test]
fn an_issue_goes_with_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    append(
        &store,
        &[("a", "set", intent()), ("a", "set", set()), ("a", "set", json!({"event": "delivery", "delivery": "shown"}))],
    );
    let pruned = json!({"event": "pruned", "through": 0, "head": "", "removed": 0});
    let later = Timestamp::now() + jiff::SignedDuration::from_secs(1);
    wait_for(store.prune(later, draft("p", "prune", None, &pruned))).unwrap().unwrap();
    assert_eq!(outstanding(&store), []);
}

#[test]
fn a_list_that_is_not_that_of_the_records_is_a_fault() {
    for tampering in [
        "DELETE FROM issued",
        "UPDATE issued SET number = 1",
        "INSERT INTO issued VALUES('ldap:one', 'u2', 2)",
        "UPDATE issued SET user_id = 'u2'",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        append(&store, &[("a", "set", intent()), ("a", "set", set())]);
        rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap().execute_batch(tampering).unwrap();
        let faults = wait_for(store.faults()).unwrap();
        assert_eq!(faults, ["the list of outstanding passwords is not that of the records"], "{tampering}");
    }
}

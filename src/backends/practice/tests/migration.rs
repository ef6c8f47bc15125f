//! A directory of an earlier version.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::{Directory, SetClock, customer, directory, wait_for};
use crate::backends::practice::{INITIAL_PASSWORD, Practice, SignIn};
use crate::domain::{Kind, Reason};

/// Takes a directory back to version 1.
const TO_VERSION_1: &str = "
DROP TABLE contact;
DROP INDEX mail_message;
ALTER TABLE mail DROP COLUMN channel;
ALTER TABLE mail DROP COLUMN kind;
ALTER TABLE mail DROP COLUMN message_id;
ALTER TABLE customer DROP COLUMN language;
DELETE FROM setting WHERE name = 'contacts_since';
PRAGMA user_version = 1;";

fn of_version_1() -> Directory {
    let directory = directory();
    directory.practice.forgot_password("ada@example.com").unwrap();
    Connection::open(directory.path()).unwrap().execute_batch(TO_VERSION_1).unwrap();
    directory
}

fn open(path: &Path) -> crate::domain::Result<Practice> {
    Practice::open(path, Duration::from_secs(5), Arc::<SetClock>::default())
}

fn version(path: &Path) -> i64 {
    Connection::open(path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

#[test]
fn one_of_version_1_is_brought_to_this_version_and_keeps_what_it_has() {
    let directory = of_version_1();
    let practice = open(&directory.path()).unwrap();
    assert_eq!(version(&directory.path()), 2);
    assert!(matches!(practice.sign_in("ada.lovelace", INITIAL_PASSWORD).unwrap(), SignIn::SignedIn(_)));
    let mails = practice.outbox().unwrap();
    assert_eq!((mails.len(), mails[0].kind.as_str(), mails[0].to.as_str()), (1, "self_service", "ada@example.com"));
    let directory = Directory { practice, ..directory };
    let session = directory.agent("sam");
    let found = wait_for(session.backend().user_snapshot(&customer(&session, "C-1033"))).unwrap().contacts;
    assert_eq!((found.on_file.len(), found.replaced.len()), (2, 0), "a sample is not made again");
    assert_eq!(found.on_file[0].changed, crate::domain::ContactChanged::At("2026-01-15T08:00:00Z".parse().unwrap()));
    open(&directory.path()).unwrap();
}

#[test]
fn many_commands_at_once_bring_it_forward_once() {
    let directory = of_version_1();
    let path = directory.path();
    let start = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        let openers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    open(&path).map(|practice| practice.customers(1).unwrap().total)
                })
            })
            .collect();
        for opener in openers {
            assert_eq!(opener.join().unwrap().unwrap(), 40);
        }
    });
}

#[test]
fn one_that_cannot_be_brought_forward_stays_as_it_was() {
    let directory = of_version_1();
    let path = directory.path();
    // The last step fails: the others are taken back.
    Connection::open(&path).unwrap().execute_batch("DROP TABLE setting;").unwrap();
    let error = open(&path).err().unwrap();
    assert_eq!((error.kind, error.reason), (Kind::Usage, Reason::DirectoryDamaged), "{error}");
    assert!(error.message.contains("practice.db"), "{error}");
    assert_eq!(version(&path), 1);
    let tables = "SELECT count(*) FROM sqlite_master WHERE name = 'contact'";
    let count: i64 = Connection::open(&path).unwrap().query_row(tables, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 0);
}

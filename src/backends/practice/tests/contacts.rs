//! What is on file for a customer, and when it changed.

use super::{Directory, customer, directory, wait_for};
use crate::domain::{Channel, Contact, ContactChanged, Contacts, Kind, Reason};

const DAY: i64 = 24 * 60 * 60;
/// The time of the tests' clock, and that of the sample addresses, in seconds since 1970.
const NOW: i64 = 1_800_000_000;
const LONG_AGO: i64 = NOW - 365 * DAY;

fn contacts(directory: &Directory, id: &str) -> Contacts {
    let session = directory.agent("sam");
    wait_for(session.backend().user_snapshot(&customer(&session, id))).unwrap().contacts
}

fn contact(channel: Channel, address: &str, changed: i64) -> Contact {
    let changed = ContactChanged::At(jiff::Timestamp::from_second(changed).unwrap());
    Contact { changed, ..Contact::new(channel, address) }
}

#[test]
fn a_sample_has_an_address_and_a_number_of_long_ago() {
    let found = contacts(&directory(), "C-1001");
    let expected =
        [contact(Channel::Email, "ada@example.com", LONG_AGO), contact(Channel::Phone, "+44 20 7946 0001", LONG_AGO)];
    assert_eq!(found, Contacts { on_file: expected.to_vec(), ..Contacts::default() });
    let without_user = contacts(&directory(), "C-1002");
    assert_eq!(without_user.on_file.len(), 2);
}

#[test]
fn gladys_has_two_of_each_and_joan_has_none() {
    let directory = directory();
    let found = contacts(&directory, "C-1037");
    let addresses: Vec<&str> = found.on_file.iter().map(|contact| contact.address.as_str()).collect();
    assert_eq!(addresses, ["gladys@example.com", "+44 20 7946 0037", "gladys.west@example.org", "+44 20 7946 0937"]);
    assert_eq!(contacts(&directory, "C-1038"), Contacts::default());
    assert_eq!(contacts(&directory, "C-1025").language.unwrap().as_str(), "de");
}

#[test]
fn an_address_that_was_changed_yesterday_says_so_and_the_one_before_is_kept_for_a_while() {
    let directory = directory();
    let found = contacts(&directory, "C-1033");
    assert_eq!(found.on_file[0], contact(Channel::Email, "tony@example.com", NOW - DAY));
    assert_eq!(found.on_file[1], contact(Channel::Phone, "+44 20 7946 0033", LONG_AGO));
    let replaced = [contact(Channel::Email, "hoare@example.org", NOW - DAY)];
    assert_eq!(found.replaced, replaced);
    directory.clock.move_by(29 * DAY);
    assert_eq!(contacts(&directory, "C-1033").replaced, replaced);
    directory.clock.move_by(1);
    assert_eq!(contacts(&directory, "C-1033").replaced, []);
}

#[test]
fn a_channel_that_is_neither_mail_nor_telephone_is_damage_and_not_read_as_mail() {
    let directory = directory();
    let connection = directory.practice.connection();
    connection.execute("UPDATE contact SET channel = 'fax' WHERE address = 'hoare@example.org'", []).unwrap();
    drop(connection);
    let session = directory.agent("sam");
    let error = wait_for(session.backend().user_snapshot(&customer(&session, "C-1033"))).unwrap_err();
    assert_eq!((error.kind, error.reason), (Kind::Usage, Reason::DirectoryDamaged), "{error}");
    assert!(error.message.contains("neither phone nor email") && error.hint.is_some(), "{error}");
    assert!(!contacts(&directory, "C-1001").on_file.is_empty(), "another customer's rows are whole");
}

#[test]
fn every_number_is_one_that_is_kept_free_for_drama() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("practice.db");
    crate::backends::practice::Practice::start_over(&path, Some(2_500), &mut |_| {}).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM customer WHERE phone GLOB '+44 20 7946 0[0-9][0-9][0-9]'"), 2_499);
    assert_eq!(
        count(
            "SELECT count(*) FROM contact WHERE channel = 'phone' AND address NOT GLOB '+44 20 7946 0[0-9][0-9][0-9]'"
        ),
        0
    );
}

#[test]
fn the_address_of_a_new_customer_is_a_fresh_one() {
    let directory = directory();
    let session = directory.agent("sam");
    let particulars = crate::domain::Particulars {
        email: "ann@example.com".to_owned(),
        first_name: "Ann".to_owned(),
        last_name: "New".to_owned(),
    };
    let new = wait_for(session.directory().draft(&particulars)).unwrap();
    let before = wait_for(session.backend().user_snapshot(&new)).unwrap();
    assert_eq!(before.contacts, Contacts::default(), "the directory does not have it yet");
    directory.issue_to(&session, &before.target).unwrap();
    let found = contacts(&directory, new.id.as_str());
    assert_eq!(found.on_file, [contact(Channel::Email, "ann@example.com", NOW)]);
}

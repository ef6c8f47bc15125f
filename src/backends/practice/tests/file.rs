//! The file: made at once and whole, private, and told when it cannot be used.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::{SetClock, directory};
use crate::backends::practice::{INITIAL_PASSWORD, Practice, SignIn};
use crate::domain::{Kind, Reason, Result};

fn open(path: &Path) -> Result<Practice> {
    Practice::open(path, Duration::from_mins(1), Arc::<SetClock>::default())
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn file_and_folder_are_their_owners_alone_and_nothing_else_is_left() {
    let directory = directory();
    assert_eq!(mode(&directory.path()), 0o600);
    assert_eq!(mode(directory.path().parent().unwrap()), 0o700);
    let left: Vec<_> = std::fs::read_dir(directory.path().parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn the_forty_samples_are_there_and_the_same_each_time() {
    let (one, other) = (directory().practice.customers(100).unwrap(), directory().practice.customers(100).unwrap());
    assert_eq!((one.total, one.rows.len()), (40, 40));
    for ((left, left_state), (right, right_state)) in one.rows.iter().zip(&other.rows) {
        assert_eq!((left, left_state), (right, right_state));
    }
}

#[test]
fn many_first_commands_at_once_all_work_on_one_directory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("practice.db");
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
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "what was built in vain is gone");
}

#[test]
fn what_is_no_directory_is_reported_with_its_name_and_start_over_replaces_it() {
    let directory = directory();
    let path = directory.folder.path().join("practice.db");
    let foreign = || {
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE notes(text TEXT);").unwrap();
    };
    let newer = || {
        std::fs::copy(directory.path(), &path).unwrap();
        Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99;").unwrap();
    };
    let cases: [(&str, &dyn Fn(), Reason); 4] = [
        ("text", &|| std::fs::write(&path, "these are not the tables ".repeat(50)).unwrap(), Reason::DirectoryDamaged),
        ("nothing", &|| std::fs::write(&path, "").unwrap(), Reason::DirectoryDamaged),
        ("foreign", &foreign, Reason::DirectoryDamaged),
        ("newer", &newer, Reason::DirectoryNewer),
    ];
    for (case, make, reason) in cases {
        let _ = std::fs::remove_file(&path);
        make();
        let before = std::fs::read(&path).unwrap();
        let told = open(&path).err().unwrap();
        assert_eq!((told.kind, told.reason), (Kind::Usage, reason), "{case}: {told}");
        assert!(told.message.contains(&path.display().to_string()), "{case}: {told}");
        assert!(told.hint.unwrap().contains("tellonce practice start-over"), "{case}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{case}: left as it was");
        assert_eq!(Practice::start_over(&path, None, &mut |_| {}).unwrap(), 40, "{case}");
        assert_eq!(open(&path).unwrap().customers(1).unwrap().total, 40, "{case}");
        assert_eq!(mode(&path), 0o600, "{case}");
    }
}

#[test]
fn damage_found_in_the_middle_of_the_work_names_the_file_too() {
    let directory = directory();
    let path = directory.folder.path().join("damaged.db");
    let mut bytes = std::fs::read(directory.path()).unwrap();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    bytes[page..].fill(0xAA); // the first page has the header and the list of tables
    std::fs::write(&path, bytes).unwrap();
    let told = open(&path).and_then(|practice| practice.customers(1).map(|page| page.total)).err().unwrap();
    assert_eq!((told.kind, told.reason), (Kind::Usage, Reason::DirectoryDamaged), "{told}");
    assert!(told.message.contains("damaged.db"), "{told}");
    assert!(told.hint.unwrap().contains("tellonce practice start-over"));
}

#[test]
fn damage_of_one_table_is_found_at_the_opening_and_without_that_where_it_is_met() {
    let directory = directory();
    let path = directory.folder.path().join("damaged.db");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'mail'";
    let root: usize = directory.practice.connection().query_row(root, [], |row| row.get(0)).unwrap();
    let mut bytes = std::fs::read(directory.path()).unwrap();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    bytes[(root - 1) * page..root * page].fill(0xAA);
    std::fs::write(&path, bytes).unwrap();
    let error = open(&path).err().unwrap();
    assert_eq!((error.kind, error.reason), (Kind::Usage, Reason::DirectoryDamaged), "{error}");
    let clock = Arc::<SetClock>::default();
    let unchecked = Practice::open_unchecked(&path, Duration::from_mins(1), clock).unwrap();
    let error = unchecked.outbox().err().unwrap();
    assert_eq!((error.kind, error.reason), (Kind::Usage, Reason::DirectoryDamaged), "{error}");
}

#[test]
fn a_directory_without_its_tables_is_damaged() {
    let directory = directory();
    directory.practice.connection().execute_batch("DROP TABLE mail;").unwrap();
    let told = directory.practice.outbox().err().unwrap();
    assert_eq!((told.kind, told.reason), (Kind::Usage, Reason::DirectoryDamaged), "{told}");
}

#[test]
fn where_nothing_can_be_written_it_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let told = open(&file.join("practice.db")).err().unwrap();
    assert_eq!(told.kind, Kind::Unavailable, "{told}");
    assert!(told.message.contains("practice.db"), "{told}");
    let told = Practice::start_over(&file.join("practice.db"), None, &mut |_| {}).err().unwrap();
    assert_eq!(told.kind, Kind::Unavailable, "{told}");
}

#[test]
fn as_many_customers_as_asked_the_samples_first_and_progress_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("practice.db");
    let mut told = Vec::new();
    assert_eq!(Practice::start_over(&path, Some(60_000), &mut |made| told.push(made)).unwrap(), 60_000);
    assert_eq!(told, [50_000]);
    let practice = open(&path).unwrap();
    let page = practice.customers(41).unwrap();
    assert_eq!(page.total, 60_000);
    assert_eq!(page.rows[0].0.name, "Ada Lovelace");
    assert_eq!(page.rows[40].0.id.as_str(), "C-1041");
    let username = page.rows.iter().rev().find_map(|(customer, _)| customer.username.clone()).unwrap();
    assert!(matches!(practice.sign_in(&username, INITIAL_PASSWORD).unwrap(), SignIn::SignedIn(_)));
}

#[test]
fn a_number_of_customers_out_of_range_changes_nothing() {
    let directory = directory();
    let before = std::fs::read(directory.path()).unwrap();
    for customers in [0, 1_000_001, u64::MAX] {
        let told = Practice::start_over(&directory.path(), Some(customers), &mut |_| {}).err().unwrap();
        assert_eq!(told.kind, Kind::Usage, "{customers}");
        assert!(told.message.contains("1000000"), "{told}");
    }
    assert_eq!(std::fs::read(directory.path()).unwrap(), before);
}

#[test]
fn no_password_is_in_the_file() {
    let directory = directory();
    let session = directory.agent("sam");
    let first = directory.issue(&session, "C-1001");
    let second = directory.issue(&session, "C-1001");
    let bytes = std::fs::read(directory.path()).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("Lovelace"), "a control: what is in it is found");
    for secret in [first.as_str(), second.as_str(), INITIAL_PASSWORD] {
        assert!(!holds(secret));
    }
}

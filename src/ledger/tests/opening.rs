//! Files that are no ledger, or that somebody else could change, are refused, and stay as they are.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

/// Asserts that reading, appending and trying all fail with this message.
fn is_refused(home: &Home, message: &str) -> Error {
    let read = wait_for(home.store().head()).unwrap_err();
    let appended = intend(&mut home.ledger(), "C-1001").unwrap_err();
    let tried = wait_for(home.ledger().try_to_append()).unwrap_err();
    for error in [&read, &appended, &tried] {
        assert!(cannot_be_used(error) && error.message.contains(message), "{error}");
    }
    read
}

fn set_mode(path: PathBuf, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A ledger of one reset, all of it in one file.
fn in_one_file() -> Home {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    home.database().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    home
}

#[test]
fn a_file_that_is_no_database_is_refused_and_stays() {
    let home = home();
    let text = "not a database ".repeat(100);
    std::fs::write(home.path(), &text).unwrap();
    let error = is_refused(&home, "it is damaged, or no ledger");
    assert!(error.hint.unwrap().contains("Move it aside"));
    assert_eq!(std::fs::read_to_string(home.path()).unwrap(), text);
}

#[test]
fn a_database_that_is_no_ledger_is_refused_and_stays() {
    let home = home();
    home.database().execute_batch("CREATE TABLE other(one); INSERT INTO other VALUES(7)").unwrap();
    is_refused(&home, "it is a database, but no ledger");
    let kept: i64 = home.database().query_row("SELECT one FROM other", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 7);
}

#[test]
fn a_ledger_of_a_newer_version_is_refused_with_what_to_do() {
    let home = in_one_file();
    home.database().execute_batch("PRAGMA user_version = 3").unwrap();
    let error = is_refused(&home, "a newer version of tellonce made it");
    assert!(error.hint.unwrap().contains("Update tellonce"));
}

#[test]
fn a_ledger_that_is_damaged_is_refused_or_found_by_verify() {
    let home = in_one_file();
    let mut bytes = std::fs::read(home.path()).unwrap();
    let page = 4096;
    for place in (page..bytes.len()).step_by(page) {
        bytes[place..place + 64].fill(0xa5);
    }
    std::fs::write(home.path(), bytes).unwrap();
    let error = home.verify(None).unwrap_err();
    assert!(cannot_be_used(&error) && error.message.contains("damaged"), "{error}");
    assert!(cannot_be_used(&intend(&mut home.ledger(), "C-1002").unwrap_err()));
}

#[test]
fn a_ledger_that_was_cut_off_is_refused_or_found_by_verify() {
    let home = in_one_file();
    let bytes = std::fs::read(home.path()).unwrap();
    std::fs::write(home.path(), &bytes[..bytes.len() / 2]).unwrap();
    assert!(home.verify(None).is_err());
}

#[test]
fn an_empty_file_becomes_a_ledger() {
    let home = home();
    std::fs::write(home.path(), "").unwrap();
    reset(&mut home.ledger(), "C-1001");
    assert_eq!(home.verify(None).unwrap().records, 3);
}

#[test]
fn a_link_is_refused_wherever_it_points() {
    for target in ["elsewhere.db", "missing.db", "/dev/full"] {
        let home = in_one_file();
        let elsewhere = home.folder.path().join("elsewhere.db");
        std::fs::rename(home.path(), &elsewhere).unwrap();
        symlink(home.folder.path().join(target), home.path()).unwrap();
        is_refused(&home, "is a symbolic link");
        assert!(!home.folder.path().join("missing.db").exists());
    }
    for beside in ["ledger.db-wal", "ledger.db-shm"] {
        let home = in_one_file();
        let beside = home.folder.path().join(beside);
        let _ = std::fs::remove_file(&beside);
        symlink(home.folder.path().join("elsewhere"), &beside).unwrap();
        is_refused(&home, "is a symbolic link");
    }
}

#[test]
fn a_folder_behind_a_link_is_the_owners_choice() {
    let home = home();
    let (folder, link) = (home.folder.path().join("folder"), home.folder.path().join("link"));
    std::fs::create_dir(&folder).unwrap();
    set_mode(folder.clone(), 0o700);
    symlink(&folder, &link).unwrap();
    let below = Folders::all_in(&link.join("below"));
    reset(&mut ledger_in(&below, &AuditSettings::default(), NOW), "C-1001");
    assert!(folder.join("below/ledger.db").exists());
}

#[test]
fn a_folder_in_place_of_the_file_is_refused() {
    let home = home();
    std::fs::create_dir(home.path()).unwrap();
    is_refused(&home, "is no regular file");
}

#[test]
fn a_ledger_that_others_can_write_is_refused_with_the_command_that_mends_it() {
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", ""] {
        let home = home();
        reset(&mut home.ledger(), "C-1001");
        let path = if name.is_empty() { home.folder.path().to_owned() } else { home.folder.path().join(name) };
        set_mode(path.clone(), if name.is_empty() { 0o777 } else { 0o666 });
        let error = is_refused(&home, "others can write it");
        assert_eq!(error.hint.unwrap(), format!("chmod go-w {}", path.display()));
        set_mode(path, 0o700);
        assert_eq!(home.records().len(), 3);
    }
}

#[test]
fn trying_a_ledger_writes_nothing_whether_it_is_there_or_not() {
    let home = home();
    wait_for(home.ledger().try_to_append()).unwrap();
    assert!(Home::names_in(home.folder.path().to_owned()).is_empty());
    reset(&mut home.ledger(), "C-1001");
    wait_for(home.ledger().try_to_append()).unwrap();
    assert_eq!(home.stored().len(), 3);
}

#[test]
fn sqlite_is_built_without_what_nothing_uses() {
    let home = in_one_file();
    let database = home.database();
    let mut options = database.prepare("PRAGMA compile_options").unwrap();
    let options: Vec<String> = options.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for set in ["OMIT_LOAD_EXTENSION", "DEFAULT_MEMSTATUS=0"] {
        assert!(options.iter().any(|option| option == set), "{set} is missing: {options:?}");
    }
    let unused = ["ENABLE_LOAD_EXTENSION", "ENABLE_FTS3", "ENABLE_RTREE", "ENABLE_DBSTAT_VTAB", "ENABLE_STAT4"];
    for unused in unused {
        assert!(!options.iter().any(|option| option.starts_with(unused)), "{unused} is there: {options:?}");
    }
}

//! A run's files: what is not this agent's, or not what the run began with, is refused, and nothing of it is touched.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use age::x25519::Identity;
use serde_json::Value;

use super::fixture::Fixture;

const NOTES: &str = "{\"mine\": true} and no line end";

/// A run of six rows that stopped after two, and its id.
fn stopped() -> (Fixture, String) {
    let fixture = Fixture::new(60);
    fixture.input(6);
    fixture.sealed("out.jsonl", 6, &["--limit", "2"]).must(0);
    let run = fixture.run_id();
    (fixture, run)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Resumes with these words in the message, and without a row in the output or a record of an attempt.
#[track_caller]
fn is_refused(fixture: &Fixture, run: &str, code: i32, words: &str) {
    let before = (fixture.env.records().len(), fixture.rows("out.jsonl").len());
    fixture.bulk(&["--resume", run, "--yes"]).must_say(code, words);
    assert_eq!((fixture.env.records().len(), fixture.rows("out.jsonl").len()), before);
}

/// Edits the settings in the journal of a run, as its owner could.
fn edit(fixture: &Fixture, run: &str, edit: impl FnOnce(&mut Value)) -> String {
    let journal = rusqlite::Connection::open(fixture.path(&format!("bulk/{run}/journal.db"))).unwrap();
    let select = "SELECT value FROM run WHERE name = 'settings'";
    let before: String = journal.query_row(select, [], |row| row.get(0)).unwrap();
    let mut settings: Value = serde_json::from_str(&before).unwrap();
    edit(&mut settings);
    journal.execute("UPDATE run SET value = ?1 WHERE name = 'settings'", [settings.to_string()]).unwrap();
    before
}

#[test]
fn a_script_says_yes_to_going_on_and_is_told_with_what() {
    let (fixture, run) = stopped();
    fixture.bulk(&["--resume", &run]).must_say(2, "add `--yes`");
    assert_eq!(fixture.rows("out.jsonl").len(), 2);
    let resumed = fixture.bulk(&["--resume", &run, "--yes"]).must(0);
    let out = fixture.path("out.jsonl").display().to_string();
    for words in ["by sam, on practice", "4 of 6 rows", &out, &fixture.public()] {
        assert!(resumed.stderr.contains(words), "{words}: {resumed:?}");
    }
    assert_eq!(fixture.rows("out.jsonl").len(), 4, "--limit holds for each sitting");
}

#[test]
fn an_edited_journal_is_refused() {
    let (fixture, run) = stopped();
    fixture.env.write("notes", NOTES);
    let stranger = Identity::generate().to_public().to_string();
    let notes = fixture.path("notes").display().to_string();
    let edits: [&dyn Fn(&mut Value); 5] = [
        &|settings| settings["recipients"] = serde_json::json!([stranger]),
        &|settings| settings["delivery"]["sealed"] = notes.clone().into(),
        &|settings| {
            settings["delivery"]["sealed"] = notes.clone().into();
            let found = std::fs::metadata(&notes).unwrap();
            settings["output_file"] = std::os::unix::fs::MetadataExt::ino(&found).into();
        },
        &|settings| {
            settings["spooled"] = true.into();
            settings["input"] = notes.clone().into();
        },
        &|settings| settings["create"] = true.into(),
    ];
    for change in edits {
        let before = edit(&fixture, &run, change);
        is_refused(&fixture, &run, 7, "are not those that it began with");
        edit(&fixture, &run, |settings| *settings = serde_json::from_str(&before).unwrap());
        let journal = rusqlite::Connection::open(fixture.path(&format!("bulk/{run}/journal.db"))).unwrap();
        journal.execute("UPDATE run SET value = ?1 WHERE name = 'settings'", [before]).unwrap();
    }
    assert_eq!(fixture.env.read("notes"), NOTES);
    let error = {
        let before = edit(&fixture, &run, |settings| settings["rows"] = 5.into());
        let error = fixture.bulk(&["--resume", &run, "--yes", "-o", "json"]).must(7).error();
        let journal = rusqlite::Connection::open(fixture.path(&format!("bulk/{run}/journal.db"))).unwrap();
        journal.execute("UPDATE run SET value = ?1 WHERE name = 'settings'", [before]).unwrap();
        error
    };
    assert_eq!((&error["reason"], &error["changed"]), (&"run_changed".into(), &"no".into()));
    fixture.bulk(&["--resume", &run, "--yes"]).must(0);
}

#[test]
fn a_run_that_the_ledger_does_not_know_is_refused() {
    let (fixture, run) = stopped();
    let files = ["ledger.db", "ledger.db-wal", "ledger.db-shm"].map(|name| fixture.path(name));
    let aside = |file: &Path| file.with_extension(format!("{}.aside", file.extension().unwrap().display()));
    let is_there: Vec<_> = files.iter().filter(|file| file.exists()).collect();
    for file in &is_there {
        std::fs::rename(file, aside(file)).unwrap();
    }
    fixture.bulk(&["--resume", &run, "--yes"]).must_say(2, "has no start of the run");
    for file in &is_there {
        std::fs::rename(aside(file), file).unwrap();
    }
    fixture.bulk(&["--resume", &run, "--yes"]).must(0);
}

#[test]
fn another_file_in_the_place_of_the_output_is_left_alone() {
    let (fixture, run) = stopped();
    let [out, kept] = ["out.jsonl", "kept.jsonl"].map(|name| fixture.path(name));
    let resume = |code, words| fixture.bulk(&["--resume", &run, "--yes"]).must_say(code, words);
    std::fs::rename(&out, &kept).unwrap();
    fixture.env.write("out.jsonl", NOTES);
    resume(7, "is not the file that the run made");
    assert_eq!(fixture.env.read("out.jsonl"), NOTES);
    std::fs::remove_file(&out).unwrap();
    std::fs::copy(&kept, &out).unwrap();
    resume(7, "is not the file that the run made");
    std::fs::remove_file(&out).unwrap();
    symlink(&kept, &out).unwrap();
    resume(2, "is a symbolic link");
    std::fs::remove_file(&out).unwrap();
    resume(8, "is not there");
    std::fs::rename(&kept, &out).unwrap();
    set_mode(&out, 0o620);
    resume(2, "others can write it");
    set_mode(&out, 0o600);
    resume(0, "4 of 6 rows");
}

#[test]
fn a_run_whose_files_others_could_write_does_not_go_on() {
    let fixture = Fixture::new(60);
    fixture.input(4);
    let key = fixture.public();
    let begin = format!("\"$T\" bulk - --yes --expect 4 --limit 1 --out out.jsonl --seal-to {key} < in.csv");
    fixture.env.shell(&begin).must(0);
    let run = fixture.run_id();
    let folder = fixture.path(&format!("bulk/{run}"));
    for (path, safe, open) in [
        (fixture.path("bulk"), 0o700, 0o770),
        (folder.clone(), 0o700, 0o707),
        (folder.join("journal.db"), 0o600, 0o606),
        (folder.join("input"), 0o600, 0o660),
        (folder.join("lock"), 0o600, 0o622),
    ] {
        set_mode(&path, open);
        fixture.bulk(&["--resume", &run, "--yes"]).must_say(2, "others can write it.\nhint: chmod go-w");
        fixture.bulk(&["show", &run]).must_say(2, "others can write it");
        set_mode(&path, safe);
    }
    for name in ["journal.db", "input"] {
        let [file, aside] = [folder.join(name), fixture.path("aside")];
        std::fs::rename(&file, &aside).unwrap();
        symlink(&aside, &file).unwrap();
        fixture.bulk(&["--resume", &run, "--yes"]).must_say(2, "is not a regular file");
        std::fs::remove_file(&file).unwrap();
        std::fs::rename(&aside, &file).unwrap();
    }
    fixture.bulk(&["--resume", &run, "--yes"]).must(0);
}

#[test]
fn a_ledger_that_others_could_write_or_that_is_a_link_stops_everything() {
    let (fixture, run) = stopped();
    let log = fixture.path("ledger.db");
    let refuses = |words: &str| {
        fixture.bulk(&["--resume", &run, "--yes"]).must_say(8, words);
        fixture.env.refuses("C-1001", 8, words);
        fixture.env.run(&["audit", "verify"]).must_say(8, words);
        fixture.env.run(&["doctor", "--profile", "practice"]).must_say(11, words);
    };
    set_mode(&log, 0o602);
    refuses("others can write it");
    set_mode(&log, 0o600);
    std::fs::rename(&log, fixture.path("aside")).unwrap();
    symlink(fixture.path("aside"), &log).unwrap();
    refuses("is a symbolic link");
}

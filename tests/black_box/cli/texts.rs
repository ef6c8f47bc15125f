//! The language of what the agent says to the customer, and the profile's own texts.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::Value;

use crate::support::TestEnvironment;

const LOGIN: [&str; 6] = ["login", "--agent", "sam", "--password-stdin", "--store", "file"];

/// An agent of the practice directory by a profile with these lines.
fn practice(lines: &str) -> TestEnvironment {
    let env = TestEnvironment::with_profile(&format!("backend = 'practice'\n{lines}"));
    env.run_with(&LOGIN, "practice\n").must(0);
    env
}

fn write(env: &TestEnvironment, name: &str, text: &str) {
    let path = env.file(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    env.write(name, text);
    for path in path.ancestors().take_while(|path| *path != env.path()) {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// The rules and the next steps of a reset of a customer.
#[track_caller]
fn said(env: &TestEnvironment, customer: &str, more: &[&str]) -> (String, String) {
    let object = env.reset(customer, &[&["-o", "json"], more].concat()).must(0).json();
    (object["rules"].to_string(), object["next_steps"].to_string())
}

/// The check of the texts that `doctor` makes.
#[track_caller]
fn check(env: &TestEnvironment, code: i32) -> (String, String) {
    let report = env.run(&["doctor", "-o", "json"]).must(code).json();
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["id"] == "texts").unwrap();
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    (text("state"), text("words"))
}

/// Expects that a reset is refused with these words, that it changed nothing, and that `doctor` finds the fault.
#[track_caller]
fn refused(env: &TestEnvironment, words: &str) {
    env.refuses("C-1001", 2, words);
    assert_eq!(env.status("C-1001")["status"], "active");
    assert!(env.records().is_empty(), "nothing was begun");
    let (state, found) = check(env, 11);
    assert!(state == "fault" && found.contains(words), "{state}: {found}");
}

#[test]
fn the_words_beside_a_reveal_are_english_and_german_if_that_is_asked_for() {
    let env = practice("");
    let (rules, steps) = said(&env, "C-1001", &[]);
    assert!(rules.contains("at least 12 characters") && steps.contains("Note it while you see it"), "{steps}");
    let (rules, steps) = said(&env, "C-1001", &["--language", "de"]);
    assert!(rules.contains("mindestens 12 Zeichen") && !rules.contains("at least"), "{rules}");
    assert!(steps.contains("Notieren Sie es") && steps.contains("mindestens 12 Zeichen"), "{steps}");
    let (_, steps) = said(&env, "C-1001", &["--language", "de-AT"]);
    assert!(steps.contains("Notieren Sie es"), "{steps}");
}

#[test]
fn a_profile_chooses_the_language_and_a_flag_another() {
    let env = practice("language = 'de'");
    assert!(said(&env, "C-1001", &[]).1.contains("Notieren Sie es"));
    assert!(said(&env, "C-1001", &["--language", "en"]).1.contains("Note it while"));
    assert_eq!(check(&env, 0), ("ok".to_owned(), "de, en".to_owned()));
    let shown = env.run(&["profile", "show", "-o", "json"]).must(0).json();
    assert_eq!((&shown["language"], &shown["templates"]), (&"de".into(), &Value::Null));
}

#[test]
fn a_language_that_is_not_there_is_refused_before_anything_is_changed() {
    let env = practice("");
    for (language, words) in [("fr", "There are: de, en."), ("german", "no language"), ("", "no language")] {
        let refused = env.reset("C-1001", &["--language", language]);
        refused.must_say(2, words);
        assert!(refused.stdout.is_empty());
    }
    assert_eq!(env.status("C-1001")["status"], "active");
    refused(&practice("language = 'fr'"), "no texts in the language \"fr\"");
}

#[test]
fn texts_of_the_profile_take_the_place_of_ours() {
    let env = practice("language = 'fr'\ntemplates = 'texts'");
    let english = ["code", "message", "notice", "rules", "script", "time"].map(|name| {
        let path = format!("{}/locales/en/{name}.ftl", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    });
    write(&env, "texts/fr/all.ftl", &english.concat().replace("Note it while", "Notez-le, while"));
    write(&env, "texts/en/ours.ftl", "script-pass-on = Read it out, twice.\n");
    assert!(said(&env, "C-1001", &[]).1.contains("Notez-le, while"));
    let (_, steps) = said(&env, "C-1001", &["--language", "en"]);
    assert!(steps.contains("Read it out, twice.") && steps.contains("Note it while you see it"), "{steps}");
    let (state, words) = check(&env, 0);
    assert!(state == "ok" && words.starts_with("de, en, fr, from ") && words.ends_with("texts"), "{words}");
}

#[test]
fn a_fault_in_the_folder_of_texts_refuses_a_reset_and_doctor_lists_every_one() {
    let env = practice("templates = 'texts'");
    refused(&env, "texts is no folder");
    write(&env, "texts/en/a.ftl", "\nscript-gone = { $password }\nscript-if-lost = See www.example.com.\n");
    refused(&env, "a.ftl, line 2: script-gone uses $password: no text ever holds the password");
    assert!(check(&env, 11).1.contains("a.ftl, line 3: script-if-lost holds the link \"www.example.com.\""));
    write(&env, "texts/en/a.ftl", "script-gone = { $\n");
    refused(&env, "a.ftl, line 1: this is no message of Fluent");
    write(&env, "texts/en/a.ftl", "");
    said(&env, "C-1002", &[]);
}

#[test]
fn a_folder_of_texts_that_others_can_change_is_not_used() {
    let env = practice("templates = 'texts'");
    write(&env, "texts/en/a.ftl", "");
    std::fs::set_permissions(env.file("texts/en/a.ftl"), std::fs::Permissions::from_mode(0o664)).unwrap();
    refused(&env, "a.ftl is not used: others can write it");
    std::fs::remove_file(env.file("texts/en/a.ftl")).unwrap();
    symlink("/etc/hostname", env.file("texts/en/a.ftl")).unwrap();
    refused(&env, "a.ftl is a symbolic link");
}

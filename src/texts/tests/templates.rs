//! A folder of texts that a profile names.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use super::language;
use crate::domain::{Channel, Kind, Policy, Reason, Rule};
use crate::texts::fixture::issuance;
use crate::texts::{CodeText, Localization, PasswordIs, Texts, built_in};

/// Makes a folder of texts of these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        set_mode(path.parent().unwrap(), 0o755);
        set_mode(&path, 0o644);
    }
    folder
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Expects that the folder is refused, with these words about it, and that `check` lists the same.
#[track_caller]
fn refused(folder: &Path, words: &[&str]) {
    let error = Texts::load(Some(folder)).err().unwrap();
    assert_eq!((error.kind, error.reason), (Kind::Usage, Reason::Configuration));
    assert!(error.message_with_hint().contains("tellonce doctor"), "{error}");
    let faults = Texts::check(Some(folder));
    assert!(error.message.contains(&faults[0]), "{error}: {faults:?}");
    for word in words {
        assert!(faults.iter().any(|fault| fault.contains(word)), "{word}: {faults:?}");
    }
}

fn code_mail(texts: &Texts, tag: &str) -> String {
    let text =
        CodeText { code: "12345678", valid: Duration::from_mins(10), desk: "Desk", call: "112", name: Some("Ada") };
    texts.code(&language(tag), &text, Channel::Email).body.to_string()
}

#[test]
fn a_message_of_the_folder_takes_the_place_of_the_one_of_the_same_id() {
    let folder = folder(&[
        ("en/ours.ftl", "-firm = Acme\ngreeting = Dear customer of { -firm },\ngreeting-name = Dear { $name },\n"),
        ("de/ours.ftl", "rule-min-length = { $count } Zeichen oder mehr\n"),
    ]);
    assert_eq!(Texts::check(Some(folder.path())), Vec::<String>::new());
    let texts = Texts::load(Some(folder.path())).unwrap();
    let mail = code_mail(&texts, "en");
    assert!(mail.starts_with("Dear Ada,\n\nA support agent of Desk"), "{mail}");
    let german = Localization::new(texts, language("de")).unwrap();
    assert_eq!(german.rule(&Rule::MinLength(9)), "9 Zeichen oder mehr");
    assert_eq!(german.rule(&Rule::Digits(9)), "mindestens 9 Ziffern", "what the folder does not have stays");
    assert_eq!(Localization::english().rule(&Rule::MinLength(9)), "at least 9 characters", "others are not changed");
}

#[test]
fn a_new_language_is_there_if_it_is_whole_and_refused_if_it_is_not() {
    let whole: String =
        built_in::sources().into_iter().filter(|file| file.language == language("en")).map(|file| file.text).collect();
    let french = whole.replace("Hello", "Bonjour");
    let added = folder(&[("fr/all.ftl", &french)]);
    let texts = Texts::load(Some(added.path())).unwrap();
    assert_eq!(texts.languages(), ["de", "en", "fr"].map(language));
    assert!(code_mail(&texts, "fr").starts_with("Bonjour Ada,"));
    let steps =
        Localization::new(texts, language("fr")).unwrap().next_steps(&issuance(Policy::default()), PasswordIs::Gone);
    assert!(steps.len() > 5, "{steps:?}");
    let half = folder(&[("fr/code.ftl", "code-email-subject = Votre code\n")]);
    refused(half.path(), &["fr: these messages are missing: greeting, ", "code-phone-body", "left-none"]);
}

#[test]
fn a_text_that_cannot_be_put_together_is_named_with_file_and_line() {
    for (text, words) in [
        (
            "\ngreeting-name = Dear { $nam },\n",
            &["en/x.ftl, line 2: greeting-name uses $nam, which", "it has $name"][..],
        ),
        ("greeting = Dear { $name },\n", &["greeting uses $name", "it has none"]),
        ("code-phone-body = { $password } { $code } { $call }\n", &["uses $password: no text ever holds the password"]),
        ("greeting = Hello\n\nemail-footer = { $\n", &["en/x.ftl, line 3: this is no message of Fluent"]),
        ("greeting\n", &["line 1: this is no message"]),
        ("greetings = Hello\n", &["line 1: tellonce has no message greetings"]),
        ("greeting = { nothing }\n", &["line 1: greeting cannot be put together"]),
        ("greeting = { -nothing }\n", &["greeting cannot be put together"]),
        ("greeting = { greeting }\n", &["greeting cannot be put together"]),
        ("greeting = { NUMBER(1) }\n", &["greeting uses NUMBER()"]),
        ("greeting = { \"\" }\n", &["greeting has no text"]),
        ("greeting =\n    .title = Hello\n", &["greeting has the attribute .title", "greeting has no text"]),
        ("greeting = a\ngreeting = b\n", &["greeting is there twice"]),
        ("greeting = a\u{202e}b\n", &["not seen"]),
        ("notice-set-subject = a { \"\\u000D\" } b\n", &["not seen"]),
        ("rule-min-length = many characters\n", &["rule-min-length does not say $count"]),
        ("rule-min-length = { $count ->\n    [one] one\n   *[other] many\n}\n", &["does not say $count"]),
    ] {
        refused(folder(&[("en/x.ftl", text)]).path(), words);
    }
    let twice = folder(&[("en/a.ftl", "greeting = a\n"), ("en/b.ftl", "greeting = b\n")]);
    refused(twice.path(), &["b.ftl, line 1: greeting is there twice"]);
}

#[test]
fn a_message_with_the_code_must_have_the_code() {
    for id in ["code-email-body", "code-phone-body"] {
        let text = format!("{id} = Call {{ $call }}\n");
        refused(folder(&[("de/code.ftl", &text)]).path(), &["does not say $code"]);
    }
    refused(folder(&[("en/c.ftl", "code-email-subject = { $code }\n")]).path(), &["uses $code", "it has $desk"]);
}

#[test]
fn a_link_is_refused_wherever_it_stands() {
    for text in [
        "greeting = See https://example.com\n",
        "greeting = See { \"http:\" }//example.com\n",
        "notice-not-you = www.example.com { $call }\n",
        "notice-not-you = Not you? example.com/help or { $call }\n",
        "notice-set = { $desk ->\n    [x] example.com/a { $when }\n   *[other] { $when }\n}\n",
        "-page = example.com\ngreeting = { -page }/help\n",
    ] {
        refused(folder(&[("en/x.ftl", text)]).path(), &["holds the link"]);
    }
}

#[test]
fn what_others_can_write_or_put_a_link_in_is_refused() {
    let text = ("en/x.ftl", "greeting = Hello\n");
    for (path, mode) in [("en/x.ftl", 0o664), ("en/x.ftl", 0o646), ("en", 0o775), ("", 0o777)] {
        let folder = folder(&[text]);
        set_mode(&folder.path().join(path), mode);
        refused(folder.path(), &["others can write it", "chmod go-w"]);
    }
    let with_link = folder(&[text]);
    symlink(with_link.path().join("en/x.ftl"), with_link.path().join("en/y.ftl")).unwrap();
    refused(with_link.path(), &["y.ftl is a symbolic link"]);
    let with_linked_folder = folder(&[text]);
    symlink(with_linked_folder.path().join("en"), with_linked_folder.path().join("fr")).unwrap();
    refused(with_linked_folder.path(), &["fr is a symbolic link"]);
}

#[test]
fn what_is_no_text_is_refused() {
    for (name, words) in [
        ("en/README.md", "end in .ftl"),
        ("en/x.ftl~", "end in .ftl"),
        ("english/x.ftl", "named after languages"),
        ("de-AT/x.ftl", "named after languages"),
        ("DE/x.ftl", "named after languages"),
        ("x.ftl", "named after languages"),
    ] {
        refused(folder(&[(name, "greeting = Hello\n")]).path(), &[words]);
    }
    let odd = folder(&[]);
    std::fs::create_dir_all(odd.path().join("en/folder.ftl")).unwrap();
    refused(odd.path(), &["is not a regular file"]);
    let latin = folder(&[("en/x.ftl", "")]);
    std::fs::write(latin.path().join("en/x.ftl"), b"greeting = Gr\xfc\xdfe\n").unwrap();
    refused(latin.path(), &["is not UTF-8"]);
    let large = folder(&[("en/x.ftl", &"# x\n".repeat(300_000))]);
    refused(large.path(), &["is larger than 1 MiB"]);
    refused(&odd.path().join("nowhere"), &["nowhere is no folder"]);
}

#[test]
fn every_fault_is_listed_and_the_first_is_said() {
    let folder = folder(&[("en/x.ftl", "greeting = { $a }\nemail-footer = www.example.com\nnothing = x\n")]);
    assert_eq!(Texts::check(Some(folder.path())).len(), 3);
    let error = Texts::load(Some(folder.path())).err().unwrap();
    assert!(error.message.contains("greeting") && error.message.ends_with("There are 2 more faults."), "{error}");
}

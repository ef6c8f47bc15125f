//! Every text in every language.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::Entry;

use super::{LANGUAGES, language, localization};
use crate::domain::{About, Policy, find_link};
use crate::output::is_unsafe;
use crate::texts::spec::{Layout, TextSpec};
use crate::texts::specs::{ALL, LEFT_DAYS, RULE_UPPER, SCRIPT_SESSIONS_LEFT};
use crate::texts::{Texts, built_in};

/// Puts a text together with a number for every variable that is one, and this text for every other.
fn put_together(tag: &str, spec: &TextSpec, number: usize, text: &str) -> String {
    let mut arguments = FluentArgs::new();
    for variable in spec.variables {
        let is_number = ["count", "minutes", "day", "month", "year"].contains(variable);
        arguments.set(*variable, if is_number { FluentValue::from(number) } else { FluentValue::from(text) });
    }
    Texts::built_in().text(&language(tag), spec, &arguments)
}

/// Every text in every language, with the language and the id, for numbers that take every plural.
fn every_text() -> Vec<(String, String)> {
    let each = |tag: &'static str| ALL.iter().flat_map(move |spec| (1..=12).map(move |number| (tag, *spec, number)));
    LANGUAGES
        .into_iter()
        .flat_map(each)
        .map(|(tag, spec, number)| (format!("{tag}: {}", spec.id), put_together(tag, spec, number, "sample")))
        .collect()
}

#[test]
fn the_built_in_texts_have_no_fault() {
    assert_eq!(Texts::check(None), Vec::<String>::new());
    let there_are: Vec<String> = Texts::built_in().languages().iter().map(ToString::to_string).collect();
    assert_eq!(there_are, ["de", "en"]);
}

#[test]
fn every_language_has_every_text_and_no_other() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in built_in::sources() {
        let resource = FluentResource::try_new(source.text.clone()).ok().unwrap();
        for entry in resource.entries() {
            if let Entry::Message(message) = entry {
                let ids = found.entry(source.language.to_string()).or_default();
                assert!(ids.insert(message.id.name.to_owned()), "{} is there twice", message.id.name);
            }
        }
    }
    let expected: BTreeSet<String> = ALL.iter().map(|spec| spec.id.to_owned()).collect();
    assert_eq!(expected.len(), ALL.len(), "an id is there twice");
    for tag in LANGUAGES {
        assert_eq!(found[tag], expected, "{tag}");
    }
}

#[test]
fn no_text_holds_a_link_or_a_character_that_is_not_seen() {
    assert!(find_link("a control: https://example.com").is_some());
    for (name, text) in every_text() {
        assert_eq!(find_link(&text), None, "{name}: {text}");
        assert!(!text.contains(|letter| is_unsafe(letter) && letter != '\n'), "{name}: {text:?}");
        assert!(!text.trim().is_empty(), "{name}");
        assert!(!text.contains(['{', '}']), "{name}: {text}");
    }
}

/// No text has a variable for it, and no word of a text could be one.
#[test]
fn no_text_holds_a_password() {
    let usual = Policy::strictest_usual();
    assert!(usual.is_kept_by("KJ47-nm39-PQ46-hx", &About::default()), "a control");
    for spec in ALL {
        assert!(!spec.variables.iter().any(|name| name.contains("pass") || name.contains("secret")), "{}", spec.id);
    }
    for (name, text) in every_text() {
        let could_be = text.split_whitespace().find(|word| usual.is_kept_by(word, &About::default()));
        assert_eq!(could_be, None, "{name}: {text}");
    }
}

#[test]
fn no_text_but_those_with_the_code_takes_a_code_and_no_subject_does() {
    for spec in ALL {
        let is_body = spec.id.starts_with("code-") && spec.id.ends_with("-body");
        assert_eq!(spec.variables.contains(&"code"), is_body, "{}", spec.id);
        assert!(!spec.id.ends_with("-subject") || spec.layout == Layout::OneLine, "{}", spec.id);
    }
}

#[test]
fn every_variable_that_a_text_must_say_is_in_it() {
    for spec in ALL {
        for tag in LANGUAGES {
            let text = put_together(tag, spec, 11, "sample");
            for variable in spec.required {
                let is_number = *variable == "count";
                assert!(text.contains(if is_number { "11" } else { "sample" }), "{tag}: {}: {text}", spec.id);
            }
        }
    }
}

#[test]
fn one_thing_and_two_things_have_their_own_words() {
    for (tag, spec, one, two) in [
        ("en", &RULE_UPPER, "at least one capital letter", "at least 2 capital letters"),
        ("de", &RULE_UPPER, "mindestens ein Großbuchstabe", "mindestens 2 Großbuchstaben"),
        ("en", &LEFT_DAYS, "1 day", "2 days"),
        ("de", &LEFT_DAYS, "noch 1 Tag", "noch 2 Tage"),
    ] {
        let of = |count: usize| localization(tag).count(spec, count);
        assert_eq!((of(1).as_str(), of(2).as_str()), (one, two));
    }
    for (tag, one, two) in [("en", "One of their sessions", "2 of their"), ("de", "Eine Sitzung", "2 Sitzungen")] {
        let of = |count: usize| localization(tag).count(&SCRIPT_SESSIONS_LEFT, count);
        assert!(of(1).starts_with(one) && of(2).starts_with(two), "{} {}", of(1), of(2));
    }
}

#[test]
fn a_german_text_is_not_an_english_one() {
    for spec in ALL.iter().filter(|spec| spec.id != "time-until") {
        let [english, german] = LANGUAGES.map(|tag| put_together(tag, spec, 3, "sample"));
        assert_ne!(english, german, "{}", spec.id);
    }
}

#[test]
fn a_language_that_is_not_there_is_refused_with_those_that_are() {
    let error = crate::texts::Localization::new(Texts::built_in(), language("fr")).err().unwrap();
    assert_eq!(error.kind, crate::domain::Kind::Usage);
    assert!(error.message_with_hint().contains("de, en"), "{error}");
}

#[test]
fn the_page_lists_every_text_with_its_variables() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/texts.md")).unwrap();
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| `") && line.matches(" | ").count() == 3).collect();
    let names = |variables: &[&str]| {
        let names: Vec<String> = variables.iter().map(|name| format!("`${name}`")).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    for spec in ALL {
        let row = format!("| `{}` | {} | {} |", spec.id, names(spec.variables), names(spec.required));
        assert!(rows.iter().any(|found| found.starts_with(&row)), "{row}");
    }
    assert_eq!(rows.len(), ALL.len(), "a row too many");
}

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::num::NonZero;

use proptest::prelude::*;

use super::*;
use crate::domain::{Issuance, Policy, Rule};
use crate::terminal::reveal::fixture::password;
use crate::texts::Texts;
use crate::texts::fixture::issuance;

/// The practice directory's policy, in eight rules.
const RULES: [Rule; 8] = [
    Rule::MinLength(12),
    Rule::Upper(1),
    Rule::Lower(1),
    Rule::Digits(1),
    Rule::Special(1),
    Rule::NotContainsUsername,
    Rule::NotContainsEmail,
    Rule::History(3),
];

fn rules() -> Policy {
    Policy::new(RULES)
}

fn german() -> Localization {
    Localization::new(Texts::built_in(), "de".parse().unwrap()).unwrap()
}

fn screen(size: Size) -> vt100::Parser {
    vt100::Parser::new(NonZero::new(size.rows).unwrap(), NonZero::new(size.columns).unwrap(), 100)
}

/// What a terminal of this size shows; none where the password does not fit.
fn shown(password: &str, issuance: &Issuance, size: Size, words: &Localization) -> Option<vt100::Parser> {
    let layout = Layout::of(password, issuance, size, words)?;
    let mut terminal = screen(size);
    let painted = layout.paint(password);
    assert_eq!(painted.capacity(), CANVAS_CAPACITY, "the buffer moved, and left a copy behind");
    terminal.process(&painted);
    terminal.process(&layout.paint_countdown(&countdown(Some(Duration::from_mins(10)), size.columns, words)));
    Some(terminal)
}

fn spelled(password: &str) -> String {
    let words = password.chars().map(|character| {
        let (capital, word) = spelling::word(character);
        if capital.is_empty() { word.to_owned() } else { format!("{capital}{}", word.to_uppercase()) }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The words on the screen, without what separates them.
fn words(terminal: &vt100::Parser) -> String {
    terminal.screen().contents().replace(',', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn everything_fits_an_ordinary_terminal() {
    let (password, english) = (password(), Localization::english());
    let terminal = shown(password.characters(), &issuance(rules()), Size { columns: 80, rows: 24 }, &english).unwrap();
    let words = words(&terminal);
    let parts =
        ["Ada Lovelace (C-1001)", "cannot be shown again", "Update Password", "only the newest works", "Enter or q"];
    for part in parts.map(str::to_owned).into_iter().chain(english.rules(&rules())) {
        assert!(words.contains(&part), "{part}: {words}");
    }
}

#[test]
fn a_german_reveal_is_german_and_fits_an_ordinary_terminal() {
    let (password, german) = (password(), german());
    let terminal = shown(password.characters(), &issuance(rules()), Size { columns: 80, rows: 40 }, &german).unwrap();
    let rows: Vec<String> = terminal.screen().rows(0, 80).collect();
    assert!((0..40).all(|row| !terminal.screen().row_wrapped(row)), "{rows:?}");
    let words = words(&terminal);
    let parts = [
        "Temporäres Passwort für Ada Lovelace (C-1001)",
        "Gültig bis",
        "Nur das neueste",
        "Enter oder q",
        "Noch 10:00.",
    ];
    for part in parts.map(str::to_owned).into_iter().chain(german.rules(&rules())) {
        assert!(words.contains(&part), "{part}: {words}");
    }
    let english = [" the ", "They", "Then ", "Valid", "Gone in", "shown"];
    assert!(english.iter().all(|word| !words.contains(word)), "{words}");
    // A step's further rows stand under its words, as in English.
    let is_step = |row: &String| row.starts_with("  - ") || row.starts_with("    ");
    assert!(
        rows.iter().filter(|row| row.contains("notieren") || row.contains("Bindestriche")).all(is_step),
        "{rows:?}"
    );
    let in_24_rows = shown(password.characters(), &issuance(rules()), Size { columns: 80, rows: 24 }, &german).unwrap();
    assert!(in_24_rows.screen().contents().contains("Passwort für Ada"), "what does not fit is left out, not cut");
}

#[test]
fn where_not_even_the_password_fits_size_and_way_out_are_said_and_nothing_of_it_is_painted() {
    let password = password();
    for (columns, rows, way_out, key) in [
        (10, 24, WayOut::GiveUp, "Ctrl-C"),
        (80, 3, WayOut::GiveUp, "Ctrl-C gives up and shows nothing"),
        (80, 1, WayOut::Dismiss, "q ends"),
        (20, 3, WayOut::Dismiss, "q ends"),
    ] {
        let size = Size { columns, rows };
        assert!(Layout::of(password.characters(), &issuance(rules()), size, &Localization::english()).is_none());
        let needed = needed_size(password.characters(), columns);
        let mut terminal = screen(size);
        terminal.process(&too_small(size, needed, way_out));
        let words = words(&terminal);
        assert!(words.contains(key), "{words}");
        assert!(words.contains(&needed.columns.to_string()) && words.contains(&needed.rows.to_string()), "{words}");
    }
    let tiny = Size { columns: 1, rows: 1 };
    let mut terminal = screen(tiny);
    terminal.process(&too_small(tiny, needed_size(password.characters(), 1), WayOut::GiveUp));
    assert_eq!(terminal.screen().contents(), "T");
}

#[test]
fn the_countdown_names_a_key_at_any_width() {
    let time = Some(Duration::from_mins(10));
    for localization in [Localization::english(), german()] {
        for columns in 22..100 {
            let words = countdown(time, columns, &localization);
            assert!(words.width() <= usize::from(columns) && words.contains("10:00") && words.contains('q'), "{words}");
        }
    }
    assert_eq!(countdown(None, 20, &Localization::english()), "Enter or q: done");
    assert_eq!(countdown(None, 20, &german()), "Enter oder q: fertig");
}

#[test]
fn the_size_that_is_asked_for_beforehand_has_room_for_what_is_generated() {
    for columns in (1..140).step_by(3) {
        let expected = expected_size(14, columns);
        let fits = |_| Layout::of(password().characters(), &issuance(rules()), expected, &german()).is_some();
        assert!((0..40).all(fits), "{expected:?}");
    }
    assert_eq!(expected_size(14, 80), Size { columns: 80, rows: 7 });
    assert_eq!(expected_size(14, 20).columns, 22);
}

proptest! {
    #[test]
    fn at_any_size_the_password_and_its_spelling_are_whole_or_not_painted(
        columns in 1_u16..140,
        rows in 1_u16..50,
        name in any::<String>(),
        characters in "[A-HJ-NP-Ya-hj-kmnp-y34679!#%*?_-]{4,40}",
        rules in 0_usize..8,
        is_german: bool,
    ) {
        let words_of = if is_german { german() } else { Localization::english() };
        let size = Size { columns, rows };
        let mut issuance = issuance(Policy::new(RULES.into_iter().take(rules)));
        issuance.customer.name = name;
        let needed = needed_size(&characters, columns);
        let fits = needed.columns == columns && needed.rows <= rows;
        let painted = shown(&characters, &issuance, size, &words_of);
        prop_assert_eq!(painted.is_some(), fits, "{:?} is what it takes", needed);
        if let Some(mut terminal) = painted {
            let seen = terminal.screen().contents();
            prop_assert!(seen.contains(&characters), "{}", seen);
            prop_assert!(words(&terminal).contains(&spelled(&characters)), "{}", seen);
            prop_assert!((0..rows).all(|row| !terminal.screen().row_wrapped(row)), "a row is too wide: {}", seen);
            terminal.process(&wipe(rows));
            prop_assert_eq!(terminal.screen().contents(), "");
            terminal.screen_mut().set_scrollback(1);
            prop_assert_eq!(terminal.screen().scrollback(), 0, "a row was pushed off the screen");
        }
    }
}

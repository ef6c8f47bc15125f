#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::num::NonZero;

use proptest::prelude::*;

use super::*;
use crate::domain::Issuance;
use crate::terminal::reveal::fixture::{issuance, password};

/// The practice directory's policy, in eight rules.
const RULES: [&str; 8] = [
    "at least 12 characters",
    "an upper-case letter",
    "a lower-case letter",
    "a digit",
    "a special character",
    "does not contain the username",
    "does not contain the e-mail address",
    "is none of the last 3 passwords",
];

fn screen(size: Size) -> vt100::Parser {
    vt100::Parser::new(NonZero::new(size.rows).unwrap(), NonZero::new(size.columns).unwrap(), 100)
}

/// What a terminal of this size shows; none where the password does not fit.
fn shown(password: &str, issuance: &Issuance, size: Size) -> Option<vt100::Parser> {
    let layout = Layout::of(password, issuance, size)?;
    let mut terminal = screen(size);
    let painted = layout.paint(password);
    assert_eq!(painted.capacity(), CANVAS_CAPACITY, "the buffer moved, and left a copy behind");
    terminal.process(&painted);
    terminal
        .process(&layout.paint_countdown("Gone in 10:00.  Enter or q when you have noted it, Space for more time."));
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
    let password = password();
    let terminal = shown(password.characters(), &issuance(&RULES), Size { columns: 80, rows: 24 }).unwrap();
    let words = words(&terminal);
    let parts =
        ["Ada Lovelace (C-1001)", "cannot be shown again", "Update Password", "only the newest works", "Enter or q"];
    for part in parts.into_iter().chain(RULES) {
        assert!(words.contains(part), "{part}: {words}");
    }
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
        assert!(Layout::of(password.characters(), &issuance(&RULES), size).is_none());
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
    for columns in 22..100 {
        let words = countdown(time, columns);
        assert!(words.len() <= usize::from(columns) && words.contains("10:00") && words.contains('q'), "{words}");
    }
    assert_eq!(countdown(None, 20), "Enter or q: done");
}

#[test]
fn the_size_that_is_asked_for_beforehand_has_room_for_what_is_generated() {
    for columns in (1..140).step_by(3) {
        let expected = expected_size(14, columns);
        let fits = |_| Layout::of(password().characters(), &issuance(&RULES), expected).is_some();
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
    ) {
        let size = Size { columns, rows };
        let mut issuance = issuance(&RULES[..rules]);
        issuance.customer.name = name;
        let needed = needed_size(&characters, columns);
        let fits = needed.columns == columns && needed.rows <= rows;
        let painted = shown(&characters, &issuance, size);
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

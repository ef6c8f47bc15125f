//! Makes untrusted text safe: characters that could move the cursor, hide or reorder are made visible.

use std::borrow::Cow;

/// Whether a character could change a terminal's state or how a line is read.
///
/// These are control characters (Unicode Cc: C0, DEL, C1); line and paragraph separators; the bidirectional controls of
/// UAX #9; zero-width, blank and other invisible format characters (Unicode's `Default_Ignorable_Code_Point`); tag
/// characters; and byte order marks. Variation selectors stay: names are written with them, and they hide nothing.
pub(crate) const fn is_unsafe(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Writes each unsafe character as `\u{..}`, so that it is seen and does nothing.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Puts an apostrophe before a cell that a spreadsheet would take for a formula, as spreadsheets themselves do.
///
/// The characters are those of OWASP's "CSV Injection": `= + - @`, tab and carriage return.
pub fn defuse_formula(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_and_overrides_are_seen_and_do_nothing() {
        assert_eq!(sanitize("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(sanitize("\u{202e}txt"), "\\u{202e}txt");
        assert_eq!(sanitize("line\nline\ttab\u{9b}2J"), "line\\u{a}line\\u{9}tab\\u{9b}2J");
        assert_eq!(sanitize("ad\u{34f}a\u{3164}\u{1d173}"), "ad\\u{34f}a\\u{3164}\\u{1d173}");
        assert_eq!(sanitize("葛\u{e0100}城"), "葛\u{e0100}城", "the form of a character in a name");
        assert_eq!(sanitize("Ольга 山田 O'Brien"), "Ольга 山田 O'Brien");
    }

    #[test]
    fn only_what_starts_a_formula_is_defused() {
        assert_eq!(defuse_formula("=1+1"), "'=1+1");
        assert_eq!(defuse_formula("@x"), "'@x");
        assert_eq!(defuse_formula("T-17"), "T-17");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left_and_a_second_time_changes_nothing(text in any::<String>()) {
            let once = sanitize(&text).into_owned();
            prop_assert!(!once.contains(is_unsafe));
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert_eq!(sanitize(&once).into_owned(), once);
        }

        #[test]
        fn what_is_safe_stays_as_it_is(text in "[ -~äöüß山田Ольга']*") {
            prop_assert_eq!(sanitize(&text).into_owned(), text);
        }
    }
}

//! Checks a text that an agent types or a file holds: it must be one line that people can see and read.

use std::sync::LazyLock;

use fancy_regex::Regex;

use super::secret_key::is_secret_key;

/// The longest ticket, reason, verification or name, in characters.
pub(crate) const LONGEST_TEXT: usize = 200;

/// Characters that are not seen: controls, format characters (joiners, soft hyphens, bidirectional controls, tags),
/// private use, what Unicode has not assigned, line and paragraph separators, what fonts leave out
/// (`Default_Ignorable_Code_Point`), and the empty Braille pattern. Signs that are written with the number that follows
/// them are seen (`Prepended_Concatenation_Mark`).
static UNSEEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[[\p{C}--\p{Prepended_Concatenation_Mark}]\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\x{2800}]").ok()
});

/// Returns the text trimmed, if it is one line of at most `longest` characters that can all be seen, with a letter or a
/// digit among them. Marks and letters of every script are fine.
///
/// # Errors
/// What is wrong, worded to follow the name of the text: "is longer than 200 characters".
pub(crate) fn one_line(text: &str, longest: usize) -> Result<&str, String> {
    if is_secret_key(text) {
        return Err(super::secret_key::WORDS.to_owned());
    }
    let text = text.trim();
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    if text.chars().nth(longest).is_some() {
        return Err(format!("is longer than {longest} characters"));
    }
    if text.contains(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        return Err("is more than one line".to_owned());
    }
    if let Some(character) = unseen(text) {
        return Err(format!("has an invisible or control character in it (U+{:04X})", u32::from(character)));
    }
    if !text.chars().any(char::is_alphanumeric) {
        return Err("has no letter and no digit in it".to_owned());
    }
    Ok(text)
}

/// Finds the first character that is not seen. A variation selector is part of the character before it, if there is one
/// that it can vary.
fn unseen(text: &str) -> Option<char> {
    let mut before = None;
    for character in text.chars() {
        let varies = is_variation_selector(character) && before.is_some_and(|before| !is_blank(before));
        if !varies && is_unseen(character) {
            return Some(character);
        }
        before = Some(character);
    }
    None
}

fn is_unseen(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    let mut buffer = [0; 4];
    let text: &str = character.encode_utf8(&mut buffer);
    // Without the table only ASCII characters are known to be seen.
    UNSEEN.as_ref().is_none_or(|unseen| unseen.is_match(text).unwrap_or(true))
}

/// Whether it is a variation selector or one of their supplement (Unicode 17, section 23.4).
const fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a variation selector cannot vary the character.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_variation_selector(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn why(text: &str) -> String {
        one_line(text, LONGEST_TEXT).err().unwrap_or_default()
    }

    #[test]
    fn what_people_read_is_taken_in_every_script() {
        for text in [
            "T-17",
            "#4711",
            "called back: +44 20 7946 0000",
            "Straße 7",
            "e\u{301}te\u{301}",
            "Ольга",
            "山田 太郎",
            "葛\u{e0100}城",
            "نص عربي ١٢٣",
            "हिन्दी",
            "ไทย",
            "❤\u{fe0f} 1",
            "한국어",
            "\u{600}12",
        ] {
            assert_eq!(one_line(text, LONGEST_TEXT), Ok(text));
        }
        assert_eq!(one_line(" \tT-17\u{3000}\n", LONGEST_TEXT), Ok("T-17"));
    }

    #[test]
    fn what_is_not_seen_is_refused() {
        for character in [
            '\0',
            '\t',
            '\u{1b}',
            '\u{7f}',
            '\u{9b}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2064}',
            '\u{2066}',
            '\u{206f}',
            '\u{2800}',
            '\u{3164}',
            '\u{e000}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{ffff}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{f0000}',
            '\u{10ffff}',
            '\u{378}',
        ] {
            let told = why(&format!("T{character}17"));
            assert!(told.contains(&format!("U+{:04X}", u32::from(character))), "{character:?}: {told}");
        }
        for alone in ["\u{fe0f}T", "T \u{fe0f}7", "T\u{fe0f}\u{fe0e}", "T\u{e0101}\u{e0102}"] {
            assert!(why(alone).contains("invisible"), "{alone:?}");
        }
    }

    #[test]
    fn more_than_a_line_too_long_or_nothing_to_read_is_refused() {
        for text in ["a\nb", "a\rb", "a\u{2028}b", "a\u{85}b"] {
            assert_eq!(why(text), "is more than one line");
        }
        assert_eq!(why(&"ü".repeat(201)), "is longer than 200 characters");
        assert!(one_line(&"ü".repeat(200), LONGEST_TEXT).is_ok());
        assert_eq!(why(" \u{a0} "), "is empty");
        for text in ["-", "...", "\u{301}", "❤\u{fe0f}", "„“"] {
            assert_eq!(why(text), "has no letter and no digit in it", "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_one_line_without_controls(text in any::<String>()) {
            if let Ok(line) = one_line(&text, LONGEST_TEXT) {
                prop_assert!(!line.chars().any(char::is_control) && line.chars().count() <= LONGEST_TEXT);
                prop_assert_eq!(one_line(line, LONGEST_TEXT), Ok(line));
            }
        }
    }
}

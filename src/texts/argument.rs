//! Makes text from outside safe as an argument of a message: one line, without characters that hide or reorder.

use crate::output::is_unsafe;

/// The longest argument, in characters. A longer one is cut.
const MAX_LENGTH: usize = 200;

/// Returns the text in one line. A line end or another control character becomes a space, an invisible one is left out.
pub(super) fn clean(text: &str) -> String {
    let visible = text.chars().filter_map(|character| match character {
        _ if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') => Some(' '),
        _ if is_unsafe(character) => None,
        _ => Some(character),
    });
    let line: String = visible.collect();
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ").chars().take(MAX_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn line_ends_become_spaces_and_invisible_characters_are_left_out() {
        assert_eq!(clean("Ada\r\nBcc: eve@example.com"), "Ada Bcc: eve@example.com");
        assert_eq!(clean(" Ada\u{2028}\u{202e} Love\u{200b}lace\t"), "Ada Lovelace");
        assert_eq!(clean("Ольга 山田 O'Brien"), "Ольга 山田 O'Brien");
        assert_eq!(clean(&"x".repeat(5000)).len(), MAX_LENGTH);
    }

    proptest! {
        #[test]
        fn an_argument_is_one_line_without_unsafe_characters(text in any::<String>()) {
            let once = clean(&text);
            prop_assert!(!once.contains(is_unsafe) && !once.contains('\n'));
        }
    }
}

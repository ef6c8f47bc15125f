//! Text laid out in rows of a given width.

use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

/// Breaks text between words so that each row fits; a word that is wider than a row is cut.
///
/// The text must not be secret, because the rows are ordinary strings.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut rows = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let used = rows.last().map_or(0, |row| row.width());
        if used > 0 && used + 1 + word.width() > width {
            rows.push(String::new());
        }
        let Some(row) = rows.last_mut() else { break };
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
        while let Some(cut) = rows.last().and_then(|row| cut_at(row, width)) {
            let rest = rows.last_mut().map(|row| row.split_off(cut)).unwrap_or_default();
            rows.push(rest);
        }
    }
    rows
}

/// Breaks a line between words for a terminal of this width, and indents its rows like the first, or past its bullet.
///
/// Without a width, which means no terminal, the line stays as it is.
pub(super) fn wrap_line(line: &str, width: Option<u16>) -> String {
    let Some(width) = width.map(usize::from) else { return format!("{line}\n") };
    let bare = line.trim_start_matches(' ');
    let indent = line.len() - bare.len();
    let hanging = indent + if bare.starts_with("- ") { 2 } else { 0 };
    if line.width() <= width || hanging + 10 > width {
        return format!("{line}\n");
    }
    let mut text = String::with_capacity(line.len() + 16);
    for (position, row) in wrap(bare.trim_start_matches("- "), width - hanging).into_iter().enumerate() {
        if position == 0 {
            text.push_str(&line[..hanging]);
        } else {
            text.extend(std::iter::repeat_n(' ', hanging));
        }
        text.push_str(&row);
        text.push('\n');
    }
    text
}

/// Returns the byte index at which a row has to be cut, or `None` if it fits.
fn cut_at(row: &str, width: usize) -> Option<usize> {
    let mut used = 0;
    for (position, character) in row.char_indices() {
        used += character.width().unwrap_or(0);
        if used > width && position > 0 {
            return Some(position);
        }
    }
    None
}

/// Cuts the text to a width.
pub(super) fn cut(text: &str, width: usize) -> &str {
    cut_at(text, width).map_or(text, |position| &text[..position])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(cut("山田花子", 4), "山田");
    }

    #[test]
    fn a_wrapped_line_keeps_its_indent_and_its_bullet() {
        assert_eq!(wrap_line("  - one two three", Some(14)), "  - one two\n    three\n");
        assert_eq!(wrap_line("one two three four five", Some(14)), "one two three\nfour five\n");
        assert_eq!(wrap_line("as it is", None), "as it is\n");
        assert_eq!(wrap_line("", Some(20)), "\n");
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_no_word_is_lost(text in "[a-z山田 ]{0,60}", width in 2_usize..30) {
            let rows = wrap(&text, width);
            prop_assert!(rows.iter().all(|row| row.width() <= width), "{:?}", rows);
            let all = |text: &str| text.replace(' ', "");
            prop_assert_eq!(all(&rows.concat()), all(&text));
        }
    }
}

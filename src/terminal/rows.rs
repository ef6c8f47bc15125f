//! The rows of a list: aligns and sanitises their cells, and cuts rows that are wider than the terminal.

use unicode_width::UnicodeWidthChar;

use crate::output::sanitize;

/// The separator between two cells.
const SEPARATOR: &str = "  ";
/// The most columns that a cell is padded to.
const MAX_PADDING: usize = 40;

/// Rows with aligned cells.
pub(super) struct Rows(Vec<String>);

impl Rows {
    /// Aligns and sanitises the cells, whose text may come from anybody.
    pub(super) fn new(cells: Vec<Vec<String>>) -> Self {
        let cells: Vec<Vec<String>> =
            cells.into_iter().map(|row| row.iter().map(|cell| sanitize(cell).into_owned()).collect()).collect();
        let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
        let widest: Vec<usize> = (0..columns)
            .map(|column| cells.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0))
            .collect();
        let line = |row: &Vec<String>| {
            let filled = row.iter().zip(&widest).map(|(cell, widest)| {
                let fill = (*widest).min(MAX_PADDING).saturating_sub(width(cell));
                format!("{cell}{}", " ".repeat(fill))
            });
            filled.collect::<Vec<_>>().join(SEPARATOR).trim_end().to_owned()
        };
        Self(cells.iter().map(line).collect())
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns a row of any width, or an empty text if there is no such row.
    pub(super) fn row(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }
}

/// Returns the text if it fits, else its beginning and an ellipsis.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let mut used = 0;
    let fits = |character: &char| {
        used += columns_of(*character);
        used <= room
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    if columns > 0 {
        cut.push('…');
    }
    cut
}

/// Counts the columns that a text takes at most.
fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Counts the columns that a character takes at most. Terminals differ on flags and on emoji selectors.
fn columns_of(character: char) -> usize {
    match character {
        '\u{fe0f}' => 1,
        '\u{1f1e6}'..='\u{1f1ff}' => 2,
        _ => character.width().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn rows(cells: &[&[&str]]) -> Vec<String> {
        Rows::new(cells.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()).0
    }

    #[test]
    fn cells_stand_under_each_other() {
        assert_eq!(
            rows(&[&["Ada Lovelace", "C-1001", "a***@example.com"], &["山田花子", "C-7", ""]]),
            ["Ada Lovelace  C-1001  a***@example.com", "山田花子      C-7"]
        );
    }

    #[test]
    fn what_could_move_the_cursor_is_made_visible() {
        assert_eq!(rows(&[&["a\u{1b}[2Jb\nc\u{202e}"]]), ["a\\u{1b}[2Jb\\u{a}c\\u{202e}"]);
    }

    #[test]
    fn a_row_that_is_too_wide_is_cut_and_shows_it() {
        assert_eq!(fitted("Ada Lovelace", 12), "Ada Lovelace");
        assert_eq!(fitted("Ada Lovelace", 6), "Ada L…");
        assert_eq!(fitted("山田花子", 6), "山田…");
        assert_eq!(fitted("❤️❤️❤️", 5), "❤️❤️…");
        assert_eq!(fitted("a", 0), "");
    }

    proptest! {
        #[test]
        fn no_row_is_wider_than_the_terminal(name in any::<String>(), columns in 0_usize..60) {
            let all = rows(&[&[&name, "C-1"], &["Ada", "C-2"]]);
            for row in all {
                prop_assert!(fitted(&row, columns).width() <= columns);
            }
        }
    }
}

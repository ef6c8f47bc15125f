//! A table that is written page by page, because its rows are too many to hold.

use super::table::{page, widths};

/// A table of which one page after another is formatted, each with columns at least as wide as those before.
pub(crate) struct PagedTable {
    headers: &'static [&'static str],
    widths: Vec<u16>,
}

impl PagedTable {
    /// Begins a table with these headers.
    pub(crate) const fn new(headers: &'static [&'static str]) -> Self {
        Self { headers, widths: Vec::new() }
    }

    /// Formats the next rows. The first page has the header row.
    pub(crate) fn next(&mut self, rows: Vec<Vec<String>>, width: Option<u16>) -> String {
        let headers = if self.widths.is_empty() { self.headers } else { &[] };
        let found = widths(headers, &rows);
        self.widths.resize(found.len(), 0);
        for (widest, width) in self.widths.iter_mut().zip(found) {
            *widest = width.max(*widest);
        }
        page(headers, rows, &self.widths, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_pages_have_no_header_and_columns_as_wide_as_before() {
        let mut table = PagedTable::new(&["ID", "NAME"]);
        let row = |id: &str, name: &str| vec![id.to_owned(), name.to_owned()];
        let first = table.next(vec![row("C-100001", "Ada")], Some(80));
        let second = table.next(vec![row("C-2", "Bob")], Some(80));
        let column = |text: &str, word: &str| text.lines().find_map(|line| line.find(word));
        assert_eq!(first.lines().count(), 2, "{first}");
        assert_eq!(second.lines().count(), 1, "{second}");
        assert_eq!((column(&first, "NAME"), column(&second, "Bob")), (column(&first, "Ada"), column(&first, "Ada")));
    }

    #[test]
    fn a_page_is_never_wider_than_the_terminal() {
        let mut table = PagedTable::new(&["ID", "NAME"]);
        for length in [10, 60, 5] {
            let text = table.next(vec![vec!["x".repeat(length), "y y y ".repeat(20)]], Some(40));
            assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        }
    }
}

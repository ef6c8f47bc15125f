//! How dialoguer's questions look: rows that fit the terminal, and a copy of what is painted, for after a stop.

use std::fmt::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dialoguer::theme::Theme;

use super::rows::{Rows, fitted};
use super::tty;

/// What is painted of a question now.
#[derive(Clone)]
pub(super) struct Frame(Arc<Mutex<Parts>>);

struct Parts {
    /// What dialoguer does not paint.
    above: String,
    /// What it paints before any row.
    head: String,
    rows: Vec<(usize, String)>,
}

impl Frame {
    /// A frame that begins below these lines.
    pub(super) fn below(above: &str) -> Self {
        Self(Arc::new(Mutex::new(Parts { above: above.to_owned(), head: String::new(), rows: Vec::new() })))
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text, to paint it again.
    pub(super) fn text(&self) -> String {
        let parts = self.parts();
        let head = format!("{}{}", parts.above, parts.head);
        parts.rows.iter().fold(head, |text, (_, row)| format!("{text}{row}\n"))
    }

    fn begin(&self, head: &str) {
        let mut parts = self.parts();
        head.clone_into(&mut parts.head);
        parts.rows.clear();
    }

    /// Rows come in their order, so one that does not follow the last begins the list anew.
    fn row(&self, place: usize, row: &str) {
        let mut parts = self.parts();
        if parts.rows.last().is_some_and(|(last, _)| place <= *last) {
            parts.rows.clear();
        }
        parts.rows.push((place, row.to_owned()));
    }
}

/// A list. Items are given to dialoguer as their places: it prints texts raw and counts them in bytes.
pub(super) struct ListTheme {
    rows: Rows,
    pages: Pages,
    paint: OwnedFd,
    frame: Frame,
}

/// Whether all rows fit the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pages {
    /// They do.
    One,
    /// They do not: dialoguer says on which page it is.
    Several,
}

/// What dialoguer puts behind the line of keys.
const PAGE: &str = " [Page 1/9] ";
/// The line of keys, as long as there is room for.
const KEYS: [&str; 3] = ["Arrow keys and Enter choose, Esc gives up.", "Enter or Esc", ""];

impl ListTheme {
    pub(super) const fn new(rows: Rows, pages: Pages, paint: OwnedFd, frame: Frame) -> Self {
        Self { rows, pages, paint, frame }
    }

    /// Columns that a row may have: in the last one, some terminals wrap already.
    fn width(&self) -> usize {
        usize::from(tty::size(&self.paint).columns).saturating_sub(1)
    }

    fn row(&self, key: &str, before: &str) -> (usize, String) {
        let place = key.parse().unwrap_or_default();
        (place, fitted(&format!("{before}{}", self.rows.row(place)), self.width()))
    }
}

impl Theme for ListTheme {
    fn format_select_prompt(&self, f: &mut dyn Write, _: &str) -> fmt::Result {
        let page = if self.pages == Pages::Several { PAGE.len() } else { 0 };
        let room = self.width().saturating_sub(page);
        let keys = KEYS.into_iter().find(|keys| keys.len() <= room).unwrap_or_default();
        self.frame.begin(&format!("{keys}\n"));
        f.write_str(keys)
    }

    fn format_select_prompt_item(&self, f: &mut dyn Write, key: &str, active: bool) -> fmt::Result {
        let (place, row) = self.row(key, if active { "> " } else { "  " });
        self.frame.row(place, &row);
        f.write_str(&row)
    }

    fn format_select_prompt_selection(&self, f: &mut dyn Write, _: &str, key: &str) -> fmt::Result {
        f.write_str(&self.row(key, "Chosen: ").1)
    }
}

/// Yes or no, in the words of the own reader's questions.
pub(super) struct ConfirmTheme {
    default: bool,
    frame: Frame,
}

impl ConfirmTheme {
    pub(super) const fn new(default: bool, frame: Frame) -> Self {
        Self { default, frame }
    }

    fn words(&self, row: &str, answer: &str) -> String {
        format!("{row} {}: {answer}", choices(self.default))
    }
}

/// The answers to a yes-or-no question; the capital one is the default.
pub(super) const fn choices(default: bool) -> &'static str {
    if default { "[Y/n]" } else { "[y/N]" }
}

const fn letter(answer: bool) -> &'static str {
    if answer { "y" } else { "n" }
}

impl Theme for ConfirmTheme {
    /// `answer` is the default at first, and then what was typed last.
    fn format_confirm_prompt(&self, f: &mut dyn Write, row: &str, answer: Option<bool>) -> fmt::Result {
        let is_first = self.frame.parts().head.is_empty();
        let words = self.words(row, answer.filter(|_| !is_first).map_or("", letter));
        self.frame.begin(&words);
        f.write_str(&words)
    }

    fn format_confirm_prompt_selection(&self, f: &mut dyn Write, row: &str, answer: Option<bool>) -> fmt::Result {
        f.write_str(&self.words(row, answer.map_or("", letter)))
    }
}

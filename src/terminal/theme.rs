//! The themes of dialoguer's questions. They fit rows to the terminal and keep a copy to paint again after a stop.

use std::fmt::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dialoguer::theme::Theme;

use super::rows::{Rows, fitted};
use super::tty;

/// The copy of what is painted of a question now.
#[derive(Clone)]
pub(super) struct Frame(Arc<Mutex<Parts>>);

struct Parts {
    /// The lines above, which dialoguer does not paint.
    above: String,
    /// What dialoguer paints before the first row.
    head: String,
    rows: Vec<(usize, String)>,
}

impl Frame {
    /// Builds a frame that begins below these lines.
    pub(super) fn below(above: &str) -> Self {
        Self(Arc::new(Mutex::new(Parts { above: above.to_owned(), head: String::new(), rows: Vec::new() })))
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the text to paint again.
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

    /// Records a row. Rows come in order, so a row that does not follow the last one begins the list again.
    fn row(&self, position: usize, row: &str) {
        let mut parts = self.parts();
        if parts.rows.last().is_some_and(|(last, _)| position <= *last) {
            parts.rows.clear();
        }
        parts.rows.push((position, row.to_owned()));
    }
}

/// The theme of a list. Dialoguer gets row numbers as items, because it prints texts raw and counts their bytes.
pub(super) struct ListTheme {
    rows: Rows,
    pages: Pages,
    paint: OwnedFd,
    frame: Frame,
}

/// Whether all rows fit the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pages {
    /// All rows fit.
    One,
    /// The rows do not fit, and dialoguer names the page.
    Several,
}

/// The widest text that dialoguer adds to the line of keys.
const PAGE_SUFFIX: &str = " [Page 1/9] ";
/// The line of keys, from the longest to the shortest.
const KEYS: [&str; 3] = ["Arrow keys and Enter choose, Esc gives up.", "Enter or Esc", ""];

impl ListTheme {
    pub(super) const fn new(rows: Rows, pages: Pages, paint: OwnedFd, frame: Frame) -> Self {
        Self { rows, pages, paint, frame }
    }

    /// Returns the columns of a row. The last column stays free, because some terminals wrap there.
    fn width(&self) -> usize {
        usize::from(tty::size(&self.paint).columns).saturating_sub(1)
    }

    fn row(&self, key: &str, before: &str) -> (usize, String) {
        let position = key.parse().unwrap_or_default();
        (position, fitted(&format!("{before}{}", self.rows.row(position)), self.width()))
    }
}

impl Theme for ListTheme {
    fn format_select_prompt(&self, f: &mut dyn Write, _: &str) -> fmt::Result {
        let page = if self.pages == Pages::Several { PAGE_SUFFIX.len() } else { 0 };
        let room = self.width().saturating_sub(page);
        let keys = KEYS.into_iter().find(|keys| keys.len() <= room).unwrap_or_default();
        self.frame.begin(&format!("{keys}\n"));
        f.write_str(keys)
    }

    fn format_select_prompt_item(&self, f: &mut dyn Write, key: &str, active: bool) -> fmt::Result {
        let (position, row) = self.row(key, if active { "> " } else { "  " });
        self.frame.row(position, &row);
        f.write_str(&row)
    }

    fn format_select_prompt_selection(&self, f: &mut dyn Write, _: &str, key: &str) -> fmt::Result {
        f.write_str(&self.row(key, "Chosen: ").1)
    }
}

/// The theme of a yes-or-no question, worded as without dialoguer.
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

/// Returns the answers to a yes-or-no question. The capital letter is the default.
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
        let prompt = self.words(row, answer.filter(|_| !is_first).map_or("", letter));
        self.frame.begin(&prompt);
        f.write_str(&prompt)
    }

    fn format_confirm_prompt_selection(&self, f: &mut dyn Write, row: &str, answer: Option<bool>) -> fmt::Result {
        f.write_str(&self.words(row, answer.map_or("", letter)))
    }
}

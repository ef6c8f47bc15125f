//! The rows that the reveal paints, in a buffer that is never reallocated and is wiped.

use std::time::Duration;

use crossterm::cursor::MoveTo;
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType};
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

use crate::domain::Issuance;
use crate::output::sanitize;
use crate::terminal::local_time::LocalTime;
use crate::terminal::paint::{cut, wrap};
use crate::terminal::spelling;
use crate::terminal::tty::Size;
use crate::texts::{Localization, PasswordIs};

/// The capacity of the buffer, in bytes. It is never filled: rows are cut to the width, and there are few.
const CANVAS_CAPACITY: usize = 256 * 1024;
/// The columns left of the password and its spelling.
const INDENT: usize = 4;
/// The rows of the smallest layout beside the spelling: title, password and countdown.
const UNSPELLED_ROWS: usize = 3;
/// A group that takes more columns to spell than nearly all that are generated.
const SPECIMEN: &str = "NJWN-";

/// How the agent ends a reveal in a window that is too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WayOut {
    /// The password was never painted, so the agent gives up.
    GiveUp,
    /// The password was painted in a larger window before.
    Dismiss,
}

/// The layout of the reveal for one size of the screen.
pub(super) struct Layout {
    /// The rows above the password, without secrets.
    above: Vec<String>,
    /// The part of the password that each row of the spelling spells.
    spelling: Vec<std::ops::Range<usize>>,
    /// The rows below the spelling, without secrets.
    below: Vec<String>,
    /// Whether there are empty rows between the parts.
    spaced: bool,
    columns: usize,
}

impl Layout {
    /// Returns the fullest layout that fits.
    ///
    /// Leaves out empty rows first, then the steps, which are shown again afterwards.
    /// Returns `None` if the password and its spelling do not fit.
    pub(super) fn of(password: &str, issuance: &Issuance, size: Size, localization: &Localization) -> Option<Self> {
        let columns = usize::from(size.columns);
        if columns < least_columns(password) {
            return None;
        }
        let customer = &issuance.customer;
        let practice = if issuance.profile_ref.backend == "practice" { "  [practice directory]" } else { "" };
        let named = format!("{} ({})", sanitize(&customer.name), sanitize(customer.id.as_str()));
        let title = format!("{}{practice}", localization.reveal_title(&named));
        let full = |below: Vec<String>, spaced| Self {
            above: vec![cut(&title, columns).to_owned()],
            spelling: spelling::rows(password, columns - INDENT),
            below,
            spaced,
            columns,
        };
        let wide = below(issuance, columns, localization);
        let short: Vec<String> = wide.iter().take(1).cloned().collect();
        [full(wide.clone(), true), full(wide, false), full(short, false), full(Vec::new(), false)]
            .into_iter()
            .find(|layout| layout.height() <= usize::from(size.rows))
    }

    /// Counts all rows, with the countdown.
    pub(super) fn height(&self) -> usize {
        let gaps = if self.spaced { 4 } else { 0 };
        self.above.len() + 1 + self.spelling.len() + self.below.len() + gaps + 1
    }

    /// Paints everything but the countdown.
    pub(super) fn paint(&self, password: &str) -> Zeroizing<Vec<u8>> {
        let mut canvas = Canvas::new();
        for row in &self.above {
            canvas.row(|bytes| bytes.extend_from_slice(row.as_bytes()));
        }
        canvas.gap(self.spaced);
        canvas.row(|bytes| {
            bytes.resize(bytes.len() + INDENT, b' ');
            bytes.extend_from_slice(b"\x1b[1m");
            bytes.extend_from_slice(password.as_bytes());
            bytes.extend_from_slice(b"\x1b[0m");
        });
        canvas.gap(self.spaced);
        for range in &self.spelling {
            canvas.row(|bytes| spell(bytes, &password[range.clone()]));
        }
        canvas.gap(self.spaced);
        for row in &self.below {
            canvas.row(|bytes| bytes.extend_from_slice(row.as_bytes()));
        }
        canvas.gap(self.spaced);
        canvas.bytes
    }

    /// Paints the row with the time left and the keys.
    pub(super) fn paint_countdown(&self, words: &str) -> Zeroizing<Vec<u8>> {
        let mut canvas = Canvas::new();
        canvas.next = u16::try_from(self.height() - 1).unwrap_or(u16::MAX);
        canvas.row(|bytes| bytes.extend_from_slice(cut(words, self.columns).as_bytes()));
        canvas.bytes
    }
}

fn spell(bytes: &mut Vec<u8>, part: &str) {
    bytes.resize(bytes.len() + INDENT, b' ');
    for (position, character) in part.char_indices() {
        let (capital, word) = spelling::word(character);
        if position > 0 {
            bytes.extend_from_slice(spelling::SEPARATOR.as_bytes());
        }
        bytes.extend_from_slice(capital.as_bytes());
        if capital.is_empty() {
            bytes.extend_from_slice(word.as_bytes());
        } else {
            bytes.extend(word.bytes().map(|byte| byte.to_ascii_uppercase()));
        }
    }
}

fn below(issuance: &Issuance, columns: usize, localization: &Localization) -> Vec<String> {
    let local = LocalTime::at(Timestamp::now()).in_language(localization.clone());
    let until = issuance.expires_at.map(|at| local.until(at));
    let mut rows = wrap(&localization.validity(until.as_deref()), columns);
    for step in localization.next_steps(issuance, PasswordIs::Shown) {
        for (position, row) in wrap(&sanitize(&step), columns.saturating_sub(4)).into_iter().enumerate() {
            let bullet = if position == 0 { "  - " } else { "    " };
            rows.push(format!("{bullet}{row}"));
        }
    }
    rows
}

/// Returns the size that shows this password and its spelling, in a window that is no narrower than this.
pub(super) fn needed_size(password: &str, columns: u16) -> Size {
    let columns = least_columns(password).max(usize::from(columns));
    let rows = UNSPELLED_ROWS + spelling::rows(password, columns - INDENT).len();
    Size { columns: u16::try_from(columns).unwrap_or(u16::MAX), rows: u16::try_from(rows).unwrap_or(u16::MAX) }
}

/// Returns the size that a reveal takes before there is a password: of this length, and long to spell.
///
/// It has room for the validity as well, which is left out if the spelling needs that row.
pub(super) fn expected_size(length: usize, columns: u16) -> Size {
    let specimen: String = SPECIMEN.chars().cycle().take(length).collect();
    let size = needed_size(&specimen, columns);
    Size { rows: size.rows.saturating_add(1), ..size }
}

/// Counts the columns that a password and each word of its spelling take.
fn least_columns(password: &str) -> usize {
    (password.len() + 2 * INDENT).max(spelling::widest(password) + INDENT)
}

/// Paints what to do about a window that is too small, and how to end the reveal, in the words that fit.
pub(super) fn too_small(size: Size, needed: Size, way_out: WayOut) -> Zeroizing<Vec<u8>> {
    let Size { columns, rows } = needed;
    let (end, key) = match way_out {
        WayOut::GiveUp => ("Ctrl-C gives up, and shows nothing", "Ctrl-C gives up"),
        WayOut::Dismiss => ("q if you have noted it", "q ends"),
    };
    let words = [
        format!("Enlarge the window to {columns} columns and {rows} rows to see the password. {end}."),
        format!("Enlarge the window to {columns}x{rows}. {key}."),
        format!("To {columns}x{rows}. {key}."),
    ];
    let wrapped = words.map(|words| wrap(&words, usize::from(size.columns)));
    let mut canvas = Canvas::new();
    let fits = |lines: &&Vec<String>| lines.len() <= usize::from(size.rows);
    for line in wrapped.iter().find(fits).or(wrapped.last()).into_iter().flatten().take(usize::from(size.rows)) {
        canvas.row(|bytes| bytes.extend_from_slice(line.as_bytes()));
    }
    canvas.bytes
}

/// Returns the countdown and the keys, in the words that fit.
pub(super) fn countdown(left: Option<Duration>, columns: u16, localization: &Localization) -> String {
    let words = localization.countdowns(left);
    let fits = |text: &&String| text.width() <= usize::from(columns);
    words.iter().find(fits).or(words.last()).cloned().unwrap_or_default()
}

/// Wipes this many rows one by one.
///
/// Some terminals without an alternate screen keep what "erase display" erases.
pub(super) fn wipe(rows: u16) -> Zeroizing<Vec<u8>> {
    let mut canvas = Canvas::new();
    for _ in 0..rows {
        canvas.row(|_| {});
    }
    let _ = queue!(&mut *canvas.bytes, MoveTo(0, 0)); // writing to memory cannot fail
    canvas.bytes
}

/// A buffer of rows from the top of the screen. Each row is cleared before it is written.
struct Canvas {
    bytes: Zeroizing<Vec<u8>>,
    next: u16,
}

impl Canvas {
    fn new() -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(CANVAS_CAPACITY)), next: 0 }
    }

    fn row(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        // Writing to memory cannot fail.
        let _ = queue!(&mut *self.bytes, MoveTo(0, self.next), Clear(ClearType::CurrentLine));
        write(&mut self.bytes);
        self.next += 1;
    }

    fn gap(&mut self, wanted: bool) {
        if wanted {
            self.row(|_| {});
        }
    }
}

#[cfg(test)]
mod tests;

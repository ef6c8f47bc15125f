//! Formats tables that fit the terminal, with every cell sanitised.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

use super::sanitize::sanitize;

/// The width without a terminal, in columns.
const DEFAULT_WIDTH: u16 = 160;
/// The spaces around a cell, in columns.
const PADDING: u16 = 2;

/// Formats a table with a header row.
pub(crate) fn table(headers: &[&str], rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    let mut table = unstyled(width);
    table.set_header(headers.iter().copied());
    for row in rows {
        table.add_row(row.iter().map(|cell| sanitize_lines(cell)));
    }
    to_trimmed_string(&table)
}

/// Formats rows with columns of at least these widths, where all of them fit; without headers, rows alone.
pub(super) fn page(headers: &[&str], rows: Vec<Vec<String>>, widths: &[u16], width: Option<u16>) -> String {
    let mut table = unstyled(width);
    if !headers.is_empty() {
        table.set_header(headers.iter().copied());
    }
    for row in rows {
        table.add_row(row.iter().map(|cell| sanitize_lines(cell)));
    }
    let whole: u16 = widths.iter().map(|width| width.saturating_add(PADDING)).fold(0, u16::saturating_add);
    if whole <= width.unwrap_or(DEFAULT_WIDTH) {
        table.set_constraints(
            widths.iter().map(|width| ColumnConstraint::LowerBoundary(Width::Fixed(width.saturating_add(PADDING)))),
        );
    }
    to_trimmed_string(&table)
}

/// Returns how wide each column's widest cell is.
pub(super) fn widths(headers: &[&str], rows: &[Vec<String>]) -> Vec<u16> {
    let mut widths: Vec<u16> = headers.iter().map(|header| width_of(header)).collect();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = width_of(&sanitize_lines(cell)).max(*widest);
        }
    }
    widths
}

fn width_of(cell: &str) -> u16 {
    let widest = cell.lines().map(UnicodeWidthStr::width).max().unwrap_or_default();
    u16::try_from(widest).unwrap_or(u16::MAX)
}

/// Formats names with their values beside them.
pub(crate) fn fields(fields: &[(String, String)], width: Option<u16>) -> String {
    let mut table = unstyled(width);
    for (name, value) in fields {
        table.add_row([sanitize_lines(name), sanitize_lines(value)]);
    }
    to_trimmed_string(&table)
}

fn unstyled(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width.unwrap_or(DEFAULT_WIDTH));
    table
}

/// Sanitizes a cell, except for line breaks, which are tellonce's own.
fn sanitize_lines(cell: &str) -> String {
    cell.split('\n').map(sanitize).collect::<Vec<_>>().join("\n")
}

fn to_trimmed_string(table: &Table) -> String {
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_and_has_nothing_unsafe_in_it() {
        let name =
            "Mallory \u{1b}[31mRed\u{1b}[0m 山田山田山田山田山田山田山田山田山田山田山田山田山田山田山田山田山田山田"
                .to_owned();
        for width in [30, 80] {
            let text = table(&["ID", "NAME"], vec![vec!["C-1".to_owned(), name.clone()]], Some(width));
            assert!(text.lines().all(|line| line.width() <= usize::from(width)), "{width}\n{text}");
            assert!(!text.contains('\u{1b}') && text.contains("\\u{1b}"), "{text}");
        }
    }

    #[test]
    fn a_value_of_several_lines_keeps_them() {
        let text = fields(&[("Rules".to_owned(), "one\ntwo".to_owned())], Some(40));
        assert_eq!(text.lines().count(), 2, "{text}");
    }
}

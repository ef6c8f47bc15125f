//! A terminal's screen as SVG: the text as it stands there, with its colours, in a window that names the command.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// Pixels of a column and of a row. Each run of text is stretched to its columns, whatever font the reader has.
const COLUMN: f32 = 8.4;
const ROW: u16 = 19;
const FONT_SIZE: u16 = 14;
const MARGIN: u16 = 16;
/// The bar with the command, above the screen.
const BAR: u16 = 34;
const BACKGROUND: &str = "#1e2127";
const FOREGROUND: &str = "#dcdfe4";

/// How a cell is painted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Style {
    color: &'static str,
    background: Option<&'static str>,
    is_bold: bool,
    is_underlined: bool,
}

impl Style {
    fn of(cell: &Cell) -> Self {
        let (color, background) = (named(cell.fgcolor()).unwrap_or(FOREGROUND), named(cell.bgcolor()));
        let (color, background) =
            if cell.inverse() { (background.unwrap_or(BACKGROUND), Some(color)) } else { (color, background) };
        Self { color, background, is_bold: cell.bold(), is_underlined: cell.underline() }
    }
}

/// Returns the colour of an ANSI index; `None` for the terminal's own.
fn named(color: Color) -> Option<&'static str> {
    let Color::Idx(index) = color else { return None };
    let all = ["#5c6370", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#dcdfe4"];
    all.get(usize::from(index % 8)).copied()
}

/// A character of a row, and how it is painted.
type Painted = (char, Style);

/// The rows of a screen, up to the last one with text.
pub struct Picture(Vec<Vec<Painted>>);

impl Picture {
    pub fn of(screen: &Screen) -> Self {
        let (rows, columns) = screen.size();
        let cells = |row: u16| (0..columns.get()).filter_map(move |column| screen.cell(row, column));
        let mut all: Vec<Vec<Painted>> = (0..rows.get())
            .map(|row| {
                let mut painted: Vec<Painted> = cells(row)
                    .map(|cell| {
                        assert!(!cell.is_wide(), "a picture has letters of one column");
                        (cell.contents().chars().next().unwrap_or(' '), Style::of(cell))
                    })
                    .collect();
                while painted.last().is_some_and(|(letter, style)| *letter == ' ' && style.background.is_none()) {
                    painted.pop();
                }
                painted
            })
            .collect();
        while all.last().is_some_and(Vec::is_empty) {
            all.pop();
        }
        Self(all)
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|row| text_of(row)).collect::<Vec<_>>().join("\n")
    }

    /// Keeps the rows up to the first one with this text.
    pub fn up_to(mut self, text: &str) -> Self {
        let last = self.0.iter().position(|row| text_of(row).contains(text)).unwrap();
        self.0.truncate(last + 1);
        self
    }

    /// Replaces the text of each row. A replaced character is painted as the one that stood at its place.
    pub fn with_rows(self, replace: impl Fn(&str) -> String) -> Self {
        let rows = self.0.into_iter().map(|row| {
            let text = replace(&text_of(&row));
            let last = row.last().map(|(_, style)| style.clone());
            let styles = row.into_iter().map(|(_, style)| style).map(Some).chain(std::iter::repeat(last));
            text.chars().zip(styles).filter_map(|(letter, style)| Some((letter, style?))).collect()
        });
        Self(rows.collect())
    }

    /// Writes the picture. The title names the command; readers who do not see it hear the text of the screen.
    pub fn svg(&self, columns: u16, title: &str) -> String {
        let width = (f32::from(columns) * COLUMN).ceil() + 2.0 * f32::from(MARGIN);
        let height = BAR + 2 * MARGIN + ROW * u16::try_from(self.0.len()).unwrap();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title text\">\n<title id=\"title\">{}</title>\n<desc id=\"text\">{}</desc>\n",
            escaped(title),
            escaped(&self.text())
        );
        let _ = writeln!(
            svg,
            "<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n<g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{FONT_SIZE}\">\n<text x=\"{MARGIN}\" y=\"22\" fill=\"#98c379\">$ <tspan fill=\"{FOREGROUND}\">{}</tspan></text>\n<path d=\"M0 {BAR}H{width}\" stroke=\"#3a3f4b\"/>",
            escaped(title)
        );
        for (number, row) in self.0.iter().enumerate() {
            let top = BAR + MARGIN + ROW * u16::try_from(number).unwrap();
            for (column, text, style) in runs(row) {
                write_run(&mut svg, f32::from(column) * COLUMN + f32::from(MARGIN), top, &text, &style);
            }
        }
        svg.push_str("</g>\n</svg>\n");
        svg
    }
}

fn text_of(row: &[Painted]) -> String {
    row.iter().map(|(letter, _)| *letter).collect()
}

/// Splits a row where the style changes, and at every gap: readers join blanks. Returns the column of each part.
fn runs(row: &[Painted]) -> Vec<(u16, String, Style)> {
    let mut runs: Vec<(u16, String, Style)> = Vec::new();
    let mut is_open = false;
    for (column, (letter, style)) in row.iter().enumerate() {
        let is_gap = *letter == ' '
            && style.background.is_none()
            && row.get(column + 1).is_none_or(|(next, following)| *next == ' ' || following != style);
        match runs.last_mut() {
            Some((_, text, last)) if is_open && last == style && !is_gap => text.push(*letter),
            _ if is_gap || (*letter == ' ' && style.background.is_none()) => is_open = false,
            _ => {
                runs.push((u16::try_from(column).unwrap(), (*letter).to_string(), style.clone()));
                is_open = true;
            }
        }
    }
    runs
}

fn write_run(svg: &mut String, left: f32, top: u16, text: &str, style: &Style) {
    let length = f32::from(u16::try_from(text.chars().count()).unwrap()) * COLUMN;
    if let Some(background) = style.background {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top}\" width=\"{length:.1}\" height=\"{ROW}\" fill=\"{background}\"/>"
        );
    }
    let bold = if style.is_bold { " font-weight=\"bold\"" } else { "" };
    let line = if style.is_underlined { " text-decoration=\"underline\"" } else { "" };
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{}\" fill=\"{}\"{bold}{line} textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
        top + 14,
        style.color,
        escaped(text)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

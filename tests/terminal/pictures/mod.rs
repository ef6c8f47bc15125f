//! docs/images/terminal holds pictures of real screens. `TELLONCE_GENERATE=write cargo test --test terminal pictures`
//! makes them anew.
//!
//! What differs from run to run is replaced by an example of the same width: the password, times, and numbers of runs.

mod svg;

use std::path::{Path, PathBuf};

use fancy_regex::Regex;

use self::svg::Picture;
use super::bulk::{environment, started};
use crate::support::{Terminal, TestEnvironment};

const COLUMNS: u16 = 100;
/// The width of a table, so that no row of it is wrapped.
const WIDE: u16 = 120;
/// The examples, by what they stand for. A password of a picture opens nothing.
const EXAMPLES: [(&str, &str); 8] = [
    (r"\b[A-Za-z0-9]{4}-[A-Za-z0-9]{4}-[A-Za-z0-9]{4}\b", "Hq7w-Xnk9-Tb4m"),
    (r"\b(today|tomorrow|yesterday) \d\d:\d\d\b", "$1 10:24"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-15 10:24:07"),
    (r"\d{4}-\d\d-\d\d", "2026-01-15"),
    (r"\b\d\d:\d\d UTC\b", "10:24 UTC"),
    (r"Gone in 9:\d\d", "Gone in 9:58"),
    (r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "20260115-102407-5e1d"),
    (r"\b[0-9a-f]{20}\b", "5e1d0c7a94b2f8360de1"),
];
/// The example's spelling, a row for each group.
const SPELLING: [&str; 3] = [
    "    capital HOTEL, quebec, seven, whiskey, dash",
    "    capital X-RAY, november, kilo, nine, dash",
    "    capital TANGO, bravo, four, mike",
];

/// A picture of what a terminal shows now.
fn taken(terminal: &Terminal) -> Picture {
    let spelled = Regex::new(r"^    ((capital )?[\w-]+, ){3,}(capital )?[\w-]+$").unwrap();
    let examples: Vec<(Regex, &str)> =
        EXAMPLES.iter().map(|(pattern, example)| (Regex::new(pattern).unwrap(), *example)).collect();
    let next = std::cell::Cell::new(0);
    let picture = Picture::of(&terminal.cells()).with_rows(|row| {
        if spelled.is_match(row).unwrap() {
            next.set(next.get() + 1);
            return SPELLING[next.get() - 1].to_owned();
        }
        examples.iter().fold(row.to_owned(), |row, (pattern, example)| pattern.replace_all(&row, *example).into_owned())
    });
    assert!([0, SPELLING.len()].contains(&next.get()), "{}", picture.text());
    picture
}

/// The picture in docs/images must be this one; or is made so.
fn check(name: &str, command: &str, columns: u16, picture: &Picture) {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images/terminal");
    let file = folder.join(format!("{name}.svg"));
    let wanted = picture.svg(columns, command);
    if std::env::var_os("TELLONCE_GENERATE").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&file, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == wanted, "{} is not what the screen shows:\n{}", file.display(), picture.text());
}

/// Runs a command to its end.
fn ended(env: &TestEnvironment, arguments: &[&str], columns: u16) -> Terminal {
    let mut terminal = Terminal::run(env, arguments, columns, 200);
    assert_eq!(terminal.end().0, 0, "{}", terminal.screen());
    terminal
}

#[test]
fn a_reset_is_pictured() {
    let env = TestEnvironment::signed_in("sam");
    let mut terminal = Terminal::run(&env, &["reset", "ada@example.com"], COLUMNS, 40);
    terminal.wait_for("[y/N]");
    check("confirmation", "tellonce reset ada@example.com", COLUMNS, &taken(&terminal));
    terminal.type_("y\r");
    terminal.wait_for("Gone in 9:5");
    let revealed = taken(&terminal);
    check("reveal", "tellonce reset ada@example.com", COLUMNS, &revealed);
    terminal.press_until("q", Terminal::try_end);
    assert_eq!(terminal.end().0, 0);
    // The key is pressed until the reveal is over: the shell's line may show one more.
    let dismissed = taken(&terminal).up_to("They sign in as");
    check("after-reveal", "tellonce reset ada@example.com", COLUMNS, &dismissed);
}

#[test]
fn what_is_read_is_pictured() {
    let env = TestEnvironment::signed_in("sam").with_variable("TELLONCE_PROFILE", "practice");
    let home = env.path().display().to_string();
    let recorded = Regex::new(r"^( recording +).*$").unwrap();
    for (name, arguments) in [("show", &["show", "ada@example.com"][..]), ("doctor", &["doctor"])] {
        let picture = taken(&ended(&env, arguments, WIDE)).with_rows(|row| {
            let row = row.replace(&home, "/home/sam/.tellonce");
            recorded.replace(&row, "${1}ok     nothing that records this terminal was recognised (docs/security.md says what cannot be)").into_owned()
        });
        check(name, &format!("tellonce {}", arguments.join(" ")), WIDE, &picture);
    }
}

#[test]
fn a_bulk_run_is_pictured() {
    let env = environment(60, 10);
    let mut terminal = started(&env, "in.csv", &[]);
    terminal.wait_for("[y/N]");
    terminal.type_("y\r");
    assert_eq!(terminal.end().0, 0, "{}", terminal.screen());
    check("bulk", "tellonce bulk in.csv --out out.jsonl --seal-to age1ql3z7…", COLUMNS, &taken(&terminal));
}

#[test]
fn the_tour_is_pictured() {
    let env = TestEnvironment::new();
    let terminal = ended(&env, &["practice", "tour"], COLUMNS);
    let picture = taken(&terminal).up_to("L5  ");
    check("tour", "tellonce practice tour", COLUMNS, &picture);
}

//! Input that means harm, or was made by a bad export.

use std::io::Read;
use std::process::Stdio;

use proptest::prelude::*;
use tellonce::bulk::{InputFormat, InputOptions, Numbered, Rows};

use super::fixture::Fixture;
use crate::support::{BINARY, PRACTICE};

fn read(bytes: &[u8], format: Option<InputFormat>) -> Result<Vec<Numbered>, String> {
    let options = InputOptions { format, customer_column: None };
    let mut rows = Rows::new(bytes, &options).map_err(|failure| failure.message)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next_row().map_err(|failure| failure.message)? {
        all.push(row);
    }
    Ok(all)
}

/// Reads a line of this many bytes, in both formats, and the rows around it.
fn read_around_a_line_of(bytes: u64) {
    for (start, end, after) in [("customer\nok\n", "\n", 4), ("{\"customer\":\"ok\"}\n", "\n", 3)] {
        let tail = if after == 4 { "last\n" } else { "{\"customer\":\"last\"}\n" };
        let long = std::io::repeat(b'x').take(bytes);
        let all = start.as_bytes().chain(long).chain(end.as_bytes()).chain(tail.as_bytes());
        let mut rows = Rows::new(all, &InputOptions::default()).unwrap();
        assert!(rows.next_row().unwrap().unwrap().row.is_ok());
        assert!(rows.next_row().unwrap().unwrap().row.unwrap_err().contains("longer"));
        let last = rows.next_row().unwrap().unwrap();
        assert_eq!((last.line, last.row.unwrap().customer.as_str()), (after, "last"));
        assert!(rows.next_row().unwrap().is_none());
    }
}

#[test]
fn a_line_of_many_megabytes_is_one_bad_row() {
    read_around_a_line_of(1 << 26);
}

#[test]
#[ignore = "needs seconds for two gigabytes"]
fn a_line_of_a_gigabyte_is_one_bad_row() {
    read_around_a_line_of(1 << 30);
}

#[test]
#[ignore = "needs a gigabyte of the disk"]
fn a_line_of_a_gigabyte_on_standard_input_is_spooled_and_one_bad_row() {
    let fixture = Fixture::new(60);
    let key = fixture.public();
    let all = ["bulk", "-", "--yes", "--expect", "3", "--out", "out.jsonl", "--seal-to", &key];
    let mut command = fixture.env.program("/usr/bin/time");
    command.args(["--quiet", "-f", "%M", BINARY, "-q"]).args([&PRACTICE[..], &all].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = b"customer\nC-1040\n".chain(std::io::repeat(b'x').take(1 << 30)).chain(&b"\nC-1041\n"[..]);
    std::io::copy(&mut input, &mut child.stdin.take().unwrap()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(10));
    let told = String::from_utf8(ended.stderr).unwrap();
    let most: u64 = told.lines().last().unwrap().parse().unwrap();
    assert!(most < 128 * 1024, "{most} KiB");
    let mut rows: Vec<(u64, String)> = fixture
        .rows("out.jsonl")
        .iter()
        .map(|row| (row["line"].as_u64().unwrap(), row["outcome"].as_str().unwrap().to_owned()))
        .collect();
    rows.sort_unstable();
    let expected = [(2, "delivered"), (3, "unusable"), (4, "delivered")];
    assert_eq!(rows, expected.map(|(line, outcome)| (line, outcome.to_owned())));
    let run = fixture.path("bulk").join(fixture.run_id());
    assert!(std::fs::read_dir(run).unwrap().all(|file| file.unwrap().metadata().unwrap().len() < 1 << 20));
}

#[test]
fn what_cannot_be_read_is_reported_with_its_line_and_the_rest_is_read() {
    let rows = read(b"customer,ticket\na,1\n\xff\xfe,2\nb\0,3\n\n\nc,\"x\ny\"\nd\ne,1,2\n,3\nf\"o,4\n", None).unwrap();
    let told: Vec<(u64, bool)> = rows.iter().map(|row| (row.line, row.row.is_ok())).collect();
    let bad = [3, 4, 7, 9, 10, 11, 12].map(|line| (line, false));
    assert_eq!(told, [&[(2, true)][..], &bad].concat());
    // A line break is no ticket's; in a column that is not read it is nobody's business.
    let rows = read(b"customer,note\na,1\nc,\"x\ny\"\nd,2\n", None).unwrap();
    let told: Vec<(u64, bool)> = rows.iter().map(|row| (row.line, row.row.is_ok())).collect();
    assert_eq!(told, [(2, true), (3, true), (5, true)]);
}

#[test]
fn headers_that_cannot_be_used_are_refused() {
    let many = "x,".repeat(1_000_000) + "customer\n1\n";
    for bad in ["", "name,mail\nx,y\n", "customer,Customer\n1,2\n", &many] {
        assert!(read(bad.as_bytes(), None).is_err(), "{}", &bad[..bad.len().min(20)]);
    }
    let told = read(b"c\0u\0s\0t\0", None).unwrap_err();
    assert!(told.contains("UTF-16 without a byte order mark"), "{told}");
}

#[test]
fn delimiters_and_marks_are_recognised() {
    for text in [
        "customer;ticket\na;1\n",
        "\u{feff}Ticket\tCUSTOMER\n1\ta\n",
        "ticket|customer\r\n1|a\r\n",
        "{\"customer\":\"a\",\"ticket\":1}",
    ] {
        let rows = read(text.as_bytes(), None).unwrap();
        let row = rows[0].row.as_ref().unwrap();
        assert_eq!((rows.len(), row.customer.as_str(), row.ticket.as_deref()), (1, "a", Some("1")), "{text}");
    }
}

#[test]
fn formulas_and_escapes_do_nothing_in_the_output() {
    let fixture = Fixture::new(40);
    let input = "customer,ticket\n=HYPERLINK(1),=1+1\n\u{1b}[31mred,@x\n";
    std::fs::write(fixture.path("in.csv"), input).unwrap();
    fixture.sealed("out.csv", 2, &[]).must(10);
    let text = std::fs::read_to_string(fixture.path("out.csv")).unwrap();
    assert!(text.contains("'=HYPERLINK(1)") && text.contains("'=1+1") && text.contains("'@x"), "{text}");
    assert!(!text.contains(",=") && !text.contains(",@"), "{text}");
}

#[test]
fn escapes_do_nothing_at_a_terminal() {
    let fixture = Fixture::new(40);
    std::fs::write(fixture.path("in.csv"), "customer\n\u{1b}[31mred\u{202e}\n").unwrap();
    let dry = fixture.bulk(&["in.csv", "--dry-run"]).must(10);
    let key = fixture.public();
    let real = fixture.bulk(&["in.csv", "--yes", "--expect", "1", "--out", "out.csv", "--seal-to", &key]).must(10);
    for text in [dry.stdout, dry.stderr, real.stdout, real.stderr] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_input_stops_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..2000), csv in any::<bool>()) {
        let mut all = if csv { b"customer,ticket\n".to_vec() } else { Vec::new() };
        all.extend(bytes);
        let format = if csv { InputFormat::Csv } else { InputFormat::Jsonl };
        let Ok(rows) = read(&all, Some(format)) else { return Ok(()) };
        let mut last = 0;
        for row in rows {
            prop_assert!(row.line > last);
            last = row.line;
        }
    }

    #[test]
    fn what_a_csv_writer_writes_is_read(cells in proptest::collection::vec("[^\0]{1,40}", 1..20)) {
        let cells: Vec<String> = cells.into_iter().filter(|cell| !cell.trim().is_empty()).collect();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["customer", "ticket"]).unwrap();
        for cell in &cells {
            writer.write_record([cell.as_str(), "t"]).unwrap();
        }
        let rows = read(&writer.into_inner().unwrap(), None).unwrap();
        let found: Vec<String> = rows.into_iter().map(|row| row.row.unwrap().customer).collect();
        let expected: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        prop_assert_eq!(found, expected);
    }
}

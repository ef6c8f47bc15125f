//! The input as exporters write it: delimiters, encodings, line ends, headers, and files that are no such text.

use std::io::Read;
use std::process::Stdio;

use tellonce::bulk::{InputOptions, Rows};

use super::fixture::Fixture;
use crate::support::{CommandOutput, PRACTICE};

/// Reads each customer and ticket, with the line.
fn read(bytes: &[u8], customer_column: Option<&str>) -> Result<Vec<(u64, String, String)>, String> {
    let options = InputOptions { format: None, customer_column: customer_column.map(str::to_owned) };
    let mut rows = Rows::new(bytes, &options).map_err(|error| error.message)?;
    let mut all = Vec::new();
    while let Some(numbered) = rows.next_row().map_err(|error| error.message)? {
        let row = numbered.row.map_err(|why| format!("row in line {}: {why}", numbered.line))?;
        all.push((numbered.line, row.customer, row.ticket.unwrap_or_default()));
    }
    Ok(all)
}

fn row(line: u64, customer: &str, ticket: &str) -> (u64, String, String) {
    (line, customer.to_owned(), ticket.to_owned())
}

#[test]
fn one_table_is_read_however_it_is_written() {
    for delimiter in [",", ";", "\t", "|"] {
        for line_end in ["\n", "\r\n", "\r"] {
            for (before, first) in [("", 2), ("#TYPE System.Object\n", 3), ("\n  \nsep=DELIMITER\n", 5)] {
                let table = "customer,ticket\nC-1,\"T,1\n2\"\n\n,\n   \n\"C-\"\"2\"\"\",\u{c9}\n";
                let text = format!("{before}{table}").replace(',', delimiter).replace("DELIMITER", delimiter);
                let text = text.replace('\n', line_end);
                let mut utf16 = vec![0xff, 0xfe];
                utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
                let mut utf16_big = vec![0xfe, 0xff];
                utf16_big.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
                let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
                for bytes in [text.as_bytes(), &marked, &utf16, &utf16_big] {
                    let told = read(bytes, None).unwrap_err();
                    assert!(
                        told.contains(&format!("line {first}: its ticket is more than one line")),
                        "{text:?}: {told}"
                    );
                }
                let text = text.replace(&format!("1{line_end}2"), "12");
                let expected = [row(first, "C-1", &format!("T{delimiter}12")), row(first + 4, "C-\"2\"", "\u{c9}")];
                if delimiter != "\t" {
                    assert_eq!(read(text.as_bytes(), None).unwrap(), expected, "{text:?}");
                }
            }
        }
    }
}

#[test]
fn a_quote_that_leaves_rows_open_refuses_the_input_with_its_line() {
    for (text, what) in [
        ("customer,ticket\nC-1,T-1\nC-2,\"T-2\nC-3,T-3\n", "line 3: a quote that is opened there is never closed"),
        ("customer,ticket\nC-1,\"T-1\nC-2,T\"-2\nC-3,T-3\n", "line 2: there is text after a closing quote"),
        ("customer,ticket\r\"C-1\" ,T-1\r", "line 2: there is text after a closing quote"),
        ("customer,ticket\n\"C\n-1\",\"T-1\n", "line 3: a quote that is opened there is never closed"),
        ("customer,\"ticket\nC-1,T-1\n", "line 1: a quote that is opened in the header is never closed"),
        ("customer,\"ticket\"x\nC-1,T-1\n", "line 1: the header has text after a closing quote"),
        (
            "\ncustomer,Ticket,TICKET\nC-1,T-1,\n",
            "line 2: the header has two columns of one name: \"Ticket\" and \"TICKET\"",
        ),
        ("customer,email,E-Mail\nC-1,,\n", "two columns of one name: \"email\" and \"E-Mail\""),
    ] {
        let told = read(text.as_bytes(), None).unwrap_err();
        assert!(told.contains(what), "{text:?}: {told}");
    }
}

#[test]
fn the_customer_is_in_a_column_that_is_recognised_or_named() {
    for (header, customer_column) in [
        ("customer", None),
        ("Customer ID", None),
        ("username", None),
        ("login", None),
        ("userPrincipalName", None),
        ("SamAccountName", None),
        ("primaryEmail", None),
        ("Email Address [Required]", None),
        ("id", Some("id")),
        ("Kundennummer", Some("kundennummer")),
    ] {
        let text = format!("other,{header},ticket\nx,C-1,T-1\n");
        assert_eq!(read(text.as_bytes(), customer_column).unwrap(), [row(2, "C-1", "T-1")], "{header}");
    }
    let told = read(b"id;name;phone\n1;Ada;2\n", None).unwrap_err();
    assert!(told.contains("no column \"customer\". It has: \"id\", \"name\", \"phone\""), "{told}");
    let told = read(b"customer;name\n1;Ada\n", Some("login")).unwrap_err();
    assert!(told.contains("no column \"login\". It has: \"customer\", \"name\""), "{told}");
    let lines = b"{\"login\":\"C-1\",\"ticket\":\"T-1\"}\n{\"login\":7}\n";
    assert_eq!(read(lines, Some("login")).unwrap(), [row(1, "C-1", "T-1"), row(2, "7", "")]);
}

#[test]
fn a_file_that_is_no_csv_is_called_what_it_is() {
    for (start, what) in [
        (&b"PK\x03\x04\x14\0\x06\0[Content_Types].xml"[..], "it is an Excel workbook (.xlsx), not CSV"),
        (
            b"PK\x03\x04\x14\0\0\0mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            "it is an OpenDocument spreadsheet",
        ),
        (b"PK\x03\x04\x14\0\0\0in.csv", "it is a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "it is an old Excel workbook"),
        (b"%PDF-1.7", "it is a PDF"),
        (b"\x1f\x8b\x08\0", "it is a gzip archive"),
        (b"<html>", "it is an HTML page"),
        (b"[{\"customer\":\"C-1\"}]", "it is a JSON array"),
    ] {
        let told = read(start, None).unwrap_err();
        assert!(told.contains(what), "{told}");
    }
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let fixture = Fixture::new(40);
    let fifo = std::process::Command::new("mkfifo").arg(fixture.path("fifo")).status().unwrap();
    assert!(fifo.success());
    let key = fixture.public();
    for file in ["fifo", "/dev/zero", "/dev/tty", "."] {
        for how in [&["--dry-run"][..], &["--yes", "--expect", "1", "--out", "out.csv", "--seal-to", &key]] {
            fixture.bulk(&[&[file], how].concat()).must_say(2, "is not a regular file");
        }
    }
}

#[test]
fn a_dry_run_refuses_what_a_run_refuses() {
    let fixture = Fixture::new(40);
    for (text, what) in [
        ("customer,ticket\n\n", "The input has no rows"),
        ("", "it has no header"),
        ("customer\nC-1001\nC-1005,\"\n", "line 3: a quote that is opened there is never closed"),
    ] {
        std::fs::write(fixture.path("in.csv"), text).unwrap();
        let output = fixture.bulk(&["in.csv", "--dry-run"]).must(2);
        assert!(output.stderr.contains(what) && output.stdout.is_empty(), "{output:#?}");
        fixture.sealed("out.csv", 1, &[]).must_say(2, what);
    }
}

#[test]
fn a_dry_run_ends_when_its_reader_goes_away() {
    let fixture = Fixture::new(40);
    let rows = "C-1001\n".repeat(1_000_000);
    std::fs::write(fixture.path("in.csv"), format!("customer\n{rows}")).unwrap();
    // A million look-ups would take many minutes: a run that goes on is ended by `timeout`, with 124.
    let mut command =
        fixture.env.command_under(&["timeout".as_ref(), "300".as_ref()], &Fixture::arguments(&["in.csv", "--dry-run"]));
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut first = [0; 7];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"line 2:");
    assert_ne!(child.wait().unwrap().code(), Some(124), "it went on without a reader");
}

#[test]
fn utf16_on_standard_input_is_kept_as_utf8_without_secret_keys() {
    let fixture = Fixture::new(40);
    let secret = std::fs::read_to_string(fixture.path("key.txt")).unwrap();
    let text = format!("customer,recipient\r\nC-1005,{}\r\nC-1001,{secret}\r\n", fixture.public());
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let all = ["bulk", "-", "--yes", "--expect", "2", "--limit", "1", "--out", "out.jsonl"];
    std::fs::write(fixture.path("utf16.csv"), utf16).unwrap();
    let input = std::fs::File::open(fixture.path("utf16.csv")).unwrap();
    let output = fixture.env.command(&[&PRACTICE[..], &all].concat()).stdin(input).output().unwrap();
    CommandOutput::from(output).must(0);
    let rows = fixture.rows("out.jsonl");
    assert_eq!(rows.iter().filter(|row| row["outcome"] == "delivered").count(), 1, "{rows:?}");
    let copy = std::fs::read(fixture.path("bulk").join(fixture.run_id()).join("input")).unwrap();
    let copy = String::from_utf8(copy).unwrap();
    assert!(copy.contains("C-1005,age1") && !copy.contains("KEY-1"), "{copy}");
}

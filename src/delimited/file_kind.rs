//! Recognises files that are no CSV by how they begin.

/// How a kind of file begins, and what people call it. The first that fits is used.
const KINDS: &[(&[u8], &str)] = &[
    (b"%PDF-", "a PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh9", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1\x15", "a Parquet file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "an RTF document"),
    (b"age-encryption.org/", "a file sealed with age"),
    (b"-----BEGIN ", "a key, a certificate or a sealed file"),
];

/// How a kind of text begins, after white space and in any case.
const TEXT_KINDS: &[(&str, &str)] = &[
    ("<!doctype html", "an HTML page"),
    ("<html", "an HTML page"),
    ("<?xml", "an XML file"),
    ("<", "an XML or HTML file"),
    ("dn: ", "an LDIF file"),
    ("dn:: ", "an LDIF file"),
    ("version: 1\n", "an LDIF file"),
    ("version: 1\r", "an LDIF file"),
    ("[{", "a JSON array"),
];

/// Returns what people call a file that begins like this. Returns `None` for what may be delimited text or JSON Lines.
pub(super) fn foreign_kind(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return Some(kind_of_archive(start));
    }
    if let Some((_, kind)) = KINDS.iter().find(|(begins, _)| start.starts_with(begins)) {
        return Some(kind);
    }
    let text: String =
        start.trim_ascii_start().iter().take(32).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let without_blanks: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    let fits = |begins: &str| text.starts_with(begins) || begins == "[{" && without_blanks.starts_with(begins);
    TEXT_KINDS.iter().find(|(begins, _)| fits(begins)).map(|(_, kind)| *kind)
}

/// Tells by its first member what a ZIP archive is. Workbooks are ZIP archives (ECMA-376 part 2; ODF 1.3 part 2).
fn kind_of_archive(start: &[u8]) -> &'static str {
    let has = |name: &str| memchr::memmem::find(start, name.as_bytes()).is_some();
    if has("opendocument.spreadsheet") {
        "an OpenDocument spreadsheet (.ods)"
    } else if has("[Content_Types].xml") || has("_rels/") || has("xl/") || has("docProps/") {
        "an Excel workbook (.xlsx)"
    } else {
        "a ZIP archive"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_csv_is_called_what_it_is() {
        for (start, kind) in [
            (&b"%PDF-1.7\n"[..], "a PDF"),
            (b"PK\x03\x04\x14\0\x06\0\x08\0[Content_Types].xml", "an Excel workbook (.xlsx)"),
            (
                b"PK\x03\x04\x14\0\0\0\0\0mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
                "an OpenDocument spreadsheet (.ods)",
            ),
            (b"PK\x03\x04\x14\0\0\0\0\0customers.csv", "a ZIP archive"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
            (b"\x1f\x8b\x08", "a gzip archive"),
            (b"\n  <!DOCTYPE HTML><html>", "an HTML page"),
            (b"<?xml version=\"1.0\"?>", "an XML file"),
            (b"{\\rtf1", "an RTF document"),
            (b"dn: CN=Ada", "an LDIF file"),
            (b"[ \n {\"id\": 1}]", "a JSON array"),
        ] {
            assert_eq!(foreign_kind(start), Some(kind), "{start:?}");
        }
        for text in
            ["id,name\n", "#TYPE x\n", "sep=;\n", "{\"customer\":\"a\"}", "[id],name\n", "dn,cn\n", "", "PK,name\n"]
        {
            assert_eq!(foreign_kind(text.as_bytes()), None, "{text}");
        }
    }
}

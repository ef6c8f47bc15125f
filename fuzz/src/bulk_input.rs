#![no_main]
//! Whatever the input of a bulk run holds, its reader neither stops nor gives two rows one line.
use libfuzzer_sys::fuzz_target;
use tellonce::bulk::{InputOptions, Rows};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut rows) = Rows::new(bytes, &InputOptions::default()) else { return };
    let mut last = 0;
    while let Ok(Some(row)) = rows.next_row() {
        assert!(row.line > last);
        last = row.line;
    }
});

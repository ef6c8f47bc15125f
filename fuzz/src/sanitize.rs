#![no_main]
//! Whatever a backend sends, nothing unsafe reaches a terminal or a JSON line, and nothing of it is lost in JSON.
use libfuzzer_sys::fuzz_target;
use tellonce::output::{defuse_formula, sanitize, to_json};

fuzz_target!(|text: &str| {
    let safe = sanitize(text);
    assert!(!safe.chars().any(char::is_control));
    assert_eq!(sanitize(&safe), safe);
    assert!(!defuse_formula(text).starts_with(['=', '+', '-', '@']));
    let line = to_json(&[text]).expect("text is JSON");
    assert_eq!(line.iter().filter(|byte| byte.is_ascii_control()).count(), 1, "the line end only");
});

#![no_main]
//! Whatever stands in config.toml or on the command line, it is read or refused; never a panic.
use libfuzzer_sys::fuzz_target;
use tellonce::config::{Configuration, parse_duration};

fuzz_target!(|text: &str| {
    let _ = parse_duration(text);
    let _ = Configuration::parse(text, std::path::Path::new("config.toml"));
});

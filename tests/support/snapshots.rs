//! Snapshots of screens and JSON objects: what differs from run to run is replaced by a name in brackets.
//!
//! `INSTA_UPDATE=always cargo test --test terminal` writes them anew; a reviewer reads the difference.

use std::sync::OnceLock;

use insta::Settings;
use insta::internals::SettingsBindDropGuard;

use super::TestEnvironment;

/// What is replaced, in this order. A placeholder in a table is as wide as what it stands for.
const FILTERS: &[(&str, &str)] = &[
    (r"(Gone in|Noch) \d+:\d\d", "$1 m:ss"),
    (r"\b(heute|morgen|gestern), \d\d:\d\d\b", "[Tag], hh:mm"),
    (r"\b(today|tomorrow|yesterday) \d\d:\d\d\b", "[day] hh:mm"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "YYYY-MM-DDThh:mm:ssZ"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "YYYY-MM-DD hh:mm:ss"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d \(", "YYYY-MM-DD hh:mm ("),
    (r"\d{1,2} [A-Z][a-z]+ \d{4} at \d\d:\d\d \(", "D Month YYYY at hh:mm ("),
    (r"\d{4}-\d\d-\d\d", "YYYY-MM-DD"),
    // The password, and the rows that spell it.
    (r"\b[A-Za-z0-9]{4}-[A-Za-z0-9]{4}-[A-Za-z0-9]{4}\b", "[the password]"),
    (r"(?m)^    ((capital )?[\w-]+, )+(capital )?[\w-]+$", "    [spelled]"),
    (r"\b[0-9a-f]{64}\b", "[hash]"),
    (r"\b[0-9a-f]{20}\b", "[attempt]"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    (r"\bage1[0-9a-z]{58}\b", "[age key]"),
    (r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "[run]"),
    (r"\b\d\d:\d\d UTC\b", "hh:mm UTC"),
    (r"\x{200b}", "[U+200B]"),
    // A bar of progress, with its rate and the time that is left.
    (r"(?m)^[^\n]* \d+/\d+ [^\n]* left[^\n]*$", "[bar]"),
    (r"\bin \d+(\.\d+)? s\b", "in [n] s"),
    // Whoever runs the tests, and on which machine.
    (
        r#""writer": \{\s+"machine": "[^"]*",\s+"uid": \d+,\s+"user": ("[^"]*"|null)\s+\}"#,
        r#""writer": "[who wrote it]""#,
    ),
    // Whoever runs the tests may record their terminal.
    (r"(?m)^( recording +)[^\n]*$", "$1[whether this terminal is recorded]"),
    (
        r#"("id": "recording",\s+"promise": null,\s+"state": )"\w+",\s+"words": "[^"]*""#,
        "$1[whether this terminal is recorded]",
    ),
];

impl TestEnvironment {
    /// Begins to filter snapshots, until the guard is dropped.
    pub fn filter_snapshots(&self) -> SettingsBindDropGuard {
        static SHARED: OnceLock<Settings> = OnceLock::new();
        let mut settings = SHARED.get_or_init(shared_settings).clone();
        settings.add_filter(&self.path().display().to_string(), "[home]");
        settings.bind_to_scope()
    }
}

/// Compiles the filters, which takes longer than a test's own work.
fn shared_settings() -> Settings {
    let mut settings = Settings::new();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, name) in FILTERS {
        settings.add_filter(pattern, *name);
    }
    settings
}

/// Asserts that a screen is the one in the snapshot of this name, beside the test.
macro_rules! assert_screen {
    ($env:expr, $name:expr, $screen:expr) => {{
        let _filters = $env.filter_snapshots();
        insta::assert_snapshot!($name, $screen);
    }};
}

/// Asserts that a JSON object is the one in the snapshot of this name, beside the test.
macro_rules! assert_object {
    ($env:expr, $name:expr, $object:expr) => {{
        let _filters = $env.filter_snapshots();
        insta::assert_json_snapshot!($name, $object);
    }};
}

pub(crate) use {assert_object, assert_screen};

//! The house keeps its rules: the domain points nowhere and does no I/O, files fit in a head, nothing prints by itself.
#![allow(clippy::expect_used, reason = "a test may stop at what it does not expect")]

use std::path::{Path, PathBuf};

/// The limit that the plan gives, with a little room for tests beside the code.
const LINES: usize = 380;

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has sources");
    found
}

fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source");
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_domain_points_nowhere_and_does_no_input_or_output() {
    let forbidden = [
        "crate::agent",
        "crate::audit",
        "crate::backends",
        "crate::cli",
        "crate::commands",
        "crate::config",
        "crate::customers",
        "crate::system",
        "crate::terminal",
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::io",
        "tokio",
        "rusqlite",
        "crossterm",
        "rustix",
        "Timestamp::now",
        "Instant::now",
    ];
    for path in sources("src/domain") {
        let code = code(&path);
        for word in forbidden {
            assert!(!code.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn backends_know_nothing_of_commands_or_the_terminal() {
    for path in sources("src/backends") {
        let code = code(&path);
        for word in ["crate::commands", "crate::terminal", "crate::cli", "crate::audit"] {
            assert!(!code.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn commands_name_no_backend_but_the_practice_verbs() {
    for path in sources("src/commands") {
        let practice = path.components().any(|part| matches!(part.as_os_str().to_str(), Some("practice" | "tour")));
        assert!(practice || !code(&path).contains("backends::practice"), "{} knows a backend", path.display());
    }
}

#[test]
fn a_file_is_about_one_thing_and_fits_in_a_head() {
    for path in sources("src").into_iter().chain(sources("tests")) {
        let lines = std::fs::read_to_string(&path).expect("a source").lines().count();
        assert!(lines <= LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn nothing_is_left_behind() {
    let marks = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "dbg".to_owned() + "!("];
    for path in sources("src").into_iter().chain(sources("tests")) {
        let text = std::fs::read_to_string(&path).expect("a source");
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} has a {mark}", path.display());
        }
    }
}

#[test]
fn threads_are_started_in_one_place() {
    for path in sources("src") {
        let tests = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        let own = path.ends_with("src/platform/threads.rs");
        let code = code(&path);
        let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for word in ["thread::spawn", "thread::Builder", "spawn_blocking", "new_multi_thread"] {
            assert!(tests || own || !code.contains(word), "{} uses {word}", path.display());
        }
    }
}

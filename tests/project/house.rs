//! The house keeps its rules: rooms import one way only, no two files import each other, the domain does no I/O, files
//! are short.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::imports::{House, Module};
use super::sources::{code, is_test, product, root, sources};

/// The longest file, in lines: the same number as in CONTRIBUTING.md.
const LINES: usize = 350;

/// Which room may import which. A room is a folder of `src/`, or a file beside the folders.
const ROOMS: [(&str, &[&str]); 17] = [
    ("domain", &[]),
    ("platform", &["domain"]),
    ("delimited", &["domain"]),
    ("output", &["domain"]),
    ("net", &["domain", "platform"]),
    ("config", &["domain", "net", "platform"]),
    ("cli", &["config"]),
    ("auth", &["config", "domain", "net", "platform"]),
    ("messages", &["auth", "config", "domain", "ledger", "net", "platform", "texts"]),
    ("ledger", &["config", "domain", "output", "platform"]),
    ("backends", &["auth", "config", "delimited", "domain", "net", "platform"]),
    ("bulk", &["config", "delimited", "domain", "ledger", "output", "platform"]),
    ("texts", &["domain", "output", "platform"]),
    ("terminal", &["cli", "domain", "output", "platform", "texts"]),
    ("practice_app", &["backends", "domain", "platform"]),
    (
        "commands",
        &[
            "auth",
            "backends",
            "bulk",
            "cli",
            "config",
            "domain",
            "ledger",
            "messages",
            "net",
            "output",
            "platform",
            "practice_app",
            "terminal",
            "texts",
        ],
    ),
    ("fail_points", &["commands", "domain"]),
];

#[test]
fn rooms_import_one_way_only() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.into_iter().collect();
    let house = House::read();
    for (here, path) in house.files.iter().filter(|(_, path)| !is_test(path)) {
        let Some(room) = here.first() else { continue };
        let may = allowed.get(room.as_str()).unwrap_or_else(|| panic!("{}: a room without a row", path.display()));
        for (home, name) in house.imports(here, path) {
            let other = home.first().unwrap_or(room);
            assert!(other == room || may.contains(&other.as_str()), "{} takes {name} of {other}", path.display());
        }
    }
    for (room, may) in ROOMS {
        for other in may {
            assert!(!allowed[other].contains(&room), "{room} and {other} may import each other");
        }
    }
}

/// What a folder's `mod.rs` hands on is not an import of its own; what it takes for itself is.
#[test]
fn no_files_import_each_other() {
    let house = House::read();
    let is_face = |path: &Path| path.ends_with("lib.rs");
    let files = house.files.iter().filter(|(_, path)| !is_test(path) && !is_face(path));
    let mut imports: BTreeMap<&Module, BTreeMap<Module, String>> =
        files.map(|(here, path)| (here, house.imports(here, path))).collect();
    // What imports nothing that is left cannot be on a circle.
    while let Some(free) =
        imports.iter().find_map(|(here, taken)| (!taken.keys().any(|home| imports.contains_key(home))).then_some(*here))
    {
        imports.remove(free);
    }
    // Nor what nothing that is left imports.
    while let Some(free) = imports.keys().copied().find(|here| !imports.values().any(|taken| taken.contains_key(*here)))
    {
        imports.remove(free);
    }
    let circles: BTreeSet<String> = imports
        .iter()
        .flat_map(|(here, taken)| {
            let inside = taken.iter().filter(|(home, _)| imports.contains_key(home));
            inside.map(|(home, name)| format!("{} imports {} ({name})", here.join("/"), home.join("/")))
        })
        .collect();
    assert!(circles.is_empty(), "files import each other:\n{}", circles.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_domain_does_no_input_or_output() {
    let forbidden = [
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
fn only_commands_carry_errors_without_a_type() {
    let outside = sources("src").into_iter().filter(|path| !path.starts_with(root().join("src/commands")));
    for path in outside {
        assert!(!code(&path).contains("anyhow"), "{} has no typed error", path.display());
    }
}

#[test]
fn commands_name_no_backend_but_the_practice_verbs() {
    for path in sources("src/commands") {
        let practice = path.components().any(|part| part.as_os_str() == "practice");
        assert!(practice || !code(&path).contains("backends::practice"), "{} knows a backend", path.display());
    }
}

/// The ledger may be on a server: commands ask it, and know of no file.
#[test]
fn commands_name_no_file_of_the_ledger() {
    let names = ["folders.ledger", "folders.audit_log", "ledger.db", "audit.jsonl"];
    for path in sources("src/commands").iter().filter(|path| !is_test(path)) {
        let code = product(path);
        for name in names {
            assert!(!code.contains(name), "{} names {name}", path.display());
        }
    }
}

#[test]
fn a_file_is_about_one_thing_and_short() {
    let long = |path: &PathBuf| std::fs::read_to_string(path).expect("a source").lines().count() > LINES;
    let found: Vec<PathBuf> = sources("src").into_iter().chain(sources("tests")).filter(long).collect();
    assert!(found.is_empty(), "over {LINES} lines: {found:?}");
    let told = std::fs::read_to_string(root().join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    assert!(told.contains(&format!("{LINES} lines")), "CONTRIBUTING.md gives another number");
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

/// `lib.rs` has the room, `main.rs` chooses it; the code of the product does not know it.
#[test]
fn fail_points_are_wired_in_at_one_place() {
    let mentions =
        |path: &PathBuf| code(path).matches("fail-points").count() + code(path).matches("fail_points").count();
    let found: Vec<(PathBuf, usize)> = sources("src")
        .into_iter()
        .map(|path| (path.clone(), mentions(&path)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let one_each = |file: &str| (root().join(file), 2); // the feature, and the module
    assert_eq!(found, [one_each("src/lib.rs"), one_each("src/main.rs")]);
}

#[test]
fn threads_are_started_in_one_place() {
    for path in sources("src").iter().filter(|path| !is_test(path) && !path.ends_with("src/platform/threads.rs")) {
        let code = product(path);
        for word in ["thread::spawn", "thread::Builder", "spawn_blocking", "new_multi_thread"] {
            assert!(!code.contains(word), "{} uses {word}", path.display());
        }
    }
}

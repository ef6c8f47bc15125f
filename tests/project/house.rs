//! The house keeps its rules: rooms import one way only, no two files import each other, the domain does no I/O, files
//! are short.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The longest file, in lines: the same number as in CONTRIBUTING.md.
const LINES: usize = 350;

/// Which room may import which. A room is a folder of `src/`, or a file beside the folders.
const ROOMS: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("platform", &["domain"]),
    ("delimited", &["domain"]),
    ("output", &["domain"]),
    ("net", &["domain", "platform"]),
    ("config", &["domain", "platform"]),
    ("cli", &["config"]),
    ("auth", &["config", "domain", "net", "platform"]),
    ("ledger", &["config", "domain", "output", "platform"]),
    ("backends", &["auth", "config", "delimited", "domain", "net", "platform"]),
    ("bulk", &["config", "delimited", "domain", "ledger", "output", "platform"]),
    ("terminal", &["cli", "domain", "output", "platform"]),
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
            "net",
            "output",
            "platform",
            "practice_app",
            "terminal",
        ],
    ),
    ("fail_points", &["commands", "domain"]),
];

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
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
    found.sort();
    found
}

/// The source without comment lines.
pub fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source");
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The code that is in the product: without the tests at its end.
fn product(path: &Path) -> String {
    code(path).split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs")
}

/// A module's path from the crate's root, as `["domain", "plan"]`.
type Module = Vec<String>;

fn module(path: &Path) -> Module {
    let inside = path.strip_prefix(root().join("src")).expect("a source of the crate").with_extension("");
    let mut parts: Module = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// One name that a file takes from another module, as it is written: `["super", "plan", "Plan"]`.
type Taken = Vec<String>;

/// The paths of a use tree.
fn leaves(tree: &str, before: &[String], found: &mut Vec<Taken>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        let names =
            path.split("::").map(|name| name.trim().to_owned()).filter(|name| name != "self" || before.is_empty());
        found.push(before.iter().cloned().chain(names).collect());
        return;
    };
    let names = tree[..open].split("::").map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let before: Vec<String> = before.iter().cloned().chain(names).collect();
    let inside = tree[open + 1..].rsplit_once('}').map_or("", |(inside, _)| inside);
    let (mut depth, mut start) = (0, 0);
    for (at, character) in inside.char_indices().chain([(inside.len(), ',')]) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inside[start..at].trim().is_empty() {
                    leaves(&inside[start..at], &before, found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// The use declarations of a source, with whether each hands its names on.
fn uses(code: &str) -> Vec<(bool, Taken)> {
    let mut found = Vec::new();
    for part in code.split(';') {
        let Some(at) = part.rfind("use ").filter(|at| part[..*at].chars().next_back().is_none_or(char::is_whitespace))
        else {
            continue;
        };
        let mut paths = Vec::new();
        leaves(&part[at + 4..], &[], &mut paths);
        let hands_on = part[..at].lines().next_back().is_some_and(|line| line.trim_start().starts_with("pub"));
        found.extend(paths.into_iter().map(|path| (hands_on, path)));
    }
    found
}

/// Paths in the code itself: `crate::config::parse_duration`, `super::https::no_answer`.
fn inline(code: &str) -> Vec<Taken> {
    let mut found = Vec::new();
    for word in ["crate::", "super::"] {
        for (at, _) in code.match_indices(word) {
            let is_path = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
            let begins = code[..at].chars().next_back().is_none_or(|before| !is_path(before));
            if begins {
                let end = code[at..].find(|character| !is_path(character)).map_or(code.len(), |length| at + length);
                let path: Taken =
                    code[at..end].split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
                // The head of a use tree with braces names nothing yet: `uses` reads those.
                found.extend(path.iter().any(|part| part != "super" && part != "crate").then_some(path));
            }
        }
    }
    found
}

/// The files of the product, and which name each takes from which other.
struct House {
    files: BTreeMap<Module, PathBuf>,
    /// Names that a module hands on, and where they come from.
    handed_on: BTreeMap<Module, Module>,
}

impl House {
    fn read() -> Self {
        let files: BTreeMap<Module, PathBuf> = sources("src")
            .into_iter()
            .filter(|path| !path.ends_with("main.rs"))
            .map(|path| (module(&path), path))
            .collect();
        let mut handed_on = BTreeMap::new();
        for (here, path) in &files {
            for (public, taken) in uses(&code(path)) {
                let child = taken
                    .first()
                    .is_some_and(|first| files.contains_key(&[here.as_slice(), std::slice::from_ref(first)].concat()));
                if let (true, true, Some(name)) = (public, child, taken.last()) {
                    handed_on.insert(
                        [here.as_slice(), std::slice::from_ref(name)].concat(),
                        [here.as_slice(), &taken].concat(),
                    );
                }
            }
        }
        Self { files, handed_on }
    }

    /// The module in whose file a name is defined.
    fn home(&self, name: &[String]) -> Module {
        let mut name = name.to_vec();
        for _ in 0..8 {
            let known = (0..=name.len()).rev().find(|length| self.files.contains_key(&name[..*length])).unwrap_or(0);
            let next =
                self.handed_on.get(&name).or_else(|| name.get(..=known).and_then(|item| self.handed_on.get(item)));
            match next {
                Some(from) => name.clone_from(from),
                None => return name[..known].to_vec(),
            }
        }
        name
    }

    /// Returns a path from the crate's root; `None` for another crate's path.
    fn absolute(&self, here: &[String], taken: &[String]) -> Option<Module> {
        match taken.first().map(String::as_str)? {
            "crate" => Some(taken[1..].to_vec()),
            "self" => Some([here, &taken[1..]].concat()),
            "super" => {
                let up = taken.iter().take_while(|part| *part == "super").count();
                Some([here.get(..here.len().checked_sub(up)?)?, &taken[up..]].concat())
            }
            _ => {
                let inside = [here, taken].concat();
                self.files.contains_key(&inside[..=here.len()]).then_some(inside)
            }
        }
    }

    /// The modules that a file imports, each with one name that it takes.
    fn imports(&self, here: &[String], path: &Path) -> BTreeMap<Module, String> {
        let code = product(path);
        let taken = uses(&code).into_iter().filter(|(public, _)| !public).map(|(_, taken)| taken).chain(inline(&code));
        let names = taken.filter_map(|taken| self.absolute(here, &taken)).filter(|name| !name.is_empty());
        let homes = names.map(|name| (self.home(&name), name.join("::")));
        homes.filter(|(home, _)| home.as_slice() != here && self.files.contains_key(home)).collect()
    }
}

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

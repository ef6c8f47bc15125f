//! Which file of the product imports what from which other, read from the sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::sources::{code, product, root, sources};

/// A module's path from the crate's root, as `["domain", "plan"]`.
pub type Module = Vec<String>;

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
pub struct House {
    pub files: BTreeMap<Module, PathBuf>,
    /// Names that a module hands on, and where they come from.
    handed_on: BTreeMap<Module, Module>,
}

impl House {
    pub fn read() -> Self {
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
    pub fn imports(&self, here: &[String], path: &Path) -> BTreeMap<Module, String> {
        let code = product(path);
        let taken = uses(&code).into_iter().filter(|(public, _)| !public).map(|(_, taken)| taken).chain(inline(&code));
        let names = taken.filter_map(|taken| self.absolute(here, &taken)).filter(|name| !name.is_empty());
        let homes = names.map(|name| (self.home(&name), name.join("::")));
        homes.filter(|(home, _)| home.as_slice() != here && self.files.contains_key(home)).collect()
    }
}

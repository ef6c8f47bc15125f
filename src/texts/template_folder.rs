//! Reads the folder of texts that a profile names (`templates`).
//!
//! What is in it goes to customers, so it is trusted like a file of settings: only its owner or root may write it, and
//! nothing in it is a link.

use std::fs::DirEntry;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::source::Source;
use crate::domain::Language;
use crate::platform::{Access, FileRule, Holds, Links, NotPrivate};

/// The largest file, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// The rule for the folder itself, which may be named by a link.
const FOLDER: FileRule = FileRule::new(Holds::Settings, Links::Followed);
/// The rule for what is in it.
const INSIDE: FileRule = FileRule::new(Holds::Settings, Links::Refused);

/// Reads every file of the folder. Adds what cannot be used to the faults.
pub(super) fn read(folder: &Path, faults: &mut Vec<String>) -> Vec<Source> {
    let mut sources = Vec::new();
    for path in entries(folder, FOLDER, faults) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let language: Option<Language> = name.parse().ok().filter(|language: &Language| language.as_str() == name);
        match language {
            Some(language) => read_language(&path, &language, &mut sources, faults),
            None => faults.push(format!(
                "{}: the folder of texts has folders named after languages (en, de), and nothing else",
                path.display()
            )),
        }
    }
    sources
}

fn read_language(folder: &Path, language: &Language, sources: &mut Vec<Source>, faults: &mut Vec<String>) {
    for path in entries(folder, INSIDE, faults) {
        let name = path.display().to_string();
        if path.extension().is_none_or(|ending| ending != "ftl") {
            faults
                .push(format!("{name}: the folder of a language has files whose names end in .ftl, and nothing else"));
            continue;
        }
        match read_file(&path) {
            Ok(text) => sources.push(Source { language: language.clone(), name, text }),
            Err(fault) => faults.push(fault),
        }
    }
}

/// Lists a folder by name, after a look at who may write it.
fn entries(folder: &Path, rule: FileRule, faults: &mut Vec<String>) -> Vec<PathBuf> {
    let listed = rule.check_folder(folder).map_err(describe).and_then(|()| {
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<DirEntry>, _>>);
        entries.map_err(|error| format!("{} cannot be read ({error})", folder.display()))
    });
    match listed {
        Ok(entries) => {
            let mut paths: Vec<PathBuf> = entries.iter().map(DirEntry::path).collect();
            paths.sort();
            paths
        }
        Err(fault) => {
            faults.push(fault);
            Vec::new()
        }
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let file = INSIDE.open(path, Access::Read).map_err(describe)?.ok_or_else(|| format!("{shown} is gone"))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("{shown} cannot be read ({error})"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(format!("{shown} is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| format!("{shown} is not UTF-8"))
}

fn describe(found: NotPrivate) -> String {
    match found.hint {
        Some(hint) => format!("{}: `{hint}`", found.what),
        None => found.what,
    }
}

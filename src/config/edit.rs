//! Edits config.toml for `profile add`, `use` and `remove`, and keeps its comments and layout.

use std::io::ErrorKind;

use toml_edit::{DocumentMut, Item, Table, value};

use super::errors::wrong;
use super::file::{Configuration, NAME_RULE, is_usable_name};
use super::folders::{Folders, write_private_file};
use super::profile::BUILT_IN;
use crate::domain::{Error, Kind, Reason, Result};

/// A profile to add.
#[derive(Clone, Debug)]
pub(crate) struct NewProfile {
    /// Its name: letters, digits, `-` and `_`.
    pub(crate) name: String,
    /// The backend's kind.
    pub(crate) backend: String,
    /// The backend's own keys, in the order in which they are written.
    pub(crate) settings: Vec<(String, toml_edit::Value)>,
}

/// Returns the commented sample that `profile add --print` shows.
pub(crate) const fn sample() -> &'static str {
    include_str!("sample.toml")
}

/// Adds a profile. The first one becomes the default.
///
/// # Errors
/// Exit 2: the name is taken or unusable, the backend unknown, or the file cannot be written.
pub(crate) fn add(folders: &Folders, new: &NewProfile) -> Result<()> {
    edit_file(folders, |document| insert(document, new))
}

/// Returns the configuration as it would be with the new profile. Writes nothing.
///
/// # Errors
/// Exit 2, as for [`add`].
pub(crate) fn with(folders: &Folders, new: &NewProfile) -> Result<Configuration> {
    Ok(edited(folders, |document| insert(document, new))?.1)
}

fn insert(document: &mut DocumentMut, new: &NewProfile) -> Result<()> {
    let name = &new.name;
    if !is_usable_name(name) {
        return Err(Error::usage(format!("\"{name}\" cannot be the name of a profile: {NAME_RULE}.")));
    }
    let profiles = document.entry("profiles").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let profiles =
        profiles.as_table_mut().ok_or_else(|| Error::usage("\"profiles\" in the configuration is not a table."))?;
    if profiles.contains_key(name) {
        let message = format!("There is a profile \"{name}\" already.");
        let hint =
            format!("See it: `tellonce profile show {name}`. Remove it first: `tellonce profile remove {name}`.");
        return Err(Error::new(Kind::Usage, Reason::Configuration, message).hint(hint));
    }
    let mut table = Table::new();
    table.insert("backend", value(&new.backend));
    for (key, setting) in &new.settings {
        table.insert(key, value(setting.clone()));
    }
    profiles.insert(name, Item::Table(table));
    if !document.contains_key("default") {
        document.insert("default", value(name));
    }
    Ok(())
}

/// Makes a profile the default.
///
/// # Errors
/// Exit 2: there is no such profile, or the file cannot be written.
pub(crate) fn set_default(folders: &Folders, name: &str) -> Result<()> {
    Configuration::load(folders)?.profile(Some(name))?;
    edit_file(folders, |document| {
        document.insert("default", value(name));
        Ok(())
    })
}

/// Removes a profile. If it was the default, there is none afterwards.
///
/// # Errors
/// Exit 2: there is no such profile in the file, or the file cannot be written.
pub(crate) fn remove(folders: &Folders, name: &str) -> Result<()> {
    edit_file(folders, |document| {
        let profiles = document.get_mut("profiles").and_then(Item::as_table_mut);
        if profiles.and_then(|profiles| profiles.remove(name)).is_none() {
            let hint = if name == BUILT_IN {
                "The practice profile is always there."
            } else {
                "`tellonce profile list` shows those there are."
            };
            return Err(Error::new(
                Kind::Usage,
                Reason::Configuration,
                format!("The configuration has no profile \"{name}\"."),
            )
            .hint(hint));
        }
        if document.get("default").and_then(Item::as_str) == Some(name) {
            document.remove("default");
        }
        Ok(())
    })
}

/// Edits the file: reads, changes, checks and writes it, whole or not at all.
fn edit_file(folders: &Folders, edit: impl FnOnce(&mut DocumentMut) -> Result<()>) -> Result<()> {
    let (text, _) = edited(folders, edit)?;
    let path = folders.config_file();
    write_private_file(&path, text.as_bytes()).map_err(|error| wrong(&path, &format!("it cannot be written ({error})")))
}

/// Returns the edited text and its configuration, checked. Writes nothing.
fn edited(folders: &Folders, edit: impl FnOnce(&mut DocumentMut) -> Result<()>) -> Result<(String, Configuration)> {
    Configuration::load(folders)?; // a file that cannot be read is never overwritten
    let path = folders.config_file();
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(|error| wrong(&path, &format!("it cannot be read ({error})")))?,
    };
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| wrong(&path, "it is not TOML").because(error))?;
    edit(&mut document)?;
    let text = document.to_string();
    let configuration = Configuration::parse(&text, &path)?;
    Ok((text, configuration))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn new(name: &str) -> NewProfile {
        NewProfile { name: name.into(), backend: "practice".into(), settings: Vec::new() }
    }

    #[test]
    fn the_sample_can_be_used_as_it_is() {
        let configuration = Configuration::parse(sample(), std::path::Path::new("sample")).unwrap();
        assert!(configuration.profile(None).unwrap().chosen);
    }

    #[test]
    fn profiles_are_added_chosen_and_removed_and_comments_stay() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::all_in(folder.path());
        std::fs::write(folders.config_file(), "# ours\n[audit]\nforward = { syslog = true } # central\n").unwrap();
        add(&folders, &new("one")).unwrap();
        add(&folders, &new("two")).unwrap();
        assert!(Configuration::load(&folders).unwrap().is_default("one"));
        set_default(&folders, "two").unwrap();
        assert!(Configuration::load(&folders).unwrap().is_default("two"));
        remove(&folders, "two").unwrap();
        assert_eq!(Configuration::load(&folders).unwrap().profile_names(), ["one", "practice"]);
        let text = std::fs::read_to_string(folders.config_file()).unwrap();
        assert!(text.contains("# ours") && text.contains("# central"), "{text}");
    }

    #[test]
    fn what_cannot_be_is_refused_and_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::all_in(folder.path());
        add(&folders, &new("one")).unwrap();
        let before = std::fs::read(folders.config_file()).unwrap();
        assert!(add(&folders, &new("one")).is_err());
        assert!(add(&folders, &new("../etc")).is_err());
        assert!(set_default(&folders, "none").is_err());
        assert!(remove(&folders, "none").is_err());
        assert!(remove(&folders, "practice").is_err());
        assert_eq!(std::fs::read(folders.config_file()).unwrap(), before);
    }
}

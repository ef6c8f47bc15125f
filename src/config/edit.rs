//! Changes config.toml for `profile add`, `use` and `remove`, and keeps what people wrote in it.

use std::io::ErrorKind;

use toml_edit::{DocumentMut, Item, Table, value};

use super::errors::wrong;
use super::file::{Configuration, USABLE_NAMES, is_usable_name};
use super::folders::{Folders, write_private_file};
use super::profile::BUILT_IN;
use crate::domain::{Error, Kind, Reason, Result};

/// A profile to add.
#[derive(Clone, Debug)]
pub struct NewProfile {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// The backend's kind.
    pub backend: String,
    /// The backend's own keys, in their order.
    pub settings: Vec<(String, toml_edit::Value)>,
}

/// A commented sample, for `profile add --print`.
pub const fn sample() -> &'static str {
    include_str!("sample.toml")
}

/// Adds a profile; the first one becomes the default.
///
/// # Errors
/// Exit 2: the name is taken or unusable, the backend unknown, or the file cannot be written.
pub fn add(folders: &Folders, new: &NewProfile) -> Result<()> {
    change(folders, |document| insert(document, new))
}

/// The configuration as it would be with one profile more; nothing is written.
///
/// # Errors
/// Exit 2, as for [`add`].
pub fn with(folders: &Folders, new: &NewProfile) -> Result<Configuration> {
    Ok(changed(folders, |document| insert(document, new))?.1)
}

fn insert(document: &mut DocumentMut, new: &NewProfile) -> Result<()> {
    let name = &new.name;
    if !is_usable_name(name) {
        return Err(Error::usage(format!("\"{name}\" is no name for a profile: {USABLE_NAMES}.")));
    }
    let profiles = document.entry("profiles").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let profiles =
        profiles.as_table_mut().ok_or_else(|| Error::usage("\"profiles\" in the configuration is not a table."))?;
    if profiles.contains_key(name) {
        let told = format!("There is a profile \"{name}\" already.");
        let hint =
            format!("See it: `tellonce profile show {name}`. Remove it first: `tellonce profile remove {name}`.");
        return Err(Error::new(Kind::Usage, Reason::Configuration, told).hint(hint));
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
pub fn set_default(folders: &Folders, name: &str) -> Result<()> {
    Configuration::load(folders)?.profile(Some(name))?;
    change(folders, |document| {
        document.insert("default", value(name));
        Ok(())
    })
}

/// Removes a profile; if it was the default, there is none afterwards.
///
/// # Errors
/// Exit 2: there is no such profile in the file, or the file cannot be written.
pub fn remove(folders: &Folders, name: &str) -> Result<()> {
    change(folders, |document| {
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

/// Reads, changes, checks and writes the file, whole or not at all.
fn change(folders: &Folders, edit: impl FnOnce(&mut DocumentMut) -> Result<()>) -> Result<()> {
    let (text, _) = changed(folders, edit)?;
    let path = folders.config_file();
    write_private_file(&path, text.as_bytes()).map_err(|error| wrong(&path, &format!("it cannot be written ({error})")))
}

/// Reads, changes and checks; writes nothing.
fn changed(folders: &Folders, edit: impl FnOnce(&mut DocumentMut) -> Result<()>) -> Result<(String, Configuration)> {
    Configuration::load(folders)?; // never write over a file that could not be read
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

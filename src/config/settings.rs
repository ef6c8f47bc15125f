//! The keys of a profile that belong to its backend, with the file and line for errors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::errors::wrong;
use crate::domain::{Error, Result};

/// The keys of a profile beyond those that every profile has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    values: toml::Table,
    /// The line of each key. The empty key has the line of the profile itself.
    lines: BTreeMap<String, usize>,
    file: PathBuf,
}

/// The source of the secret of an unattended sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub(crate) enum Credential {
    /// The first line of a file that only its owner can read, relative to the configuration's folder.
    File(PathBuf),
    /// The first line of a file descriptor that the process was started with.
    Fd(u32),
    /// The platform's keyring, under this name.
    Keyring(String),
}

/// The source of customers that are not in the backend itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomersSource {
    /// A CSV file, relative to the configuration's folder.
    pub(crate) csv: PathBuf,
    /// The user, beside the caller and root, who may own the file: by name or by number.
    pub(crate) owner: Option<String>,
    /// The columns that are not recognised by their names.
    #[serde(default)]
    pub(crate) columns: CustomerColumns,
}

/// The names of columns of the customers' file. `None` leaves it to the names that are recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerColumns {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) username: Option<String>,
    /// Further e-mail addresses.
    pub(crate) emails: Option<Vec<String>>,
    /// Telephone numbers.
    pub(crate) phones: Option<Vec<String>>,
    pub(crate) language: Option<String>,
}

impl Settings {
    pub(super) fn new(values: toml::Table, lines: BTreeMap<String, usize>, file: &Path) -> Self {
        Self { values, lines, file: file.to_owned() }
    }

    /// Reads the keys into the backend's own type, which must refuse unknown fields.
    ///
    /// # Errors
    /// Exit 2 with file, line and key: a key is unknown or missing, or has a wrong value.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        self.values.clone().try_into().map_err(|error: toml::de::Error| {
            let words = error.to_string();
            let is_named = |key: &&String| words.contains(&format!("`{key}`")) || words.contains(&format!("`{key}."));
            let key = self.values.keys().find(is_named);
            let key = key.map(String::as_str).unwrap_or_default();
            let message = error.message().replace('\n', " ");
            let named = key.is_empty() || message.contains(key);
            self.wrong(key, &if named { message } else { format!("{key}: {message}") })
        })
    }

    /// Whether the profile has this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Makes the error of a wrong key: exit 2 with file and line.
    pub(crate) fn wrong(&self, key: &str, what: &str) -> Error {
        let line = self.lines.get(key).or_else(|| self.lines.get("")).copied().unwrap_or_default();
        wrong(&self.file, &format!("line {line}: {what}"))
    }

    /// Resolves the path of the customers' file.
    pub(crate) fn customers(&self, source: CustomersSource) -> CustomersSource {
        CustomersSource { csv: self.path(&source.csv), ..source }
    }

    /// Resolves a path of the configuration, which is relative to its folder.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.file.parent().unwrap_or_else(|| Path::new("")).join(path)
    }
}

/// Returns the line of each key of each profile. The empty key has the line of the profile itself.
pub(super) fn lines(text: &str) -> BTreeMap<String, BTreeMap<String, usize>> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let Ok(file) = DeTable::parse(text) else { return BTreeMap::new() };
    let Some(DeValue::Table(profiles)) = file.get_ref().get("profiles").map(toml::Spanned::get_ref) else {
        return BTreeMap::new();
    };
    let tables = profiles.iter().filter_map(|(name, value)| match value.get_ref() {
        DeValue::Table(table) => Some((name, table)),
        _ => None,
    });
    let lines_of = |(name, table): (&toml::Spanned<_>, &DeTable<'_>)| {
        let keys = table.keys().map(|key| (key.get_ref().to_string(), line(key.span().start)));
        keys.chain([(String::new(), line(name.span().start))]).collect()
    };
    tables.map(|(name, table)| (name.get_ref().to_string(), lines_of((name, table)))).collect()
}

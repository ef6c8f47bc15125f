//! Reads config.toml. Unknown keys are errors, and every error names file, line and key.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::Error as _;
use toml::Spanned;

use super::duration::parse_duration;
use super::errors::wrong;
use super::folders::Folders;
use super::profile::{AuditSettings, BUILT_IN, DEFAULT_DURATION, Forward, Profile, Protected};
use super::senders::SendersConfig;
use super::settings::{Settings, lines};
use super::texts::TextsConfig;
use super::verification::{MessagesConfig, VerificationTable};
use crate::domain::{Error, Guards, Kind, Language, Pattern, Reason, Requirement, Result};
use crate::platform::{Holds, NotPrivate, open_private_file};

/// The longest duration of a temporary password that a profile may set.
const MAX_DURATION: Duration = Duration::from_hours(30 * 24);

/// The rule for a profile's name, which is part of a file's name.
pub(super) const NAME_RULE: &str = "letters, digits, - and _ only, 64 at most";

/// Whether a profile may have this name.
pub(super) fn is_usable_name(name: &str) -> bool {
    let is_usable = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    !name.is_empty() && name.len() <= 64 && name.chars().all(is_usable)
}

/// The content of config.toml. It is empty without a file.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    default: Option<String>,
    profiles: BTreeMap<String, ProfileTable>,
    /// The `[audit]` table.
    pub(crate) audit: AuditSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    default: Option<Spanned<String>>,
    #[serde(default)]
    profiles: BTreeMap<String, ProfileTable>,
    #[serde(default)]
    audit: AuditTable,
}

/// The keys of every profile. The others are the backend's, which refuses those that it does not know.
#[derive(Clone, Debug, Deserialize)]
struct ProfileTable {
    backend: String,
    protected: Option<ProtectedValue>,
    #[serde(default)]
    require: Vec<RequirementName>,
    #[serde(default, deserialize_with = "pattern")]
    ticket_pattern: Option<Pattern>,
    #[serde(default, deserialize_with = "at_least_one")]
    max_resets_per_customer_24h: Option<u32>,
    #[serde(default, deserialize_with = "at_least_one")]
    max_resets_per_agent_1h: Option<u32>,
    #[serde(default)]
    allow_without_logout: bool,
    #[serde(default)]
    verification: VerificationTable,
    messages: Option<MessagesConfig>,
    #[serde(default = "yes")]
    prove: bool,
    #[serde(default, deserialize_with = "temporary_password_duration")]
    temporary_password_lasts: Option<Duration>,
    #[serde(default)]
    senders: SendersConfig,
    language: Option<Language>,
    templates: Option<PathBuf>,
    #[serde(flatten)]
    values: toml::Table,
    #[serde(skip)]
    settings: Settings,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "protected is a table such as { groups = [\"staff-admins\"], roles = [] }, or \"none\"")]
enum ProtectedValue {
    Table(ProtectedTable),
    Word(NoneWord),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProtectedTable {
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NoneWord {
    None,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RequirementName {
    Ticket,
    Reason,
    Verified,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditTable {
    forward: Option<Spanned<ForwardTable>>,
    forward_required: Option<Spanned<bool>>,
    #[serde(default)]
    views: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "forward is { syslog = true } or { command = [\"program\", \"argument\"] }")]
enum ForwardTable {
    Syslog(SyslogTable),
    Command(CommandTable),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SyslogTable {
    syslog: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandTable {
    command: Vec<String>,
}

const fn yes() -> bool {
    true
}

fn at_least_one<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<u32>, D::Error> {
    let most = u32::deserialize(value)?;
    if most == 0 {
        Err(D::Error::custom("a limit of resets is at least 1; leave it out for no limit"))
    } else {
        Ok(Some(most))
    }
}

fn pattern<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Pattern>, D::Error> {
    let text = String::deserialize(value)?;
    Pattern::new(&text).map(Some).map_err(|why| D::Error::custom(format!("ticket_pattern \"{text}\": {why}")))
}

fn temporary_password_duration<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(value)?;
    let duration = parse_duration(&text).map_err(|why| D::Error::custom(format!("temporary_password_lasts: {why}")))?;
    if duration.is_zero() || duration > MAX_DURATION {
        return Err(D::Error::custom("temporary_password_lasts is more than 0, and at most 30 days"));
    }
    Ok(Some(duration))
}

impl Configuration {
    /// Loads the file. Without one the configuration is empty.
    ///
    /// # Errors
    /// Exit 2 with file, line and key: unreadable, writable by others, broken TOML, an unknown key, a wrong value.
    pub(crate) fn load(folders: &Folders) -> Result<Self> {
        let path = folders.config_file();
        // The configuration decides where passwords are set, so one that others can write is not trusted.
        let Some(mut file) = open_private_file(&path, Holds::Settings).map_err(not_private)? else {
            return Ok(Self::default());
        };
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| wrong(&path, &format!("it cannot be read ({error})")))?;
        Self::parse(&text, &path)
    }

    /// Parses the text of a file. The path is only for errors.
    ///
    /// # Errors
    /// Exit 2, as for [`Configuration::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let wrong_at = |span: Range<usize>, what: &str| {
            let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
            wrong(path, &format!("line {line}: {what}"))
        };
        let mut file: FileTable = toml::from_str(text)
            .map_err(|error| wrong_at(error.span().unwrap_or_default(), &error.message().replace('\n', " ")))?;
        if let Some(name) = file.profiles.keys().find(|name| !is_usable_name(name)) {
            let at = text.find(name.as_str()).unwrap_or_default();
            return Err(wrong_at(at..at, &format!("\"{name}\" cannot be the name of a profile: {NAME_RULE}")));
        }
        let mut lines = lines(text);
        for (name, table) in &mut file.profiles {
            let lines = lines.remove(name).unwrap_or_default();
            table.settings = Settings::new(std::mem::take(&mut table.values), lines, path);
            table.check_verification()?;
        }
        if let Some(default) = &file.default
            && default.get_ref() != BUILT_IN
            && !file.profiles.contains_key(default.get_ref())
        {
            let what = format!("default = \"{}\" names no profile of this file", default.get_ref());
            return Err(wrong_at(default.span(), &what));
        }
        let forward = file.audit.forward.map(|forward| (forward.span(), forward.into_inner()));
        let forward = match forward {
            Some((_, ForwardTable::Syslog(SyslogTable { syslog }))) => syslog.then_some(Forward::Syslog),
            Some((span, ForwardTable::Command(CommandTable { command }))) if command.is_empty() => {
                return Err(wrong_at(span, "audit.forward.command is empty"));
            }
            Some((_, ForwardTable::Command(CommandTable { command }))) => Some(Forward::Command(command)),
            None => None,
        };
        let required = file.audit.forward_required;
        let forward_required = required.as_ref().is_some_and(|required| *required.get_ref());
        if let Some(required) = required
            && forward_required
            && forward.is_none()
        {
            return Err(wrong_at(required.span(), "audit.forward_required needs audit.forward"));
        }
        let audit = AuditSettings { forward, forward_required, views: file.audit.views };
        Ok(Self { default: file.default.map(Spanned::into_inner), profiles: file.profiles, audit })
    }

    /// Returns the named profile, else the default, else the built-in practice profile.
    ///
    /// # Errors
    /// Exit 2: no profile has that name. The hint lists those there are.
    pub fn profile(&self, named: Option<&str>) -> Result<Profile> {
        let Some(name) = named.or(self.default.as_deref()) else {
            return Ok(Profile::built_in(false));
        };
        match self.profiles.get(name) {
            Some(table) => Ok(table.profile(name)),
            None if name == BUILT_IN => Ok(Profile::built_in(true)),
            None => {
                let there_are = self.profile_names().join(", ");
                Err(Error::new(Kind::Usage, Reason::Configuration, format!("There is no profile \"{name}\"."))
                    .hint(format!("There are: {there_are}. Add one with `tellonce profile add {name}`.")))
            }
        }
    }

    /// Returns the name of every profile, with the built-in one.
    pub(crate) fn profile_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.profiles.keys().cloned().collect();
        if !self.profiles.contains_key(BUILT_IN) {
            names.push(BUILT_IN.to_owned());
        }
        names
    }

    /// Whether this profile is used if none is named.
    pub(crate) fn is_default(&self, name: &str) -> bool {
        self.default.as_deref().unwrap_or(BUILT_IN) == name
    }
}

impl ProfileTable {
    /// Refuses rules that no caller can meet.
    fn check_verification(&self) -> Result<()> {
        let rules = self.verification.rules();
        let is_required = self.require.iter().any(|name| matches!(name, RequirementName::Verified));
        if is_required && !rules.attested && rules.ways.is_empty() {
            let what = "verification.ways is empty and verification.attested is false, so that no caller can be verified, and require has \"verified\"";
            return Err(self.settings.wrong("verification", what));
        }
        Ok(())
    }

    fn profile(&self, name: &str) -> Profile {
        let protected = self.protected.as_ref().map(|protected| match protected {
            ProtectedValue::Table(table) => Protected { groups: table.groups.clone(), roles: table.roles.clone() },
            ProtectedValue::Word(NoneWord::None) => Protected::default(),
        });
        let require = self.require.iter().map(|name| match name {
            RequirementName::Ticket => Requirement::Ticket,
            RequirementName::Reason => Requirement::Reason,
            RequirementName::Verified => Requirement::Verified,
        });
        Profile {
            name: name.to_owned(),
            backend: self.backend.clone(),
            guards: Guards {
                require: require.collect(),
                ticket_pattern: self.ticket_pattern.clone(),
                max_resets_per_customer_24h: self.max_resets_per_customer_24h,
                max_resets_per_agent_1h: self.max_resets_per_agent_1h,
                allow_without_logout: self.allow_without_logout,
                prove: self.prove,
                verification: self.verification.rules(),
                notify_by: Vec::new(),
                temporary_password_lasts: self.temporary_password_lasts.unwrap_or(DEFAULT_DURATION),
            },
            protected,
            messages: self.messages.clone(),
            senders: self.senders.clone(),
            texts: TextsConfig {
                language: self.language.clone(),
                templates: self.templates.as_ref().map(|folder| self.settings.path(folder)),
            },
            settings: self.settings.clone(),
            chosen: true,
            built_in: false,
        }
    }
}

fn not_private(found: NotPrivate) -> Error {
    let error = Error::new(Kind::Usage, Reason::Configuration, format!("{}.", found.what));
    found.hint.into_iter().fold(error, Error::hint)
}

#[cfg(test)]
mod tests;

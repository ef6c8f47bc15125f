//! The profile's tables about callers and customers: `[profiles.NAME.verification]` and `[profiles.NAME.messages]`.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::duration::parse_duration;
use crate::domain::{VerificationRules, VerificationWay, find_link, one_line};

/// The longest time that a verification may be used.
const LONGEST_VALID: Duration = Duration::from_hours(1);
/// The longest time for which a changed address may be refused.
const LONGEST_CHANGED: Duration = Duration::from_hours(366 * 24);
/// The longest name of a desk and the longest way to call it, in characters: both fit into one line of a message.
const LONGEST_LINE: usize = 100;

/// The table of the rules for verification.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerificationTable {
    ways: Option<Vec<VerificationWay>>,
    attested: Option<bool>,
    #[serde(default, deserialize_with = "valid")]
    valid: Option<Duration>,
    #[serde(default, deserialize_with = "changed_within")]
    contact_changed_within: Option<Duration>,
}

impl VerificationTable {
    /// Returns the rules, with the defaults for what the table leaves out.
    pub(super) fn rules(&self) -> VerificationRules {
        let default = VerificationRules::default();
        VerificationRules {
            ways: self.ways.clone().unwrap_or(default.ways),
            attested: self.attested.unwrap_or(default.attested),
            valid: self.valid.unwrap_or(default.valid),
            contact_changed_within: self.contact_changed_within.unwrap_or(default.contact_changed_within),
        }
    }
}

/// What messages to customers say of the desk, and whether customers are told of changes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessagesConfig {
    /// The desk's name, as customers know it.
    #[serde(deserialize_with = "line")]
    pub(crate) desk: String,
    /// How a customer who did not ask for anything reaches the desk: a telephone number that they can find elsewhere.
    #[serde(deserialize_with = "line")]
    pub(crate) call: String,
    /// Whether notices name the agent.
    #[serde(default)]
    pub(crate) sign: bool,
    /// Whether customers are told of each change.
    #[serde(default = "yes")]
    pub(crate) notices: bool,
}

impl MessagesConfig {
    /// Returns what messages of the practice directory say.
    pub(crate) fn of_practice() -> Self {
        Self { desk: "Practice Support".to_owned(), call: "extension 100".to_owned(), sign: false, notices: true }
    }
}

const fn yes() -> bool {
    true
}

fn duration<'de, D: Deserializer<'de>>(value: D, name: &str) -> Result<Duration, D::Error> {
    let text = String::deserialize(value)?;
    parse_duration(&text).map_err(|why| D::Error::custom(format!("{name}: {why}")))
}

fn valid<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Duration>, D::Error> {
    let valid = duration(value, "valid")?;
    if valid.is_zero() || valid > LONGEST_VALID {
        return Err(D::Error::custom("valid is more than 0, and at most 1 hour"));
    }
    Ok(Some(valid))
}

fn changed_within<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Duration>, D::Error> {
    let within = duration(value, "contact_changed_within")?;
    if within > LONGEST_CHANGED {
        return Err(D::Error::custom("contact_changed_within is at most 366 days; 0 switches it off"));
    }
    Ok(Some(within))
}

/// Reads one line of text that can stand in a message.
fn line<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    one_line(&text, LONGEST_LINE)
        .and_then(|line| match find_link(line) {
            Some(_) => Err("has a link in it: no message to a customer holds one".to_owned()),
            None => Ok(line.to_owned()),
        })
        .map_err(|why| D::Error::custom(format!("\"{}\" {why}", text.escape_debug())))
}

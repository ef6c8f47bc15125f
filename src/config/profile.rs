//! A profile: a named backend configuration with its guards.

use std::time::Duration;

use super::settings::Settings;
use crate::domain::Guards;

/// The profile that is there with nothing set up.
pub const BUILT_IN: &str = "practice";
/// How long a temporary password lasts unless the profile says otherwise.
pub(super) const LASTS: Duration = Duration::from_hours(24);

/// Whom agents do not reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protected {
    /// Members of these groups.
    pub groups: Vec<String>,
    /// Holders of these roles: `role`, or `client/role`.
    pub roles: Vec<String>,
}

/// A named backend configuration.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The backend's kind.
    pub backend: String,
    /// Its rules.
    pub guards: Guards,
    /// Whom agents do not reset; none: the profile does not say.
    pub protected: Option<Protected>,
    /// The backend's own keys.
    pub settings: Settings,
    /// Somebody chose it: by a flag, the environment or the configuration's default.
    pub chosen: bool,
    /// It is the practice profile that needs no configuration.
    pub built_in: bool,
}

impl Profile {
    /// The practice profile that needs no configuration.
    pub(super) fn built_in(chosen: bool) -> Self {
        let guards = Guards {
            require: Vec::new(),
            ticket_pattern: None,
            max_resets_per_customer_24h: None,
            allow_without_logout: false,
            temporary_password_lasts: LASTS,
        };
        Self {
            name: BUILT_IN.to_owned(),
            backend: BUILT_IN.to_owned(),
            guards,
            protected: None,
            settings: Settings::default(),
            chosen,
            built_in: true,
        }
    }
}

/// Where audit records are sent as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forward {
    /// The system's log.
    Syslog,
    /// A command that gets the record on standard input.
    Command(Vec<String>),
}

/// The `[audit]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSettings {
    /// Where records are sent as well.
    pub forward: Option<Forward>,
    /// A reset stops where its intent cannot be sent.
    pub forward_required: bool,
}

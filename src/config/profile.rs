//! A profile: a named backend configuration with its guards.

use std::time::Duration;

use super::senders::SendersConfig;
use super::settings::Settings;
use super::texts::TextsConfig;
use super::verification::MessagesConfig;
use crate::domain::{Guards, VerificationRules};

/// The name of the practice profile, which needs no configuration.
pub(crate) const BUILT_IN: &str = "practice";
/// How long a temporary password lasts by default.
pub(super) const DEFAULT_DURATION: Duration = Duration::from_hours(24);

/// Whom agents do not reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Protected {
    /// Members of these groups.
    pub(crate) groups: Vec<String>,
    /// Holders of these roles: `role`, or `client/role`.
    pub(crate) roles: Vec<String>,
}

/// A named backend configuration.
#[derive(Clone, Debug)]
pub struct Profile {
    pub(crate) name: String,
    /// The backend's kind.
    pub(crate) backend: String,
    /// The guards of resets and withdrawals.
    pub(crate) guards: Guards,
    /// Whom agents do not reset. `None` if the profile does not say.
    pub(crate) protected: Option<Protected>,
    /// What messages to customers say; `None` if the profile does not say.
    pub(crate) messages: Option<MessagesConfig>,
    /// How messages reach customers.
    pub(crate) senders: SendersConfig,
    /// The texts for customers.
    pub(crate) texts: TextsConfig,
    pub(crate) settings: Settings,
    /// Whether it was chosen by a flag, the environment or the configuration's default.
    pub(crate) chosen: bool,
    /// Whether it is the practice profile that needs no configuration.
    pub(crate) built_in: bool,
}

impl Profile {
    /// Returns the practice profile that needs no configuration.
    pub(super) fn built_in(chosen: bool) -> Self {
        let guards = Guards {
            require: Vec::new(),
            ticket_pattern: None,
            max_resets_per_customer_24h: None,
            max_resets_per_agent_1h: None,
            allow_without_logout: false,
            prove: true,
            verification: VerificationRules::default(),
            notify_by: Vec::new(),
            temporary_password_lasts: DEFAULT_DURATION,
        };
        Self {
            name: BUILT_IN.to_owned(),
            backend: BUILT_IN.to_owned(),
            guards,
            protected: None,
            messages: None,
            senders: SendersConfig::default(),
            texts: TextsConfig::default(),
            settings: Settings::default(),
            chosen,
            built_in: true,
        }
    }
}

/// The target that audit records are forwarded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Forward {
    /// The system's log.
    Syslog,
    /// A command that reads the record on standard input.
    Command(Vec<String>),
}

/// The `[audit]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSettings {
    /// The target that records are forwarded to.
    pub(crate) forward: Option<Forward>,
    /// Whether a reset stops if its intent cannot be forwarded.
    pub(crate) forward_required: bool,
    /// Whether it is recorded what an agent looks at.
    pub(crate) views: bool,
}

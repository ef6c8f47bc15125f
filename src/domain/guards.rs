//! The profile's own rules, and the questions for what they require.

use std::time::Duration;

use super::capabilities::{Capabilities, Gap};
use super::case::Case;
use super::contact::Channel;
use super::error::{Error, Result};
use super::input_text::{LONGEST_TEXT, one_line};
use super::limits::ResetLimits;
use super::pattern::Pattern;
use super::ports::Prompter;
use super::verification::VerificationRules;

/// How often to ask for an answer that can be used.
const TRIES: usize = 3;

/// A text that a profile may require with every reset, withdrawal and unlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// `--ticket`
    Ticket,
    /// `--reason`
    Reason,
    /// `--verified`
    Verified,
}

impl Requirement {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ticket, Self::Reason, Self::Verified];

    /// Returns the flag that gives it.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Ticket => "--ticket",
            Self::Reason => "--reason",
            Self::Verified => "--verified",
        }
    }

    const fn question(self) -> &'static str {
        match self {
            Self::Ticket => "Ticket",
            Self::Reason => "Reason",
            Self::Verified => "How was the caller verified",
        }
    }

    /// Checks that the text can be used, and returns it trimmed.
    ///
    /// # Errors
    /// What is wrong, worded to follow the name of the text.
    fn usable(self, text: &str, guards: &Guards) -> Result<String, String> {
        let text = one_line(text, LONGEST_TEXT)?;
        if let (Self::Ticket, Some(pattern)) = (self, &guards.ticket_pattern) {
            check_ticket(pattern, text)?;
        }
        Ok(text.to_owned())
    }
}

/// Checks that a ticket matches the profile's pattern.
///
/// # Errors
/// That it does not match, worded to follow the name of the text.
pub(crate) fn check_ticket(pattern: &Pattern, ticket: &str) -> Result<(), String> {
    if pattern.matches(ticket) == Some(true) {
        return Ok(());
    }
    Err(format!("does not match the profile's pattern for tickets: {}", pattern.as_str()))
}

impl Case {
    /// Checks the texts of the case, and returns it with its texts trimmed.
    ///
    /// # Errors
    /// Exit 2 naming the flag of a text that cannot be used.
    pub fn checked(mut self, guards: &Guards) -> Result<Self> {
        for requirement in Requirement::ALL {
            if let Some(text) = self.slot(requirement) {
                *text = requirement.usable(text, guards).map_err(|why| unusable(requirement, &why))?;
            }
        }
        Ok(self)
    }

    /// Returns the texts that the profile requires and the case lacks.
    pub fn missing(&self, guards: &Guards) -> Vec<Requirement> {
        let is_missing = |requirement: &Requirement| match requirement {
            Requirement::Ticket => self.ticket.is_none(),
            Requirement::Reason => self.reason.is_none(),
            Requirement::Verified => self.verified.is_none(),
        };
        guards.require.iter().copied().filter(is_missing).collect()
    }

    /// Takes over what the agent answered.
    pub(super) fn answer(&mut self, requirement: Requirement, text: String) {
        *self.slot(requirement) = Some(text);
    }

    const fn slot(&mut self, requirement: Requirement) -> &mut Option<String> {
        match requirement {
            Requirement::Ticket => &mut self.ticket,
            Requirement::Reason => &mut self.reason,
            Requirement::Verified => &mut self.verified,
        }
    }
}

/// Asks for a text that the profile requires.
///
/// # Errors
/// Exit 2 naming the flag: nobody can be asked, or no answer can be used.
pub(super) fn ask_for(requirement: Requirement, guards: &Guards, prompter: &mut dyn Prompter) -> Result<String> {
    let flag = requirement.flag();
    let mut tries = 1;
    loop {
        let answer = prompter.line(requirement.question(), flag)?;
        if answer.trim().is_empty() {
            return Err(Error::missing_answer(
                format!("This profile requires {flag} with every reset, withdrawal and unlock."),
                format!("Add `{flag} …`."),
            ));
        }
        match requirement.usable(&answer, guards) {
            Ok(text) => return Ok(text),
            Err(why) if tries < TRIES => prompter.say(&format!("That {why}. Type another.")),
            Err(why) => return Err(unusable(requirement, &why)),
        }
        tries += 1;
    }
}

fn unusable(requirement: Requirement, why: &str) -> Error {
    let flag = requirement.flag();
    Error::usage(format!("{flag} {why}."))
        .hint(format!("Give `{flag} …` one line of at most {LONGEST_TEXT} characters that can be read."))
}

/// The profile's own rules.
#[derive(Clone, Debug)]
pub struct Guards {
    /// The texts that every reset, withdrawal and unlock requires.
    pub require: Vec<Requirement>,
    /// The pattern that a whole ticket has to match; `None` allows any text.
    pub ticket_pattern: Option<Pattern>,
    /// The most resets of one customer in 24 hours; `None` sets no limit.
    pub max_resets_per_customer_24h: Option<u32>,
    /// The most resets by one agent in an hour, without those of bulk runs; `None` sets no limit.
    pub max_resets_per_agent_1h: Option<u32>,
    /// Whether a reset goes on if the agent may not end sessions.
    pub allow_without_logout: bool,
    /// Whether each temporary password is tried by a sign-in before it is revealed.
    pub prove: bool,
    /// How callers are verified, where that is required.
    pub verification: VerificationRules,
    /// The channels by which customers are told of a change; none if nobody is told.
    pub notify_by: Vec<Channel>,
    /// How long a temporary password is valid.
    pub temporary_password_lasts: Duration,
}

impl Guards {
    /// Returns how often customers may be reset.
    pub(crate) const fn limits(&self) -> ResetLimits {
        ResetLimits { per_customer_24h: self.max_resets_per_customer_24h, per_agent_1h: self.max_resets_per_agent_1h }
    }

    /// Whether the profile requires a verification of each caller, and the agent's own words are none.
    pub(crate) fn takes_no_words(&self) -> bool {
        self.require.contains(&Requirement::Verified) && !self.verification.attested
    }

    /// Adds the gaps of the profile itself: it switches the proof off, or tells no customer.
    pub(crate) fn with_gaps(&self, mut capabilities: Capabilities) -> Capabilities {
        if !self.prove {
            capabilities.gaps.insert(Gap::NotProved);
        }
        if self.notify_by.is_empty() {
            capabilities.gaps.insert(Gap::NotNotified);
        }
        capabilities
    }
}

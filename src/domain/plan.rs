//! What the agent is asked to confirm, and its digest.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::action::Action;
use super::attempt::AttemptId;
use super::capabilities::Gap;
use super::case::Case;
use super::contact::Contact;
use super::customer::Customer;
use super::error::{Error, Result};
use super::history::Attempt;
use super::language::Language;
use super::profile_ref::ProfileRef;
use super::status::State;
use super::user::{ResetTarget, Stamp};
use super::user_profile::UserProfile;
use super::verification::Verification;

/// Everything the confirmation shows.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The agent's own name.
    pub agent: String,
    /// Profile and backend.
    pub profile_ref: ProfileRef,
    /// The customer.
    pub customer: Customer,
    /// The user who is changed, or what a new one is created from.
    pub target: ResetTarget,
    /// The user as the backend names them; `None` for one who is to be created.
    pub user: Option<UserProfile>,
    /// What will be done.
    pub action: Action,
    /// The status before.
    pub state: State,
    /// When the password was last set.
    pub stamp: Option<Stamp>,
    /// When the temporary password that is pending now was issued.
    pub pending_since: Option<Timestamp>,
    /// Whether a lock-out is lifted as well.
    pub unlock: bool,
    /// How long the temporary password is to last.
    pub lasts: Duration,
    /// The resets of this customer in the last 24 hours that this machine knows.
    pub recent: Vec<Attempt>,
    /// The promises that this backend does not keep.
    pub gaps: Vec<Gap>,
    /// What else the agent has to know on this machine: a program that records the terminal, an attempt without an end.
    pub notices: Vec<String>,
    /// The case, for the audit log.
    pub case: Case,
    /// How the caller was verified; `None` if the tool did not verify them.
    pub verification: Option<Verification>,
    /// Where the customer is told of the change.
    pub notified: Vec<Contact>,
    /// The language in which the customer is told; `None` if the directory does not have it.
    pub language: Option<Language>,
}

/// The SHA-256 digest of what a plan says. Two plans that show the same have the same digest.
///
/// It leaves out the notices, which are this machine's own, and the stamp, which two reads of one password may show
/// differently: [`Stamp::same_set`] compares those.
#[derive(Clone, PartialEq, Eq)]
pub struct PlanDigest([u8; 32]);

impl fmt::Debug for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanDigest(self)")
    }
}

impl fmt::Display for PlanDigest {
    /// Writes it in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What the digest is computed from, in this order.
#[derive(Serialize)]
struct Digested<'a> {
    version: &'static str,
    agent: &'a str,
    profile: &'a str,
    backend: &'a str,
    customer: &'a Customer,
    target: &'a ResetTarget,
    user: Option<&'a UserProfile>,
    action: Action,
    state: &'a State,
    pending_since: Option<Timestamp>,
    unlock: bool,
    lasts: Duration,
    recent: Vec<&'a AttemptId>,
    gaps: &'a [Gap],
    case: &'a Case,
    verification: Option<&'a AttemptId>,
    notified: Vec<String>,
}

impl Plan {
    /// Computes the digest of what this plan shows.
    ///
    /// # Errors
    /// Exit 1: a value has no JSON form.
    pub fn digest(&self) -> Result<PlanDigest> {
        let digested = Digested {
            version: "tellonce.plan/v1",
            agent: &self.agent,
            profile: &self.profile_ref.profile,
            backend: &self.profile_ref.backend,
            customer: &self.customer,
            target: &self.target,
            user: self.user.as_ref(),
            action: self.action,
            state: &self.state,
            pending_since: self.pending_since,
            unlock: self.unlock,
            lasts: self.lasts,
            recent: self.recent.iter().map(|attempt| &attempt.id).collect(),
            gaps: &self.gaps,
            case: &self.case,
            verification: self.verification.as_ref().map(|verification| &verification.id),
            notified: self.notified.iter().map(Contact::masked).collect(),
        };
        let json =
            serde_json::to_vec(&digested).map_err(|error| Error::bug("The plan has no JSON form.").because(error))?;
        Ok(PlanDigest(Sha256::digest(&json).into()))
    }

    /// Returns the user in words: "ada.lovelace (1001)".
    pub fn describe_user(&self) -> String {
        match (&self.target, &self.user) {
            (_, Some(user)) => user.describe(),
            (ResetTarget::User(id), None) => id.as_str().to_owned(),
            (ResetTarget::NewUser(new), None) => format!("{} (new)", new.username),
        }
    }

    /// Returns what the backend and the directory say differently of the customer, in sentences.
    pub fn differences(&self) -> Vec<String> {
        self.user.as_ref().map(|user| user.differences(&self.customer)).unwrap_or_default()
    }

    /// Returns what differs from an earlier plan for the same customer, in words for the agent.
    pub(super) fn changes_since(&self, earlier: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        if !Stamp::same_set(self.stamp.as_ref(), earlier.stamp.as_ref()) {
            changes.push("the password may have been set by someone else".to_owned());
        }
        if self.target != earlier.target {
            changes.push("the customer has another user now".to_owned());
        }
        if self.state != earlier.state {
            changes.push(format!("the status is now {}", self.state.describe()));
        }
        if self.recent.len() > earlier.recent.len() {
            changes.push("the customer was reset meanwhile".to_owned());
        }
        changes
    }
}

#[cfg(test)]
mod tests;

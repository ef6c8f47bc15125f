//! The agent's decision about a plan, and the consent to that one plan.

use super::error::{Error, Kind, Reason, Result};
use super::plan::{Plan, PlanDigest};

/// What the agent answered to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The agent said yes when asked.
    Confirmed,
    /// The agent said yes beforehand, by `--yes` or for all rows of a run; nobody was asked.
    ConfirmedBeforehand,
    /// The agent said no.
    Declined,
}

/// The agent's consent to one plan. [`authorize`](super::authorize()) alone makes it, and the intent uses it up.
///
/// ```compile_fail,E0451
/// # use tellonce::domain::{Consent, PlanDigest};
/// fn forge(digest: PlanDigest) -> Consent {
///     Consent { digest, asked: true }
/// }
/// ```
/// ```compile_fail,E0308
/// # use tellonce::domain::Consent;
/// fn twice(consent: &Consent) -> Consent {
///     consent.clone()
/// }
/// ```
#[derive(Debug)]
pub struct Consent {
    digest: PlanDigest,
    asked: bool,
}

impl Consent {
    /// Makes the consent of a decision about this plan.
    ///
    /// # Errors
    /// Exit 6: the agent said no.
    pub(super) fn to(plan: &Plan, decision: Decision) -> Result<Self> {
        let asked = match decision {
            Decision::Confirmed => true,
            Decision::ConfirmedBeforehand => false,
            Decision::Declined => {
                return Err(Error::new(Kind::Declined, Reason::Declined, "You said no; nothing was changed."));
            }
        };
        Ok(Self { digest: plan.digest()?, asked })
    }

    /// Makes a consent that nobody gave.
    #[cfg(test)]
    #[allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]
    pub(crate) fn of_test(plan: &Plan, decision: Decision) -> Self {
        Self::to(plan, decision).unwrap()
    }

    /// Whether the agent was asked, so that what was read before the question may be old.
    pub const fn was_asked(&self) -> bool {
        self.asked
    }

    /// Returns the digest of the plan that was shown.
    pub const fn digest(&self) -> &PlanDigest {
        &self.digest
    }

    pub(super) fn into_digest(self) -> PlanDigest {
        self.digest
    }
}

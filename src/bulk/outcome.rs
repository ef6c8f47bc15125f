//! What became of a row: the words of the output, the journal and the report.

use serde::{Deserialize, Serialize};

use crate::domain::{Error, Kind, Reason};

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowOutcome {
    /// A temporary password is set, and the row that holds it is written.
    Delivered,
    /// The customer has signed in since an earlier attempt of this row, so nothing was done.
    SignedInSince,
    /// The customer belongs to another row already.
    Duplicate,
    /// A rule refuses it.
    Refused,
    /// No such customer.
    NotFound,
    /// More than one customer matches.
    Ambiguous,
    /// The agent has no right to do this.
    NotAllowed,
    /// The row cannot be read, or lacks what the profile requires.
    Unusable,
    /// A temporary password is set, or may be, and reached nobody: resume the run.
    NotDelivered,
    /// Something else went wrong; nothing changed.
    Failed,
}

impl RowOutcome {
    /// All outcomes, in the order of the report.
    pub(crate) const ALL: [Self; 10] = [
        Self::Delivered,
        Self::SignedInSince,
        Self::Duplicate,
        Self::Refused,
        Self::NotFound,
        Self::Ambiguous,
        Self::NotAllowed,
        Self::Unusable,
        Self::NotDelivered,
        Self::Failed,
    ];

    /// Returns the name in the output and the journal.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::SignedInSince => "signed_in_since",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
            Self::NotFound => "not_found",
            Self::Ambiguous => "ambiguous",
            Self::NotAllowed => "not_allowed",
            Self::Unusable => "unusable",
            Self::NotDelivered => "not_delivered",
            Self::Failed => "failed",
        }
    }

    /// Finds the outcome of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether somebody has to look at the row.
    pub(crate) const fn is_failure(self) -> bool {
        !matches!(self, Self::Delivered | Self::SignedInSince | Self::Duplicate)
    }

    /// Returns the outcome of a reset that failed, and the exit code of the row: 0 if the customer belongs to another
    /// row, else the exit code that a single reset would have had.
    pub(crate) fn of(error: &Error) -> (Self, u8) {
        let outcome = match error.kind {
            Kind::Refused if error.reason == Reason::Duplicate => return (Self::Duplicate, 0),
            Kind::NotDelivered => Self::NotDelivered,
            Kind::Refused => Self::Refused,
            Kind::NotFound => Self::NotFound,
            Kind::Ambiguous => Self::Ambiguous,
            Kind::NotAllowed => Self::NotAllowed,
            Kind::Usage => Self::Unusable,
            _ => Self::Failed,
        };
        (outcome, error.exit_code().number())
    }
}

/// Makes the error of a row that cannot be read, or lacks something; `why` says so in words.
pub(crate) fn unusable(line: u64, why: &str) -> Error {
    Error::usage(format!("Line {line} cannot be used: {why}."))
}

/// Whether the error stops the run, because every other row would fail as well.
///
/// An agent who is signed out is so for all rows; a right may be missing for one customer alone.
pub(crate) fn stops_the_run(error: &Error) -> bool {
    let is_signed_out = error.kind == Kind::NotAllowed && error.reason != Reason::MissingRight;
    is_signed_out || matches!(error.reason, Reason::AuditUnavailable | Reason::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_who_is_not_let_in_any_more_stops_it_and_a_missing_right_is_of_one_row() {
        for reason in [Reason::SessionOver, Reason::NotSignedIn, Reason::SignInRefused, Reason::PasswordExpired] {
            assert!(stops_the_run(&Error::new(Kind::NotAllowed, reason, "Out.")));
        }
        assert!(!stops_the_run(&Error::new(Kind::NotAllowed, Reason::MissingRight, "Not this one.")));
        assert!(!stops_the_run(&Error::refused(Reason::Locked, "Locked.")));
    }
}

//! The error of every port and command.
//!
//! A [`Error`] is one kind per exit code, a finer reason for scripts, and, above all, what became of the customer:
//! nothing changed, changed, or unknown.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::customer::Customer;
use super::exit_code::ExitCode;
use super::secret_key::without_secret_keys;

/// The result of every port.
///
/// # Errors
/// A [`Error`] says which exit code the command ends with and whether anything was changed.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One kind for each exit code of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The tool itself failed.
    Bug,
    /// Usage or configuration is wrong, or an answer is missing and nobody can be asked.
    Usage,
    /// No such customer.
    NotFound,
    /// Not signed in, the session is over, or the agent has no right to do this.
    NotAllowed,
    /// More than one customer matches.
    Ambiguous,
    /// The agent said no.
    Declined,
    /// A rule refuses the change.
    Refused,
    /// Backend or ledger unavailable.
    Unavailable,
    /// Something changed, or may have, and no password was delivered.
    NotDelivered,
    /// Some items of a sweep failed.
    SomeFailed,
    /// A check found a fault.
    CheckFailed,
    /// Ended by this signal.
    Interrupted(i32),
}

/// What became of the customer's user when something failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Nothing was changed.
    #[default]
    No,
    /// The request may have been applied though its answer was lost.
    Unknown,
    /// Something was changed.
    Yes,
}

/// The finer reason, stable for scripts (`reason` in `tellonce.error/v1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each name is its own documentation, and docs/json.md lists them")]
pub enum Reason {
    AlreadyRunning,
    AlreadyUsed,
    Ambiguous,
    AuditUnavailable,
    BackendUnavailable,
    ChainBroken,
    ChangeNotForced,
    CheckFailed,
    CodeTooOld,
    CodeWrong,
    Configuration,
    CustomerExists,
    Declined,
    Disabled,
    DirectoryDamaged,
    DirectoryNewer,
    Duplicate,
    External,
    Internal,
    Interrupted,
    Locked,
    MarkFailed,
    MayNotChoose,
    MessageNotSent,
    MissingAnswer,
    MissingRight,
    NameOnly,
    NoContact,
    NoSuchCustomer,
    NoSuchRun,
    NoTerminal,
    NotLocked,
    NotProved,
    NotReplicated,
    NotSignedIn,
    NotUnique,
    NotVerified,
    NotYetValid,
    NothingPending,
    OutputFailed,
    OwnUser,
    PasswordExpired,
    PermanentlyLocked,
    Policy,
    PracticeByAccident,
    Protected,
    ProtectionUnreadable,
    ProfileRule,
    RanOut,
    RefusedByBackend,
    ResetAtTheSameTime,
    RevealFailed,
    RevealWay,
    RunChanged,
    SessionOver,
    SessionsNotEnded,
    SetNotRecorded,
    SignInRefused,
    SomeFailed,
    StillPending,
    Superseded,
    Throttled,
    TooManyCodes,
    TooManyFailures,
    TooManyResets,
    UnlockFailed,
    Unreadable,
    Usage,
    UserExpired,
    UserShared,
    VerificationUsed,
    WindowTooSmall,
    Withdrawn,
    WouldNotStick,
}

/// An error: says what happened, what became of the customer, and what to do next.
#[derive(Debug)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// Finer than the kind, for scripts.
    pub reason: Reason,
    /// What became of the customer's user.
    pub changed: Changed,
    /// Whether a temporary password may be in force that reached nobody.
    pub password_may_be_set: bool,
    /// What happened, in a sentence or two.
    pub message: String,
    /// What to do next, with the exact command where there is one.
    pub hint: Option<String>,
    /// The customers meant, for `not_found` and `ambiguous`.
    pub candidates: Vec<Customer>,
    /// How long the backend asked to be left alone (RFC 9110 section 10.2.3, Retry-After); `None` if it did not say.
    pub retry_after: Option<std::time::Duration>,
    /// The underlying error, for `-v` only.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Makes an error that changed nothing. Removes an age secret key that the message quotes.
    pub fn new(kind: Kind, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind,
            reason,
            changed: Changed::No,
            password_may_be_set: false,
            message: without_secret_keys(&message.into()).into_owned(),
            hint: None,
            candidates: Vec::new(),
            retry_after: None,
            source: None,
        }
    }

    /// Makes the error of a wrong usage or configuration (exit 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, Reason::Usage, message)
    }

    /// Makes the error of a missing answer if nobody can be asked (exit 2). The hint names the flag.
    pub fn missing_answer(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Kind::Usage, Reason::MissingAnswer, message).hint(hint)
    }

    /// Makes the error of a backend that did not answer, with nothing changed (exit 8).
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, Reason::BackendUnavailable, message)
    }

    /// Makes the error of a change that a rule refuses (exit 7).
    pub fn refused(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, reason, message)
    }

    /// Makes the error of an agent who is not signed in (exit 4).
    pub fn not_signed_in(message: impl Into<String>) -> Self {
        Self::new(Kind::NotAllowed, Reason::NotSignedIn, message)
    }

    /// Makes the error of a bug in the tool (exit 1).
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, Reason::Internal, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(without_secret_keys(&hint.into()).into_owned());
        self
    }

    /// Adds the customers that were meant.
    #[must_use]
    pub fn candidates(mut self, candidates: Vec<Customer>) -> Self {
        self.candidates = candidates;
        self
    }

    /// Adds the underlying error.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds how long the backend asked to be left alone.
    #[must_use]
    pub fn retry_after(mut self, wait: std::time::Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Marks the request as sent without an answer, so that it may have been applied.
    #[must_use]
    pub fn answer_lost(mut self) -> Self {
        self.changed = Changed::Unknown;
        self
    }

    /// Whether the backend is busy or gone for now and nothing was changed, so that the call may be repeated.
    pub fn is_passing(&self) -> bool {
        self.kind == Kind::Unavailable
            && self.changed == Changed::No
            && matches!(self.reason, Reason::BackendUnavailable | Reason::Throttled)
    }

    /// Returns message and hint in one text.
    pub fn message_with_hint(&self) -> String {
        self.hint.as_ref().map_or_else(|| self.message.clone(), |hint| format!("{} {hint}", self.message))
    }

    /// Returns the exit code: the only match from kind to code.
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Bug => ExitCode::BUG,
            Kind::Usage => ExitCode::USAGE,
            Kind::NotFound => ExitCode::NOT_FOUND,
            Kind::NotAllowed => ExitCode::NOT_ALLOWED,
            Kind::Ambiguous => ExitCode::AMBIGUOUS,
            Kind::Declined => ExitCode::DECLINED,
            Kind::Refused => ExitCode::REFUSED,
            Kind::Unavailable => ExitCode::UNAVAILABLE,
            Kind::NotDelivered => ExitCode::NOT_DELIVERED,
            Kind::SomeFailed => ExitCode::SOME_FAILED,
            Kind::CheckFailed => ExitCode::CHECK_FAILED,
            Kind::Interrupted(signal) => ExitCode::signal(signal),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

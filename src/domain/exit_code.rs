//! The exit codes: a promise to scripts, documented in docs/exit-codes.md and in the man page.

/// The exit code of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitCode(u8);

impl ExitCode {
    /// All is done. `find` without a match ends so as well, with an empty list.
    pub const DONE: Self = Self(0);
    /// The tool itself failed (a bug).
    pub const BUG: Self = Self(1);
    /// Usage or configuration is wrong, or an answer is missing and nobody can be asked.
    pub const USAGE: Self = Self(2);
    /// No such customer.
    pub const NOT_FOUND: Self = Self(3);
    /// Not signed in, session over, or the agent has no right to do this.
    pub const NOT_ALLOWED: Self = Self(4);
    /// More than one customer matches.
    pub const AMBIGUOUS: Self = Self(5);
    /// The agent said no; nothing changed.
    pub const DECLINED: Self = Self(6);
    /// A rule refused it; nothing changed.
    pub const REFUSED: Self = Self(7);
    /// Backend or ledger unavailable; nothing changed (a watch: still pending).
    pub const UNAVAILABLE: Self = Self(8);
    /// Something changed, or may have, and no password was delivered (a watch: it ran out or was withdrawn).
    pub const NOT_DELIVERED: Self = Self(9);
    /// A sweep finished, some items failed.
    pub const SOME_FAILED: Self = Self(10);
    /// A check found a fault (`doctor`, `audit verify`).
    pub const CHECK_FAILED: Self = Self(11);

    /// Returns the code of a process that a signal ended: 128 and its number, as shells have it.
    pub fn signal(number: i32) -> Self {
        Self(u8::try_from(128 + number).unwrap_or(u8::MAX))
    }

    /// Returns the number for the operating system.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Every fixed code with its meaning, for the man page and the documentation.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::DONE, "done (find without a match: 0 and an empty list)"),
        (Self::BUG, "the tool itself failed (a bug)"),
        (Self::USAGE, "usage or configuration is wrong, or an answer is missing and nobody can be asked"),
        (Self::NOT_FOUND, "no such customer"),
        (Self::NOT_ALLOWED, "not signed in, session over, or the agent has no right to do this"),
        (Self::AMBIGUOUS, "more than one customer matches"),
        (Self::DECLINED, "the agent said no; nothing changed"),
        (
            Self::REFUSED,
            "refused by a rule (own user, disabled, not kept here, protected, policy, nothing pending to withdraw); nothing changed",
        ),
        (
            Self::UNAVAILABLE,
            "backend or ledger unavailable; nothing changed (a watch: still pending; bulk: stopped early, resumable)",
        ),
        (
            Self::NOT_DELIVERED,
            "something changed, or may have, and no password was delivered (a watch: it ran out or was withdrawn): issue another",
        ),
        (Self::SOME_FAILED, "bulk or a sweep finished, some items failed (a sweep: or a user is not found any more)"),
        (Self::CHECK_FAILED, "a check found a fault (doctor, audit verify)"),
    ];
}

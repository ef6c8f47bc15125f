//! What a backend can do and what it cannot: read at run time, and shown before the agent confirms.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// One of the promises L1-L16 of docs/architecture.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Promise(u8);

impl Promise {
    /// All promises with their words, as `doctor` lists them.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self(1), "only an agent with the right to do so gets in"),
        (Self(2), "the agent sees profile, roles and status before acting"),
        (Self(3), "with or without a user, the customer ends up with a temporary password"),
        (Self(4), "nothing changes until the agent confirms"),
        (Self(5), "the temporary password is shown exactly once"),
        (Self(6), "it leaves by no other way, never by e-mail"),
        (Self(7), "Force Password Reset is read back before it is said"),
        (Self(8), "the customer must choose a new password under the listed rules"),
        (Self(9), "while it is pending, old password, e-mail reset and sessions are out"),
        (Self(10), "only the newest temporary password works"),
        (Self(11), "it works once, and not after its time has run out"),
        (Self(12), "the case of its letters matters"),
        (Self(13), "self-service works for a customer with nothing pending"),
        (Self(14), "the agent is told what to say"),
        (Self(15), "the caller was verified as the rules require"),
        (Self(16), "the customer hears of it, without the password"),
    ];
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}", self.0)
    }
}

/// A promise that a backend does not keep, or keeps in part.
///
/// The conformance story matches on this without a wildcard: a new gap does not compile until the story asserts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Gap {
    /// The backend's stamps name no author: another agent's set between ours and the first read looks like ours.
    StampNamesNoAuthor,
    /// The customer may keep the temporary password as the new one.
    TemporaryMayBeKept,
    /// The backend's page does not list the rules.
    RulesNotListed,
    /// The e-mail reset works while a temporary password is pending.
    SelfServiceWhilePending,
    /// Sessions opened earlier go on.
    SessionsGoOn,
    /// A form or connection opened earlier can still choose the new password.
    OpenFormOutlives,
    /// An unused temporary password does not run out by itself.
    NeverRunsOut,
    /// There is no self-service by e-mail.
    NoSelfService,
    /// The backend cannot show that a pending temporary password was withdrawn.
    WithdrawnReadsAsPending,
    /// The temporary password is not tried by a sign-in before it is revealed.
    NotProved,
    /// Nobody tells the customer that support changed something.
    NotNotified,
    /// The backend's stamps move with every edit of the user.
    StampMovesOnEdits,
    /// An access token that was issued earlier is valid until it runs out.
    AccessTokensOutlive,
}

impl Gap {
    /// Returns the promise that is not kept in full.
    pub const fn promise(self) -> Promise {
        Promise(match self {
            Self::StampNamesNoAuthor | Self::StampMovesOnEdits | Self::WithdrawnReadsAsPending | Self::NotProved => 7,
            Self::TemporaryMayBeKept | Self::RulesNotListed => 8,
            Self::SelfServiceWhilePending | Self::SessionsGoOn | Self::AccessTokensOutlive => 9,
            Self::OpenFormOutlives => 10,
            Self::NeverRunsOut => 11,
            Self::NoSelfService => 13,
            Self::NotNotified => 16,
        })
    }

    /// Returns what the agent reads before confirming.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::StampNamesNoAuthor => "someone else's reset at the same moment cannot always be told from yours",
            Self::TemporaryMayBeKept => "the customer may keep the temporary password as the new one",
            Self::RulesNotListed => "the sign-in page does not list the rules: tell the customer",
            Self::SelfServiceWhilePending => "a reset by e-mail works meanwhile, and ends the lock-out",
            Self::SessionsGoOn => "sessions opened earlier go on",
            Self::OpenFormOutlives => "a page opened with an earlier temporary password can still be sent",
            Self::NeverRunsOut => "an unused temporary password does not run out by itself: withdraw it",
            Self::NoSelfService => "there is no reset by e-mail",
            Self::WithdrawnReadsAsPending => "a withdrawn temporary password still reads as pending",
            Self::NotProved => "the temporary password is not tried by a sign-in before you see it",
            Self::NotNotified => "nobody tells the customer that support changed something",
            Self::StampMovesOnEdits => "an edit of the user meanwhile looks like another reset",
            Self::AccessTokensOutlive => {
                "programs that do not ask the backend take an earlier access token until it runs out"
            }
        }
    }
}

impl Gap {
    /// Lists the gaps that the customer is warned of where it is not known which backend issued the password. No warning
    /// claims anything that some backend does not do.
    pub fn of_unknown_backend() -> Vec<Self> {
        vec![Self::TemporaryMayBeKept, Self::SelfServiceWhilePending, Self::OpenFormOutlives]
    }

    /// Returns what to do about the gap: by the agent, or once by an administrator.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::StampNamesNoAuthor => "let one agent at a time help a customer",
            Self::TemporaryMayBeKept => "have an administrator switch on a password history of at least one",
            Self::RulesNotListed => "read the rules to the customer: the agent's right to read the policy shows them",
            Self::SelfServiceWhilePending => {
                "tell the customer not to ask for an e-mail meanwhile; `tellonce setup` says how to close it"
            }
            Self::SessionsGoOn => "have the customer sign out everywhere",
            Self::OpenFormOutlives => "have the customer close every sign-in page before you issue another",
            Self::NeverRunsOut => "withdraw what is not used: `tellonce withdraw`",
            Self::NoSelfService => "tell the customer to call again if they forget it",
            Self::WithdrawnReadsAsPending => "ask this machine's record: `tellonce audit list`",
            Self::NotProved => "ask the customer to call again if it does not work, or lets them in without a change",
            Self::StampMovesOnEdits => "leave the user as it is until the customer is back in",
            Self::AccessTokensOutlive => {
                "have the customer's apps use short access tokens, or ask the backend; `tellonce doctor` says how long they last"
            }
            Self::NotNotified => "name a sender in the profile, and leave `messages.notices` on: docs/verification.md",
        }
    }

    /// Returns the aid of tellonce that closes the gap; `None` if there is none.
    pub const fn met_by(self) -> Option<Aid> {
        match self {
            Self::RulesNotListed => Some(Aid::TellsRules),
            Self::NeverRunsOut => Some(Aid::Sweeps),
            Self::StampNamesNoAuthor
            | Self::TemporaryMayBeKept
            | Self::SelfServiceWhilePending
            | Self::SessionsGoOn
            | Self::OpenFormOutlives
            | Self::NoSelfService
            | Self::WithdrawnReadsAsPending
            | Self::NotProved
            | Self::NotNotified
            | Self::StampMovesOnEdits
            | Self::AccessTokensOutlive => None,
        }
    }
}

/// What tellonce does on top of a backend that would not keep a promise by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aid {
    /// Shows the rules with the temporary password, because the backend's page lists none.
    TellsRules,
    /// Ends sessions with every reset, because a set alone leaves them open.
    EndsSessions,
    /// Marks the customer, so that e-mail resets are refused until the customer chooses a password.
    MarksPending,
    /// Withdraws by a sweep what is not used in time.
    Sweeps,
}

impl Aid {
    /// Returns the promise that it keeps, or helps to keep.
    pub const fn promise(self) -> Promise {
        Promise(match self {
            Self::TellsRules => 8,
            Self::EndsSessions | Self::MarksPending => 9,
            Self::Sweeps => 11,
        })
    }

    /// Returns what `doctor` says of it.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::TellsRules => "the sign-in page lists no rules: the reveal does, for the agent to read out",
            Self::EndsSessions => "a set leaves sessions open: each reset ends them",
            Self::MarksPending => "each reset marks the customer, so that e-mail resets are refused until the change",
            Self::Sweeps => {
                "an unused one does not run out by itself: a timer has to run `tellonce withdraw --older-than 24h --all --yes --reason expired`"
            }
        }
    }
}

/// Where the customer chooses the new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeScreen {
    /// A page of the backend's own, with the button "Update Password".
    UpdatePasswordPage,
    /// Whatever program the customer signs in to. It has a screen and words of its own.
    AnyProgram,
}

/// What lifts an ordinary lock-out after failed attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockOuts {
    /// Setting a password does.
    LiftedBySet,
    /// A request of its own does.
    LiftedOnRequest,
    /// Nothing does: they end by themselves.
    EndByThemselves,
}

/// What a backend, as set up for this profile, can do.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The promises that the backend does not keep, or keeps in part.
    pub gaps: BTreeSet<Gap>,
    /// The gaps that no set-up of this server closes.
    pub limits: BTreeSet<Gap>,
    /// What tellonce does so that a promise is kept that the backend alone would not keep.
    pub aids: BTreeSet<Aid>,
    /// Where the customer chooses the new password.
    pub change_screen: ChangeScreen,
    /// What lifts an ordinary lock-out after failed attempts.
    pub lock_outs: LockOuts,
    /// How long a temporary password lasts by the backend's own setting; `None` if the profile's applies.
    pub lifetime: Option<Duration>,
    /// How many concurrent calls the backend serves before more of them only make each slower. A bulk run starts with
    /// these.
    pub concurrency: usize,
}

//! The history of a customer in this machine's audit log, and the findings about attempts whose end is missing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::action::ChangeKind;
use super::attempt::AttemptId;
use super::error::Changed;
use super::outcome::Delivery;
use super::ports::CHANGE_LIMIT;
use super::user::{Stamp, UserSnapshot};
use super::user_id::UserId;

/// One attempt, put together from its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The id on its records.
    pub id: AttemptId,
    /// When the intent was written.
    pub at: Timestamp,
    /// The agent at the backend.
    pub agent: String,
    /// What it was to change.
    pub kind: ChangeKind,
    /// The user whom the intent names; `None` in older records and of a user who was to be created.
    pub user: Option<UserId>,
    /// The stamp before.
    pub stamp_before: Option<Stamp>,
    /// The stamp of its set; `None` if no set was recorded.
    pub set: Option<Option<Stamp>>,
    /// How the attempt ended; `None` if no end was recorded.
    pub end: Option<End>,
    /// Whether a process is still working at the attempt.
    pub in_progress: bool,
    /// Whether a later attempt of the same row replaces this one. A row of a bulk run counts once.
    pub retried: bool,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The reveal's outcome.
    Delivered(Delivery),
    /// The attempt failed, with this effect.
    Failed(Changed),
    /// A withdrawal was finished.
    Withdrawn,
    /// A lock-out was lifted.
    Unlocked,
    /// A later command found out the effect. Nobody is known to have got the password.
    Recovered(Changed),
}

impl Attempt {
    /// Whether its end is missing and no process is working at it, so that what became of it is unknown.
    pub const fn is_open(&self) -> bool {
        self.end.is_none() && !self.in_progress
    }

    /// Notes a stamp that was read after a failure, or by a later command, if the attempt changed the customer.
    pub fn note_stamp(&mut self, changed: Changed, stamp: Option<Stamp>) {
        if changed == Changed::Yes && self.set.is_none() {
            self.set = Some(stamp);
        }
    }

    /// Whether it is a reset.
    pub const fn is_reset(&self) -> bool {
        matches!(self.kind, ChangeKind::Reset)
    }

    /// Whether it is a withdrawal that changed the customer.
    pub const fn has_withdrawn(&self) -> bool {
        matches!(self.kind, ChangeKind::Withdrawal)
            && matches!(self.end, Some(End::Withdrawn | End::Failed(Changed::Yes) | End::Recovered(Changed::Yes)))
    }

    /// Whether it is a reset that changed the customer, or may have.
    pub const fn may_have_reset(&self) -> bool {
        self.is_reset() && !matches!(self.end, Some(End::Failed(Changed::No) | End::Recovered(Changed::No)))
    }
}

/// All attempts on one customer that this machine knows, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The attempts.
    pub attempts: Vec<Attempt>,
    /// Whether a line of the log cannot be read, so that attempts of this customer may be missing.
    pub damaged: bool,
}

/// What was found out about an attempt whose end is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which attempt.
    pub attempt: AttemptId,
    /// What became of the customer.
    pub changed: Changed,
    /// The stamp that says so.
    pub stamp: Option<Stamp>,
}

/// How far two readings of one time may be apart, where one has whole seconds.
const CLOCK_STEP: SignedDuration = SignedDuration::from_secs(3);
/// How long after its intent a change is given up.
const LONGEST_CHANGE: SignedDuration = SignedDuration::from_secs(CHANGE_LIMIT.as_secs().cast_signed());
const A_DAY: Duration = Duration::from_hours(24);

impl History {
    /// Returns the resets of the last 24 hours that changed the customer, or may have.
    pub fn recent_resets(&self, now: Timestamp) -> Vec<Attempt> {
        let since = now.checked_sub(A_DAY).unwrap_or(Timestamp::MIN);
        self.attempts
            .iter()
            .filter(|attempt| attempt.at > since && attempt.may_have_reset() && !attempt.retried)
            .cloned()
            .collect()
    }

    /// Returns the agent whose reset left this stamp; `None` if this machine does not know.
    ///
    /// An edit of the entry in the second of the set moves some stamps. The set is recognised all the same, unless
    /// another reset left exactly this stamp.
    pub fn issued_by(&self, stamp: Option<&Stamp>) -> Option<&str> {
        let stamp = stamp?;
        let last_reset = |left_it: &dyn Fn(Option<&Stamp>) -> bool| {
            let resets = self.attempts.iter().rev().filter(|attempt| attempt.is_reset());
            resets.filter_map(|attempt| Some((attempt, attempt.set.as_ref()?))).find(|(_, set)| left_it(set.as_ref()))
        };
        let exactly = |set: Option<&Stamp>| Stamp::same_set(set, Some(stamp));
        let before_an_edit = |set: Option<&Stamp>| set.is_some_and(|set| set.may_be_edited_to(stamp));
        let (attempt, _) = last_reset(&exactly).or_else(|| last_reset(&before_an_edit))?;
        Some(attempt.agent.as_str())
    }

    /// Returns the withdrawal that set the password of this time, by this machine's clock. Returns `None` if another change
    /// is the last that this machine knows of.
    ///
    /// A directory sets a password that nobody knows, and shows no difference to a temporary one.
    pub fn withdrawal_at(&self, at: Timestamp) -> Option<&Attempt> {
        let last = self.attempts.iter().rev().find(|attempt| attempt.may_have_reset() || attempt.has_withdrawn())?;
        let after = at.duration_since(last.at);
        (last.has_withdrawn() && (-CLOCK_STEP..CLOCK_STEP + LONGEST_CHANGE).contains(&after)).then_some(last)
    }

    /// Returns the attempts whose end is missing.
    pub fn open(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.is_open())
    }

    /// Concludes from the user's snapshot what became of the attempts whose end is missing.
    ///
    /// The stamp decides: the same as before the intent means that nothing was applied. A newer one was left by the
    /// newest open attempt, unless an attempt whose set is recorded left it; that a change is required goes with it.
    pub fn findings(&self, snapshot: &UserSnapshot) -> Vec<Finding> {
        self.open()
            .map(|attempt| Finding {
                attempt: attempt.id.clone(),
                changed: self.change_made_by(attempt, snapshot),
                stamp: snapshot.stamp.clone(),
            })
            .collect()
    }

    /// Returns the finding in words, for the agent.
    pub fn note(&self, finding: &Finding) -> String {
        let attempt = self.attempts.iter().find(|attempt| attempt.id == finding.attempt);
        let (what, at) = attempt.map_or_else(
            || ("An attempt".to_owned(), String::new()),
            |attempt| {
                let what = match attempt.kind {
                    ChangeKind::Reset => "A reset",
                    ChangeKind::Withdrawal => "A withdrawal",
                    ChangeKind::Unlocking => "An unlock",
                };
                (format!("{what} by {}", attempt.agent), attempt.at.strftime(" at %F %T UTC").to_string())
            },
        );
        let change = match finding.changed {
            Changed::No => "was cut short before it changed anything",
            Changed::Yes => {
                "was cut short after it changed the password; whether the customer was told it is not known"
            }
            Changed::Unknown => "was cut short; what became of it is not known",
        };
        format!("{what}{at} {change}.")
    }

    fn change_made_by(&self, attempt: &Attempt, snapshot: &UserSnapshot) -> Changed {
        if attempt.set.is_some() {
            return Changed::Yes;
        }
        match attempt.kind {
            ChangeKind::Withdrawal => match snapshot.state.withdrawn {
                Some(true) => Changed::Yes,
                Some(false) => Changed::No,
                None => Changed::Unknown,
            },
            // A lock-out may also have ended by itself, so that its absence proves nothing.
            ChangeKind::Unlocking if snapshot.known_locked() == Some(true) => Changed::No,
            ChangeKind::Unlocking => Changed::Unknown,
            ChangeKind::Reset => self.change_made_by_reset(attempt, snapshot),
        }
    }

    fn change_made_by_reset(&self, attempt: &Attempt, snapshot: &UserSnapshot) -> Changed {
        let Some(now) = snapshot.stamp.as_ref() else {
            return if snapshot.state.has_user { Changed::Unknown } else { Changed::No };
        };
        if !now.is_newer_than(attempt.stamp_before.as_ref()) {
            return Changed::No;
        }
        let left_by_another = self
            .attempts
            .iter()
            .any(|other| other.set.as_ref().is_some_and(|set| Stamp::same_set(set.as_ref(), Some(now))));
        let forced = snapshot.state.change_required;
        if forced && !left_by_another { Changed::Yes } else { Changed::Unknown }
    }
}

#[cfg(test)]
mod tests;

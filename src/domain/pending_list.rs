//! The list of what is pending: from the backend and the ledger together.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::Serialize;

use super::concurrent_reads::read_each;
use super::error::{Error, Kind, Result};
use super::history::{Attempt, End, History};
use super::outstanding::Outstanding;
use super::services::Services;
use super::session::{AT_LEAST, Session};
use super::user::{Pending, UserSnapshot};

/// The clock that the age of a pending password is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// The server's, by which the times of issue are.
    Server,
    /// This machine's, because the server's cannot be read.
    Local,
}

/// One pending temporary password, with what the ledger knows of it.
#[derive(Debug)]
pub struct ListedPassword {
    /// What the backend says.
    pub pending: Pending,
    /// The agent who issued it, by the ledger; `None` if the ledger does not know.
    pub issued_by: Option<String>,
    /// Whether this tool issued it, by its mark or the ledger.
    ///
    /// A user of whom too much is hidden counts, if a reset of theirs may be pending.
    pub is_ours: bool,
}

/// What is pending at a backend, and old enough.
#[derive(Debug)]
pub struct PendingList {
    /// The passwords.
    pub passwords: Vec<ListedPassword>,
    /// The clock by which they are old enough.
    pub clock: ClockSource,
    /// The latest time of a record that is old enough, by this machine's clock. It is before the backend was asked.
    latest_record: Timestamp,
    /// The immutable ids of all whom the backend lists, of any age.
    listed_users: HashSet<String>,
}

/// The outstanding passwords of users whom the backend does not list.
#[derive(Debug, Default)]
pub struct Unlisted {
    /// Those of users who are not found any more.
    pub not_found: Vec<Outstanding>,
    /// Those of users who are there, so that nothing of this tool is pending.
    pub finished: Vec<Outstanding>,
    /// Why the agent may not look users up; `None` if all were looked up.
    pub refusal: Option<Error>,
}

impl ListedPassword {
    /// Notes that this tool withdrew the password, if the ledger says so and the backend does not.
    fn withdrawn_by(mut self, history: &History, to_local_time: &dyn Fn(Timestamp) -> Timestamp) -> Self {
        let set_at = self.pending.issued_at.map(to_local_time);
        if let Some(withdrawal) = set_at.and_then(|at| history.withdrawal_at(at)) {
            self.pending.withdrawn = true;
            self.issued_by = history.issued_by(withdrawal.stamp_before.as_ref()).map(str::to_owned);
            self.is_ours = self.issued_by.is_some();
        }
        self
    }
}

impl PendingList {
    /// Reads what has been pending for longer than `older_than`; everything if it is `None`.
    ///
    /// A time of issue is compared with the server's clock, and a record of this machine with this machine's.
    ///
    /// # Errors
    /// Exit 4: the agent may not list what is pending.
    pub async fn read(services: &Services<'_>, session: &Session, older_than: Option<Duration>) -> Result<Self> {
        session.backend().keep_alive(AT_LEAST).await?;
        let server_time = session.backend().server_time().await?;
        // A password that is issued from here on may be missing from the list, although it is pending.
        let local_time = services.clock.now();
        let pending = session.backend().pending().await?;
        let age = older_than.unwrap_or_default();
        let before = |now: Timestamp| now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let clock = if server_time.is_some() { ClockSource::Server } else { ClockSource::Local };
        let (limit, latest_record) = (before(server_time.unwrap_or(local_time)), before(local_time));
        let listed_users = pending.iter().filter_map(|item| item.immutable_id.clone()).collect();
        let old_enough =
            |item: &Pending| older_than.is_none() || item.issued_at.map_or(item.unreadable.is_some(), |at| at <= limit);
        let ahead = local_time.duration_since(server_time.unwrap_or(local_time));
        let to_local_time = |at: Timestamp| at.checked_add(ahead).unwrap_or(at);
        let mut passwords = Vec::new();
        for pending in pending.into_iter().filter(old_enough) {
            let user = pending.user_profile();
            let history = services.audit.history(session, &pending.customer, Some(&user)).await?;
            let is_ours = pending.marked || may_be_ours(&pending, &history, latest_record);
            let password = ListedPassword {
                issued_by: history.issued_by(pending.stamp.as_ref()).map(str::to_owned),
                is_ours,
                pending,
            };
            passwords.push(if is_ours { password } else { password.withdrawn_by(&history, &to_local_time) });
        }
        Ok(Self { passwords, clock, latest_record, listed_users })
    }

    /// Reads the users of these passwords, in their order and several at a time. A refusal is about one user.
    ///
    /// # Errors
    /// The backend cannot be asked.
    pub async fn read_users(
        session: &Session,
        passwords: Vec<ListedPassword>,
    ) -> Result<Vec<(ListedPassword, Result<UserSnapshot>)>> {
        let read = async |password: ListedPassword| {
            session.backend().keep_alive(AT_LEAST).await?;
            match session.backend().user_snapshot(&password.pending.customer).await {
                Err(error) if !matches!(error.kind, Kind::Ambiguous | Kind::Refused | Kind::NotFound) => Err(error),
                answer => Ok((password, answer)),
            }
        };
        read_each(session, passwords, read).await.try_collect().await
    }

    /// Looks up the users of what the ledger says is outstanding, old enough, and missing from the list.
    ///
    /// A user of whom records have no immutable id is not looked up.
    ///
    /// # Errors
    /// The ledger or the backend cannot be read.
    pub async fn look_up_unlisted(&self, services: &Services<'_>, session: &Session) -> Result<Unlisted> {
        let (mut unlisted, mut after) = (Unlisted::default(), Some(0));
        while let Some(number) = after {
            let page = services.audit.outstanding(session, number).await?;
            after = page.next;
            let is_unlisted = |password: &Outstanding| {
                let id = password.user.as_str();
                !self.listed_users.contains(id) && session.backend().is_immutable_id(id)
            };
            let is_looked_up =
                |password: &Outstanding| is_unlisted(password) && password.issued_at <= self.latest_record;
            let looked_up = page.passwords.into_iter().filter(is_looked_up).collect();
            let look_up = async |password: Outstanding| {
                session.backend().keep_alive(AT_LEAST).await?;
                let found = session.backend().find_by_immutable_id(password.user.as_str()).await?;
                Ok((password, found.is_some()))
            };
            let mut answers = read_each(session, looked_up, look_up).await;
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok((password, true)) => unlisted.finished.push(password),
                    Ok((password, false)) => unlisted.not_found.push(password),
                    Err(error) if error.kind == Kind::Refused => {
                        return Ok(Unlisted { refusal: Some(error), ..unlisted });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(unlisted)
    }
}

/// Whether the ledger knows the password, or knows of a reset that may have issued it where the backend hides too much.
fn may_be_ours(pending: &Pending, history: &History, latest_record: Timestamp) -> bool {
    let is_hidden = pending.unreadable.is_some() && pending.stamp.is_none();
    history.issued_by(pending.stamp.as_ref()).is_some() || (is_hidden && last_was_a_reset(history, latest_record))
}

fn last_was_a_reset(history: &History, latest_record: Timestamp) -> bool {
    let changed = |attempt: &&Attempt| attempt.may_have_reset() || attempt.end == Some(End::Withdrawn);
    let last = history.attempts.iter().rev().find(changed);
    last.is_some_and(|attempt| attempt.is_reset() && attempt.at <= latest_record)
}

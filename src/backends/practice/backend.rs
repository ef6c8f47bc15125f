//! The identity backend: each change of an agent is one transaction.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, Params, Transaction, TransactionBehavior, params};

use super::columns::timestamp;
use super::errors::store_error;
use super::session::AgentSession;
use super::user_snapshot::UserRow;
use super::{hash, policy};
use crate::domain::ports::{IdentityBackend, SetFailed};
use crate::domain::{
    About, AnyIntent, Capabilities, ChangeScreen, Customer, Error, Forced, Intent, Issued, LockOuts, Pending, Reason,
    Reset, ResetTarget, Result, Right, SessionsEnded, TemporaryPassword, Trial, Unlocking, UserId, UserProfile,
    UserSnapshot, Withdrawal,
};

/// Replaces the hash of a withdrawn password. It is not a PHC string, so no password matches it.
const NOTHING_MATCHES: &str = "withdrawn";

/// Begins a transaction that writes.
pub(super) fn begin(connection: &mut Connection) -> Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)
}

/// Runs a cached statement. Returns how many rows it changed.
pub(super) fn execute(connection: &Connection, statement: &str, values: impl Params) -> Result<usize> {
    connection.prepare_cached(statement).and_then(|mut statement| statement.execute(values)).map_err(store_error)
}

/// Reads a user's row.
///
/// # Errors
/// Exit 8: the user is gone.
pub(super) fn row_of(connection: &Connection, user: &UserId) -> Result<UserRow> {
    let gone = || Error::unavailable("The user is gone: somebody removed it, or started the practice directory over.");
    let number = user.as_str().parse().map_err(|_| gone())?;
    UserRow::of(connection, number)?.ok_or_else(gone)
}

/// Returns the number of a user's row that an immutable id is.
fn number_of(immutable_id: &str) -> Option<i64> {
    immutable_id.parse::<i64>().ok().filter(|number| number.to_string() == immutable_id)
}

fn about_target(connection: &Connection, target: &ResetTarget) -> Result<About> {
    match target {
        ResetTarget::NewUser(new) => {
            Ok(About { username: Some(new.username.clone()), email: new.customer.email.clone() })
        }
        ResetTarget::User(user) => about(connection, &row_of(connection, user)?),
    }
}

/// Reads the username and the e-mail address, for the rules about names.
pub(super) fn about(connection: &Connection, row: &UserRow) -> Result<About> {
    let email = connection
        .prepare_cached("SELECT email FROM customer WHERE number = ?1")
        .and_then(|mut select| select.query_row([row.customer], |found| found.get(0)))
        .map_err(store_error)?;
    Ok(About { username: Some(row.username.clone()), email })
}

/// Adds the hash of a password that is replaced to the history.
pub(super) fn record_in_history(connection: &Connection, row: &UserRow) -> Result<()> {
    if row.withdrawn {
        return Ok(()); // its hash is gone
    }
    execute(
        connection,
        "INSERT OR IGNORE INTO password_history(customer, version, hash, temporary)
             SELECT ?1, ?2, coalesce(?3, value), ?4 FROM setting WHERE name = 'initial_hash'",
        params![row.customer, row.version, row.hash, row.change_required],
    )
    .map(drop)
}

impl AgentSession {
    /// Lifts the user's lock, and forgets the failed attempts.
    fn lift_lock(&self, user: &UserId) -> Result<()> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::Unlock)?;
        let row = row_of(&connection, user)?;
        let lift = "UPDATE user SET failures = 0, locked_until = 0 WHERE customer = ?1";
        execute(&connection, lift, [row.customer]).map(drop)
    }
}

#[async_trait(?Send)]
impl IdentityBackend for AgentSession {
    async fn capabilities(&self) -> Result<Capabilities> {
        // Each core works on one hash, while other rows wait for a core or for the shared transaction.
        let concurrency = 4 * hash::cores();
        let none = BTreeSet::new;
        Ok(Capabilities {
            gaps: none(),
            limits: none(),
            aids: BTreeSet::new(),
            change_screen: ChangeScreen::UpdatePasswordPage,
            lock_outs: LockOuts::LiftedOnRequest,
            lifetime: None,
            concurrency,
        })
    }

    fn leave_retries(&self) {} // it repeats nothing

    async fn rights(&self) -> Result<Vec<Right>> {
        Ok(self.agent(&self.practice.connection())?.rights())
    }

    async fn keep_alive(&self, at_least: Duration) -> Result<()> {
        let until = self.practice.now() + i64::try_from(at_least.as_millis()).unwrap_or(i64::MAX / 2);
        self.agent_at(&self.practice.connection(), until).map(drop)
    }

    async fn end_session(&self) -> Result<()> {
        self.practice
            .connection()
            .execute("DELETE FROM agent_session WHERE token_hash = ?1", [hash::token_digest(&self.token)])
            .map(drop)
            .map_err(store_error)
    }

    async fn user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        self.read_user_snapshot(customer)
    }

    fn is_immutable_id(&self, id: &str) -> bool {
        number_of(id).is_some()
    }

    async fn find_by_immutable_id(&self, id: &str) -> Result<Option<UserProfile>> {
        self.practice.read(|connection| {
            self.agent(connection)?.must_have(Right::FindCustomers)?;
            let Some(number) = number_of(id) else { return Ok(None) };
            let condition = "WHERE c.number = ?1 AND u.customer IS NOT NULL";
            let found = super::customer_rows::select(connection, condition, [number])?.pop();
            let Some((_, customer)) = found else { return Ok(None) };
            Ok(UserRow::of(connection, number)?.map(|row| row.profile(&customer)))
        })
    }

    async fn set_temporary_password(
        &self,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let (policy, about) = self.practice.read(|connection| {
            self.agent(connection)?.must_have(Right::IssueTemporaryPasswords)?; // checked again in the transaction
            Ok((policy::read(connection)?, about_target(connection, intent.target())?))
        })?;
        let broken = password.breaks(&policy, &about);
        if !broken.is_empty() {
            return Err(SetFailed::Policy(broken));
        }
        // The hash is computed before the transaction, which others wait for.
        let hash = password.request(intent, hash::HashInPool).await?;
        Ok(self.set(intent, hash).await?)
    }

    async fn mark_pending(&self, _: &Intent<Reset>, _: &Issued) -> Result<()> {
        Ok(()) // the set itself forces the change
    }

    async fn end_sessions(&self, intent: &AnyIntent) -> Result<SessionsEnded> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::EndSessions)?;
        let row = row_of(&connection, intent.user()?)?;
        let ended = execute(&connection, "DELETE FROM customer_session WHERE customer = ?1", [row.customer])?;
        Ok(SessionsEnded::Count(ended as u64))
    }

    async fn read_back(&self, issued: &Issued) -> Result<Forced> {
        let row = self.practice.read(|connection| {
            self.agent(connection)?;
            row_of(connection, &issued.user)
        })?;
        Ok(Forced { change_required: row.change_required && !row.withdrawn, stamp: Some(row.stamp()) })
    }

    async fn try_sign_in(&self, intent: &Intent<Reset>, password: &TemporaryPassword) -> Result<Trial> {
        let user = intent.user()?;
        let before = self.practice.read(|connection| {
            self.agent(connection)?;
            row_of(connection, user)
        })?;
        let hash = self.practice.hash_or_initial(Some(&before))?;
        let is_right = password.request(intent, hash::VerifyInPool(hash)).await?;
        let row = self.practice.read(|connection| row_of(connection, user))?;
        Ok(Trial::of(row.trial_answer(is_right && row.hash == before.hash, self.practice.now())))
    }

    async fn withdraw(&self, intent: &Intent<Withdrawal>) -> Result<()> {
        let mut connection = self.practice.connection();
        let transaction = begin(&mut connection)?;
        self.agent(&transaction)?.must_have(Right::IssueTemporaryPasswords)?;
        let row = row_of(&transaction, intent.user()?)?;
        if !row.change_required || intent.stamp_before() != Some(&row.stamp()) {
            return Err(Error::refused(
                Reason::NothingPending,
                "That temporary password is not pending any more: it was used, or another was issued.",
            )
            .hint("See the customer's status: `tellonce show CUSTOMER`."));
        }
        transaction
            .execute(
                "UPDATE user SET hash = ?2, withdrawn = 1 WHERE customer = ?1",
                params![row.customer, NOTHING_MATCHES],
            )
            .map_err(store_error)?;
        transaction.commit().map_err(store_error)
    }

    async fn pending(&self) -> Result<Vec<Pending>> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::Sweep)?;
        let customers =
            super::customer_rows::select(&connection, "WHERE u.change_required = 1 ORDER BY u.issued_at", [])?;
        customers
            .into_iter()
            .map(|(number, customer)| {
                let row = row_of(&connection, &UserId::new(number.to_string()))?;
                let marked = connection
                    .query_row("SELECT mark IS NOT NULL FROM user WHERE customer = ?1", [number], |found| found.get(0))
                    .map_err(store_error)?;
                Ok(Pending {
                    customer,
                    user: row.id(),
                    immutable_id: Some(number.to_string()),
                    stamp: Some(row.stamp()),
                    issued_at: row.issued_at.map(timestamp),
                    marked,
                    withdrawn: row.withdrawn,
                    unreadable: None,
                })
            })
            .collect()
    }

    async fn server_time(&self) -> Result<Option<Timestamp>> {
        Ok(Some(timestamp(self.practice.now())))
    }

    async fn unlock(&self, intent: &Intent<Reset>) -> Result<()> {
        self.lift_lock(intent.user()?)
    }

    async fn unlock_alone(&self, intent: &Intent<Unlocking>) -> Result<()> {
        self.lift_lock(intent.user()?)
    }
}

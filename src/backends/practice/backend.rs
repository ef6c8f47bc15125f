//! The identity backend: what an agent changes, each in one transaction.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, ErrorCode, Params, Transaction, TransactionBehavior, params};

use super::make::searched;
use super::session::AgentSession;
use super::standing::{UserRow, number_of};
use super::store::{moment, told};
use super::{directory, fold, hash, policy};
use crate::domain::ports::{IdentityBackend, Intent, SetFailed};
use crate::domain::{
    About, Answer, Capabilities, Customer, Failure, Forced, Issued, Names, NewUser, Pending, Reason, Right,
    SessionsEnded, Stamp, Standing, TemporaryPassword, UserId, Whom,
};

/// Replaces the hash of a withdrawn password: no PHC string, so nothing matches it.
const NOTHING_MATCHES: &str = "withdrawn";

fn begin(connection: &mut Connection) -> Answer<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)
}

/// Changes rows by a statement that is kept; how many.
fn execute(connection: &Connection, statement: &str, values: impl Params) -> Answer<usize> {
    connection.prepare_cached(statement).and_then(|mut statement| statement.execute(values)).map_err(told)
}

fn row_of(connection: &Connection, user: &UserId) -> Answer<UserRow> {
    let gone =
        || Failure::unavailable("The user is gone: somebody removed it, or started the practice directory over.");
    let number = user.as_str().parse().map_err(|_| gone())?;
    UserRow::of(connection, number)?.ok_or_else(gone)
}

impl AgentSession {
    fn set(&self, intent: &Intent, whom: &Whom, hash: &str) -> Answer<Issued> {
        let now = self.practice.now();
        let mut connection = self.practice.connection();
        let transaction = begin(&mut connection)?;
        let agent = self.agent(&transaction)?;
        agent.must_have(Right::IssueTemporaryPasswords)?;
        let customer = match whom {
            Whom::User(user) => {
                let row = row_of(&transaction, user)?;
                remember(&transaction, &row)?;
                row.customer
            }
            Whom::NewUser(new) => {
                agent.must_have(Right::CreateUsers)?;
                create(&transaction, new, now)?
            }
        };
        let expires_at = intent.expires_at().as_millisecond();
        execute(
            &transaction,
            "UPDATE user SET hash = ?2, change_required = 1, withdrawn = 0, issued_at = ?3, expires_at = ?4,
                    issued_by = ?5, mark = ?6, version = version + 1, set_at = ?3 WHERE customer = ?1",
            params![customer, hash, now, expires_at, agent.name, intent.attempt().as_str()],
        )?;
        execute(&transaction, "DELETE FROM reset_token WHERE customer = ?1", [customer])?;
        let row = row_of(&transaction, &UserId::new(customer.to_string()))?;
        transaction.commit().map_err(told)?;
        Ok(Issued { user: row.id(), stamp: Some(row.stamp()), at: moment(now), expires_at: Some(moment(expires_at)) })
    }
}

fn about_whom(connection: &Connection, whom: &Whom) -> Answer<About> {
    match whom {
        Whom::NewUser(new) => Ok(About { username: Some(new.username.clone()), email: new.customer.email.clone() }),
        Whom::User(user) => about(connection, &row_of(connection, user)?),
    }
}

/// Whose password it is, for the rules about names.
pub(super) fn about(connection: &Connection, row: &UserRow) -> Answer<About> {
    let email = connection
        .prepare_cached("SELECT email FROM customer WHERE number = ?1")
        .and_then(|mut select| select.query_row([row.customer], |found| found.get(0)))
        .map_err(told)?;
    Ok(About { username: Some(row.username.clone()), email })
}

/// Keeps the hash of a password that is replaced, for the rule about the last ones.
pub(super) fn remember(connection: &Connection, row: &UserRow) -> Answer<()> {
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

/// Creates the user, and with `--create` the customer; gives the customer's number.
fn create(transaction: &Transaction<'_>, new: &NewUser, now: i64) -> Answer<i64> {
    let Customer { id, name, email, .. } = &new.customer;
    let meanwhile = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => Failure::new(
            crate::domain::Kind::Unavailable,
            Reason::CustomerExists,
            format!("Somebody else created {id}, or a user {}, just now.", new.username),
        )
        .hint(format!("Look again: `tellonce show {id}`."))
        .because(error),
        _ => told(error),
    };
    let number = if new.new_customer {
        let Names { first, last } = new.customer.first_and_last();
        transaction
            .execute(
                "INSERT INTO customer(id, first_name, last_name, email, first_folded, last_folded) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                params![id.as_str(), first, last, email, fold::folded(&first), fold::folded(&last)],
            )
            .map_err(meanwhile)?;
        transaction.last_insert_rowid()
    } else {
        number_of(transaction, &new.customer)?
            .ok_or_else(|| Failure::unavailable(format!("The customer {id} is gone.")))?
    };
    transaction
        .execute(
            "INSERT INTO user(customer, username, version, set_at) VALUES(?1, ?2, 0, ?3)",
            params![number, new.username, now],
        )
        .map_err(meanwhile)?;
    let text = searched(name, email.as_deref().unwrap_or_default(), Some(&new.username));
    transaction.execute("DELETE FROM search WHERE rowid = ?1", [number]).map_err(told)?;
    transaction.execute("INSERT INTO search(rowid, text) VALUES(?1, ?2)", params![number, text]).map_err(told)?;
    Ok(number)
}

#[async_trait(?Send)]
impl IdentityBackend for AgentSession {
    async fn capabilities(&self) -> Answer<Capabilities> {
        // One hashes a core; the others wait for their turn, so that no core is idle while some wait for the disk.
        let concurrency = 4 * hash::cores();
        Ok(Capabilities { gaps: BTreeSet::new(), aids: BTreeSet::new(), set_lifts_lock: false, concurrency })
    }

    async fn rights(&self) -> Answer<Vec<Right>> {
        Ok(self.agent(&self.practice.connection())?.rights())
    }

    async fn keep_alive(&self, at_least: Duration) -> Answer<()> {
        let until = self.practice.now() + i64::try_from(at_least.as_millis()).unwrap_or(i64::MAX / 2);
        self.good_until(&self.practice.connection(), until).map(drop)
    }

    async fn end_session(&self) -> Answer<()> {
        self.practice
            .connection()
            .execute("DELETE FROM agent_session WHERE token_hash = ?1", [hash::of_token(&self.token)])
            .map(drop)
            .map_err(told)
    }

    async fn standing(&self, customer: &Customer) -> Answer<Standing> {
        self.read_standing(customer)
    }

    async fn set_temporary_password(
        &self,
        intent: &Intent,
        whom: &Whom,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let (policy, about) = self.practice.read(|connection| {
            self.agent(connection)?.must_have(Right::IssueTemporaryPasswords)?; // and again when it is written
            Ok((policy::read(connection)?, about_whom(connection, whom)?))
        })?;
        let broken = policy.broken_by(password.for_backend(intent), &about);
        if !broken.is_empty() {
            return Err(SetFailed::Policy(broken));
        }
        let hash = hash::hash_beside(password.for_backend(intent)).await?; // before the transaction: others need not wait for it
        Ok(self.set(intent, whom, &hash)?)
    }

    async fn mark_pending(&self, _: &Intent, _: &Issued) -> Answer<()> {
        Ok(()) // the set itself marks it
    }

    async fn end_sessions(&self, _: &Intent, user: &UserId) -> Answer<SessionsEnded> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::EndSessions)?;
        let row = row_of(&connection, user)?;
        let ended = execute(&connection, "DELETE FROM customer_session WHERE customer = ?1", [row.customer])?;
        Ok(SessionsEnded::Count(ended as u64))
    }

    async fn read_back(&self, issued: &Issued) -> Answer<Forced> {
        let row = self.practice.read(|connection| {
            self.agent(connection)?;
            row_of(connection, &issued.user)
        })?;
        Ok(Forced { change_required: row.change_required && !row.withdrawn, stamp: Some(row.stamp()) })
    }

    async fn withdraw(&self, _: &Intent, user: &UserId, only: Option<&Stamp>) -> Answer<()> {
        let mut connection = self.practice.connection();
        let transaction = begin(&mut connection)?;
        self.agent(&transaction)?.must_have(Right::IssueTemporaryPasswords)?;
        let row = row_of(&transaction, user)?;
        if !row.change_required || only.is_some_and(|only| *only != row.stamp()) {
            return Err(Failure::refused(
                Reason::NothingPending,
                "That temporary password is not pending any more: it was used, or another was issued.",
            )
            .hint("See where the customer stands: `tellonce show CUSTOMER`."));
        }
        transaction
            .execute(
                "UPDATE user SET hash = ?2, withdrawn = 1 WHERE customer = ?1",
                params![row.customer, NOTHING_MATCHES],
            )
            .map_err(told)?;
        transaction.commit().map_err(told)
    }

    async fn pending(&self) -> Answer<Vec<Pending>> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::Sweep)?;
        let customers = directory::select(&connection, "WHERE u.change_required = 1 ORDER BY u.issued_at", [])?;
        customers
            .into_iter()
            .map(|(number, customer)| {
                let row = row_of(&connection, &UserId::new(number.to_string()))?;
                let marked = connection
                    .query_row("SELECT mark IS NOT NULL FROM user WHERE customer = ?1", [number], |found| found.get(0))
                    .map_err(told)?;
                Ok(Pending {
                    customer,
                    user: row.id(),
                    stamp: Some(row.stamp()),
                    issued_at: row.issued_at.map(moment),
                    marked,
                    withdrawn: row.withdrawn,
                })
            })
            .collect()
    }

    async fn unlock(&self, _: &Intent, user: &UserId) -> Answer<()> {
        let connection = self.practice.connection();
        self.agent(&connection)?.must_have(Right::Unlock)?;
        let row = row_of(&connection, user)?;
        connection
            .execute("UPDATE user SET failures = 0, locked_until = 0 WHERE customer = ?1", [row.customer])
            .map(drop)
            .map_err(told)
    }
}

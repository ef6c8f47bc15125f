//! Sets temporary passwords by group commit: several sets share one transaction and its syncs.

use rusqlite::{Connection, ErrorCode, params};

use super::backend::{begin, execute, record_in_history, row_of};
use super::columns::timestamp;
use super::contacts;
use super::errors::store_error;
use super::seed::trigram_text;
use super::session::{AgentSession, agent_of};
use super::set_queue::Set;
use super::store::Practice;
use super::user_snapshot::number_of;
use super::{hash, normalize};
use crate::domain::{
    Channel, Customer, Error, Intent, Issued, Kind, Names, NewUser, Reason, Reset, ResetTarget, Result, Right, UserId,
};
use crate::platform::GroupCommit;

impl AgentSession {
    /// Sets the hash. It is on disk when this returns.
    pub(super) async fn set(&self, intent: &Intent<Reset>, hash: String) -> Result<Issued> {
        let start = || async {
            let practice = self.practice.clone();
            GroupCommit::start("directory", move |sets| set_all(&practice, &sets))
                .map_err(|error| Error::bug("The directory's thread could not be started.").because(error))
        };
        let set = Set {
            token_hash: hash::token_digest(&self.token),
            attempt: intent.attempt().to_string(),
            expires_at: intent.expires_at().as_millisecond(),
            target: match intent.new_user() {
                Some(new) => ResetTarget::NewUser(Box::new(new.clone())),
                None => ResetTarget::User(intent.user()?.clone()),
            },
            hash,
        };
        let sets = self.sets.get_or_try_init(start).await?;
        sets.gather(hash::cores_are_busy());
        sets.hand_over(set).get().await?
    }
}

/// Makes all sets in one transaction. Each has its own result, unless the transaction fails.
fn set_all(practice: &Practice, sets: &[Set]) -> Vec<Result<Issued>> {
    let now = practice.now();
    let mut connection = practice.connection();
    let done = begin(&mut connection).and_then(|transaction| {
        let answers = sets.iter().map(|set| set_in_savepoint(&transaction, set, now)).collect::<Result<_>>()?;
        transaction.commit().map(|()| answers).map_err(store_error)
    });
    done.unwrap_or_else(|error| sets.iter().map(|_| Err(copy_error(&error))).collect())
}

/// Copies an error for each set of a transaction that failed.
fn copy_error(error: &Error) -> Error {
    let copy = Error::new(error.kind, error.reason, error.message.clone());
    let source = error.source.as_ref().map(|source| source.to_string().into());
    Error { hint: error.hint.clone(), source, ..copy }
}

/// Makes one set in a savepoint. If it fails, nothing of it stays in the transaction.
///
/// # Errors
/// The whole transaction failed: `SQLite` rolls it back by itself when the disk is full or fails
/// (<https://sqlite.org/lang_transaction.html>, section 3.1).
fn set_in_savepoint(transaction: &Connection, set: &Set, now: i64) -> Result<Result<Issued>> {
    execute(transaction, "SAVEPOINT one", [])?;
    let answer = match set_one(transaction, set, now) {
        Err(error) if transaction.is_autocommit() => return Err(error),
        answer => answer,
    };
    if answer.is_err() {
        execute(transaction, "ROLLBACK TO one", [])?;
    }
    execute(transaction, "RELEASE one", [])?;
    Ok(answer)
}

fn set_one(transaction: &Connection, set: &Set, now: i64) -> Result<Issued> {
    let agent = agent_of(transaction, set.token_hash, now)?;
    agent.must_have(Right::IssueTemporaryPasswords)?;
    let customer = match &set.target {
        ResetTarget::User(user) => {
            let row = row_of(transaction, user)?;
            record_in_history(transaction, &row)?;
            row.customer
        }
        ResetTarget::NewUser(new) => {
            agent.must_have(Right::CreateUsers)?;
            create(transaction, new, now)?
        }
    };
    execute(
        transaction,
        "UPDATE user SET hash = ?2, change_required = 1, withdrawn = 0, issued_at = ?3, expires_at = ?4,
                issued_by = ?5, mark = ?6, version = version + 1, set_at = ?3 WHERE customer = ?1",
        params![customer, set.hash, now, set.expires_at, agent.name, set.attempt],
    )?;
    execute(transaction, "DELETE FROM reset_token WHERE customer = ?1", [customer])?;
    let row = row_of(transaction, &UserId::new(customer.to_string()))?;
    Ok(Issued {
        user: row.id(),
        immutable_id: Some(row.customer.to_string()),
        stamp: Some(row.stamp()),
        at: timestamp(now),
        expires_at: Some(timestamp(set.expires_at)),
    })
}

/// Creates the user, and with `--create` the customer. Returns the customer's row number.
fn create(transaction: &Connection, new: &NewUser, now: i64) -> Result<i64> {
    let Customer { id, name, email, .. } = &new.customer;
    let conflict = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => Error::new(
            Kind::Unavailable,
            Reason::CustomerExists,
            format!("Somebody else created {id}, or a user {}, just now.", new.username),
        )
        .hint(format!("Look again: `tellonce show {id}`."))
        .because(error),
        _ => store_error(error),
    };
    let number = if new.new_customer {
        let Names { first, last } = new.customer.first_and_last();
        transaction
            .execute(
                "INSERT INTO customer(id, first_name, last_name, email, first_folded, last_folded) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                params![id.as_str(), first, last, email, normalize::fold(&first), normalize::fold(&last)],
            )
            .map_err(conflict)?;
        let number = transaction.last_insert_rowid();
        if let Some(email) = email {
            contacts::insert(transaction, number, (Channel::Email, email), now, None).map_err(store_error)?;
        }
        number
    } else {
        number_of(transaction, &new.customer)?
            .ok_or_else(|| Error::unavailable(format!("The customer {id} is gone.")))?
    };
    transaction
        .execute(
            "INSERT INTO user(customer, username, version, set_at) VALUES(?1, ?2, 0, ?3)",
            params![number, new.username, now],
        )
        .map_err(conflict)?;
    let text = trigram_text(name, email.as_deref().unwrap_or_default(), Some(&new.username));
    transaction.execute("DELETE FROM search WHERE rowid = ?1", [number]).map_err(store_error)?;
    transaction
        .execute("INSERT INTO search(rowid, text) VALUES(?1, ?2)", params![number, text])
        .map_err(store_error)?;
    Ok(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::super::tests::directory;
    use super::*;
    use crate::domain::{Contacts, CustomerId};

    fn set(target: ResetTarget) -> Set {
        let (token_hash, attempt) = ([7; 32], "A-7".to_owned());
        Set { token_hash, attempt, expires_at: 1, target, hash: "the new one".to_owned() }
    }

    fn user(number: &str) -> ResetTarget {
        ResetTarget::User(UserId::new(number.to_owned()))
    }

    #[test]
    fn one_that_fails_leaves_nothing_and_spoils_no_other() {
        let directory = directory();
        let good = "INSERT INTO agent_session(token_hash, agent, expires_at) VALUES(?1, 'sam', 9999999999999)";
        directory.practice.connection().execute(good, [[7; 32]]).unwrap();
        let id = CustomerId::new("C-NEW");
        let email = Some("new@example.com".to_owned());
        let customer = Customer {
            contacts: Contacts::default(),
            id,
            name: "Ann New".to_owned(),
            email,
            username: None,
            names: None,
            details: Vec::new(),
        };
        let taken = NewUser { customer, username: "ada.lovelace".to_owned(), new_customer: true };
        let next = directory.number("SELECT min(customer) FROM user WHERE customer > 1").to_string();
        let sets = [set(user("1")), set(user("999999")), set(ResetTarget::NewUser(Box::new(taken))), set(user(&next))];
        let answers = set_all(&directory.practice, &sets);
        let set: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(set, [true, false, false, true], "{answers:?}");
        assert_eq!(answers[2].as_ref().unwrap_err().reason, Reason::CustomerExists);
        assert_eq!(directory.number("SELECT count(*) FROM user WHERE hash = 'the new one'"), 2);
        assert_eq!(directory.number("SELECT count(*) FROM customer WHERE id = 'C-NEW'"), 0, "half of it was written");
    }

    #[test]
    fn a_full_disk_takes_back_the_whole_transaction_and_is_reported_to_each() {
        let directory = directory();
        let good = "INSERT INTO agent_session(token_hash, agent, expires_at) VALUES(?1, 'sam', 9999999999999)";
        directory.practice.connection().execute(good, [[7; 32]]).unwrap();
        let pages = directory.number("PRAGMA page_count");
        directory.practice.connection().pragma_update(None, "max_page_count", pages).unwrap();
        let large = Set { hash: "large".repeat(100_000), ..set(user("1")) };
        for answer in set_all(&directory.practice, &[set(user("1")), large, set(user("1"))]) {
            let error = answer.unwrap_err();
            assert!(error.is_passing() && error.message.contains("The disk is full"), "{error:?}");
        }
        assert_eq!(directory.number("SELECT count(*) FROM user WHERE hash = 'the new one'"), 0);
    }

    #[test]
    fn what_all_share_fails_for_each() {
        let directory = directory();
        let other = directory.again();
        other.connection().execute_batch("BEGIN IMMEDIATE").unwrap();
        directory.practice.connection().busy_timeout(std::time::Duration::ZERO).unwrap();
        for answer in set_all(&directory.practice, &[set(user("1")), set(user("2"))]) {
            let error = answer.unwrap_err();
            assert!(error.is_passing() && error.hint.is_some(), "{error:?}");
        }
        other.connection().execute_batch("ROLLBACK").unwrap();
        assert_eq!(directory.number("SELECT count(*) FROM user WHERE hash = 'the new one'"), 0);
    }
}

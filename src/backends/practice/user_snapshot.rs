//! Reads the user snapshot.

use rusqlite::{Connection, OptionalExtension};

use super::columns::timestamp;
use super::contacts;
use super::directory::free_username;
use super::errors::store_error;
use super::policy;
use super::session::{Agent, AgentSession};
use crate::domain::{
    Customer, Names, NewUser, Obstacle, PolicyRead, ResetTarget, Result, Right, Stamp, State, TrialAnswer, UserId,
    UserProfile, UserSnapshot,
};

/// A user's row.
pub(super) struct UserRow {
    pub(super) customer: i64,
    pub(super) username: String,
    pub(super) hash: Option<String>,
    pub(super) external: Option<String>,
    pub(super) disabled: bool,
    pub(super) locked_until: i64,
    pub(super) change_required: bool,
    pub(super) withdrawn: bool,
    pub(super) issued_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
    pub(super) issued_by: Option<String>,
    pub(super) version: i64,
    pub(super) set_at: i64,
    pub(super) chosen_at: Option<i64>,
}

impl UserRow {
    /// Reads the user of a customer. Returns `None` if the customer has no user.
    pub(super) fn of(connection: &Connection, customer: i64) -> Result<Option<Self>> {
        connection
            .prepare_cached(
                "SELECT customer, username, hash, external, disabled, locked_until, change_required, withdrawn, issued_at,
                        expires_at, issued_by, version, set_at, chosen_at FROM user WHERE customer = ?1",
            )
            .and_then(|mut statement| statement.query_row([customer], Self::from_row).optional())
            .map_err(store_error)
    }

    fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            customer: row.get(0)?,
            username: row.get(1)?,
            hash: row.get(2)?,
            external: row.get(3)?,
            disabled: row.get(4)?,
            locked_until: row.get(5)?,
            change_required: row.get(6)?,
            withdrawn: row.get(7)?,
            issued_at: row.get(8)?,
            expires_at: row.get(9)?,
            issued_by: row.get(10)?,
            version: row.get(11)?,
            set_at: row.get(12)?,
            chosen_at: row.get(13)?,
        })
    }

    pub(super) fn stamp(&self) -> Stamp {
        Stamp { at: Some(timestamp(self.set_at)), version: u64::try_from(self.version).ok() }
    }

    /// Whether a pending temporary password has expired.
    pub(super) fn has_expired(&self, now: i64) -> bool {
        self.change_required && self.expires_at.is_some_and(|at| at <= now)
    }

    /// Returns what the app answers to a sign-in: the password is right, or it is not.
    pub(super) fn trial_answer(&self, is_right: bool, now: i64) -> TrialAnswer {
        let refused = |word: &str| TrialAnswer::Restricted(word.to_owned());
        if self.locked_until > now {
            refused("the user is locked after failed attempts")
        } else if !is_right || self.external.is_some() {
            TrialAnswer::WrongPassword
        } else if self.disabled {
            refused("the user is disabled")
        } else if self.has_expired(now) {
            refused("the temporary password has run out")
        } else if self.change_required {
            TrialAnswer::ChangeRequired
        } else {
            TrialAnswer::SignedIn(None)
        }
    }

    pub(super) fn state(&self, now: i64) -> State {
        let pending = |fact: bool| self.change_required.then_some(fact);
        State {
            has_user: true,
            external: self.external.is_some(),
            disabled: self.disabled,
            locked: self.locked_until > now,
            change_required: self.change_required,
            expired: pending(self.has_expired(now)),
            withdrawn: pending(self.withdrawn),
            ..State::default()
        }
    }

    pub(super) fn id(&self) -> UserId {
        UserId::new(self.customer.to_string())
    }

    /// Returns the user of this customer, as the practice directory names them.
    pub(super) fn profile(&self, customer: &Customer) -> UserProfile {
        UserProfile {
            id: self.id(),
            username: Some(self.username.clone()),
            name: Some(customer.name.clone()),
            email: customer.email.clone(),
            immutable_id: Some(self.customer.to_string()),
        }
    }
}

/// Reads the row number of a customer.
pub(super) fn number_of(connection: &Connection, customer: &Customer) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT number FROM customer WHERE id = ?1")
        .and_then(|mut statement| statement.query_row([customer.id.as_str()], |row| row.get(0)).optional())
        .map_err(store_error)
}

impl AgentSession {
    /// Reads the user snapshot, as this agent may see it.
    pub(super) fn read_user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        self.practice.read(|connection| self.user_snapshot_in(connection, customer))
    }

    fn user_snapshot_in(&self, connection: &Connection, customer: &Customer) -> Result<UserSnapshot> {
        let agent = self.agent(connection)?;
        agent.must_have(Right::FindCustomers)?;
        let now = self.practice.now();
        let policy = PolicyRead::Read(policy::read(connection)?);
        let number = number_of(connection, customer)?;
        let row = number.map(|number| UserRow::of(connection, number)).transpose()?.flatten();
        let contacts = number.map(|number| contacts::read(connection, number, now)).transpose()?.unwrap_or_default();
        let unprotected = missing_group(connection, &self.protected_groups)?.map(Obstacle::ProtectionUnreadable);
        let Some(row) = row else {
            let snapshot = without_user(connection, &agent, customer, number.is_none(), policy, unprotected)?;
            return Ok(UserSnapshot { contacts, ..snapshot });
        };
        let groups = groups_of(connection, row.customer)?;
        let mut obstacles = self.obstacles(&agent, &row, &groups, now);
        obstacles.extend(unprotected);
        Ok(UserSnapshot {
            contacts,
            target: ResetTarget::User(row.id()),
            user: Some(row.profile(customer)),
            state: row.state(now),
            stamp: Some(row.stamp()),
            issued_at: row.issued_at.filter(|_| row.change_required).map(timestamp),
            expires_at: row.expires_at.filter(|_| row.change_required).map(timestamp),
            issued_by: row.issued_by.filter(|_| row.change_required),
            changed_by_customer_at: row.chosen_at.map(timestamp),
            roles: Some(vec!["customer".to_owned()]),
            groups: Some(groups),
            policy,
            obstacles,
            unread_lock: None,
        })
    }

    fn obstacles(&self, agent: &Agent, row: &UserRow, groups: &[String], now: i64) -> Vec<Obstacle> {
        let mut obstacles: Vec<Obstacle> = missing_rights(agent, &[Right::IssueTemporaryPasswords, Right::EndSessions]);
        if agent.customer == Some(row.customer) {
            obstacles.push(Obstacle::OwnUser);
        }
        if let Some(group) = groups.iter().find(|group| self.protected_groups.contains(group)) {
            obstacles.push(Obstacle::Protected(group.clone()));
        }
        if let Some(system) = &row.external {
            obstacles.push(Obstacle::External(system.clone()));
        }
        if row.disabled {
            obstacles.push(Obstacle::Disabled);
        }
        if row.locked_until > now {
            obstacles.extend(missing_rights(agent, &[Right::Unlock]));
            obstacles.push(Obstacle::Locked { until: Some(timestamp(row.locked_until)) });
        }
        obstacles
    }
}

fn missing_rights(agent: &Agent, needed: &[Right]) -> Vec<Obstacle> {
    let rights = agent.rights();
    needed.iter().filter(|right| !rights.contains(right)).map(|right| Obstacle::MissingRight(*right, None)).collect()
}

fn groups_of(connection: &Connection, customer: i64) -> Result<Vec<String>> {
    let mut statement = connection
        .prepare_cached("SELECT name FROM user_group WHERE customer = ?1 ORDER BY name")
        .map_err(store_error)?;
    let rows = statement.query_map([customer], |row| row.get(0)).map_err(store_error)?;
    rows.collect::<rusqlite::Result<_>>().map_err(store_error)
}

/// Returns why a protected group protects nobody: none has its name, with the same capitals.
///
/// Such a name is a mistake, or the group was renamed.
pub(super) fn missing_group(connection: &Connection, protected: &[String]) -> Result<Option<String>> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM user_group WHERE name = ?1 LIMIT 1").map_err(store_error)?;
    for name in protected {
        if !statement.exists([name]).map_err(store_error)? {
            return Ok(Some(format!("the practice directory has no group \"{name}\"")));
        }
    }
    Ok(None)
}

fn without_user(
    connection: &Connection,
    agent: &Agent,
    customer: &Customer,
    new_customer: bool,
    policy: PolicyRead,
    unprotected: Option<Obstacle>,
) -> Result<UserSnapshot> {
    let Names { first, last } = customer.first_and_last();
    let username = free_username(connection, &first, &last)?;
    let new = NewUser { customer: customer.clone(), username, new_customer };
    let needed = [Right::IssueTemporaryPasswords, Right::CreateUsers, Right::EndSessions];
    let obstacles = missing_rights(agent, &needed).into_iter().chain(unprotected).collect();
    Ok(UserSnapshot::without_user(new, policy, obstacles))
}

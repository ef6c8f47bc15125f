//! The differences between the kinds of directory server.

use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use ldap3::{LdapResult, ldap_escape};

use super::connection::{BindErrorMapper, Connection};
use super::entry::Entry;
use super::immutable_id::ImmutableId;
use super::root_dse::{RootDse, RootDseQuery};
use super::settings::LdapSettings;
use super::trial::BindAnswer;
use crate::domain::ports::{Clock, SetFailed};
use crate::domain::{
    Capabilities, Check, Forced, Intent, Issued, NewUser, Obstacle, PolicyRead, Reset, Result, Right, Stamp,
    TemporaryPassword, TrialAnswer, Unlocking, Unreadable, UserId, UserSnapshot, Withdrawal,
};

/// Who the agent is to the server, and what the server can do, as read once after the bind.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerFacts {
    /// The agent's own name (DN), if the server says it.
    pub(super) dn: Option<String>,
    /// Active Directory: the agent's security identifiers.
    pub(super) sids: Vec<Vec<u8>>,
    /// The controls that the server supports.
    pub(super) controls: Vec<String>,
    /// The naming context that holds `base` (namingContexts), if it was read.
    pub(super) top: Option<String>,
    /// slapd: whether the agent's own entry is in the same database as `base`, by their naming contexts.
    pub(super) shares_database: bool,
}

impl ServerFacts {
    /// Whether the server supports a control.
    pub(super) fn has(&self, control: &str) -> bool {
        self.controls.iter().any(|known| known == control)
    }
}

/// Whether a user's temporary password is pending, as far as the agent can read it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PendingState {
    Pending,
    NotPending,
    /// The agent may not read this value, which decides.
    Unreadable(Unreadable),
}

/// A kind of directory server.
#[async_trait(?Send)]
pub(super) trait Dialect {
    /// Returns the name to bind with for the name that the agent gave.
    fn bind_name(&self, agent: &str) -> String;
    /// Returns the function that explains a refused bind.
    fn bind_error_mapper(&self) -> BindErrorMapper;
    /// Returns what to read right after the bind.
    fn root_dse_query(&self) -> RootDseQuery;
    /// Takes from the root DSE who the agent is and what the server can do.
    fn server_facts(&self, root_dse: RootDse) -> ServerFacts;
    /// Returns the filter that every user matches.
    fn user_filter(&self) -> &'static str;
    /// Returns the filter that every person without a user matches.
    fn contact_filter(&self) -> &'static str;
    /// Returns the attribute with the login name.
    fn login_attribute(&self) -> &'static str;
    /// Whether a new user can have this name to sign in with. A principal name is kept in another attribute.
    fn can_be_login(&self, name: &str) -> bool {
        self.exact_name_attributes().is_empty() || !name.contains('@')
    }
    /// Returns the filter of whoever has this name to sign in with already.
    fn taken_login_filter(&self, name: &str) -> String {
        format!("({}={})", self.login_attribute(), ldap_escape(name))
    }
    /// Whether the server keeps two users from having one login name.
    fn has_unique_logins(&self) -> bool {
        false
    }
    /// Returns the attribute with the id that a rename or a move leaves as it is.
    fn immutable_id(&self) -> ImmutableId;
    /// Returns further attributes that name one user exactly.
    fn exact_name_attributes(&self) -> &'static [&'static str];
    /// Returns attributes that name one user but have no index as shipped. A look-up by them reads every user, so they
    /// are tried last.
    fn unindexed_name_attributes(&self) -> &'static [&'static str] {
        &[]
    }
    /// Returns the filter for part of a name. The text is escaped already.
    fn search_filter(&self, escaped: &str) -> String;
    /// Returns the length of the longest login name, in characters.
    fn max_login_length(&self) -> usize;
    /// Returns the attributes that this user's snapshot is read from. Servers answer some for one entry at a time only.
    fn snapshot_attributes(&self, dn: &str) -> Vec<&'static str>;
    /// Reads the user snapshot from an entry with those attributes.
    async fn user_snapshot(&self, session: &LdapSession, user: &Entry) -> Result<UserSnapshot>;
    /// Reads the password policy for a new user.
    async fn new_user_policy(&self, session: &LdapSession) -> Result<PolicyRead>;
    /// Whether the agent may create users, as far as it can be read.
    async fn can_create_users(&self, session: &LdapSession) -> Result<bool>;
    /// Reads what refuses any new user.
    async fn new_user_obstacles(&self, _: &LdapSession) -> Result<Vec<Obstacle>> {
        Ok(Vec::new())
    }
    /// Sets the password of the intent's user and forces a change, in one request.
    async fn set(
        &self,
        session: &LdapSession,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed>;
    /// Creates a user with that password and a forced change, in one request.
    async fn create(
        &self,
        session: &LdapSession,
        intent: &Intent<Reset>,
        new: &NewUser,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed>;
    /// Reads back whether a change is forced, and the stamp.
    async fn read_back(&self, session: &LdapSession, issued: &Issued) -> Result<Forced>;
    /// Says what the server's answer to a bind with the temporary password means.
    fn trial_answer(&self, bind: &BindAnswer) -> TrialAnswer;
    /// Reads back what a sign-in may have moved. Returns `None` if it moves nothing that is read back.
    async fn forced_after_trial(&self, _: &LdapSession, _: &UserId) -> Result<Option<Forced>> {
        Ok(None)
    }
    /// Replaces the pending password of the intent's user, if it has this stamp, by one that nobody knows.
    async fn withdraw(
        &self,
        session: &LdapSession,
        intent: &Intent<Withdrawal>,
        only: Option<&Stamp>,
        unknown: &TemporaryPassword,
    ) -> Result<()>;
    /// Returns the attributes that tell a pending password, of those that a server answers for many entries at once.
    fn pending_attributes(&self) -> &'static [&'static str];
    /// Returns the filter that every pending user matches, and perhaps others.
    fn pending_filter(&self) -> &'static str;
    /// Reads the state of each entry that fits that filter and has those attributes, in their order.
    ///
    /// # Errors
    /// Exit 7: the agent may not read what the filter asks for, so that pending users may be missing from the entries.
    async fn pending_states(&self, session: &LdapSession, entries: &[Entry]) -> Result<Vec<PendingState>>;
    /// Returns the stamp of an entry with those attributes.
    fn stamp(&self, entry: &Entry) -> Option<Stamp>;
    /// Reads the server's clock. Returns `None` if the agent cannot read it.
    async fn server_time(&self, session: &LdapSession) -> Result<Option<Timestamp>>;
    /// Lifts the lock of the intent's user after failed attempts, if the set has not.
    async fn unlock(&self, session: &LdapSession, intent: &Intent<Reset>) -> Result<()>;
    /// Lifts the lock of the intent's user after failed attempts alone.
    async fn unlock_alone(&self, session: &LdapSession, intent: &Intent<Unlocking>) -> Result<()>;
    /// Reads what the server can do, with its gaps.
    async fn capabilities(&self, session: &LdapSession) -> Result<Capabilities>;
    /// Reads what the agent may do, as far as the server says it.
    async fn rights(&self, session: &LdapSession) -> Result<Vec<Right>>;
    /// Whether the server tells agents their rights.
    fn tells_rights(&self) -> bool {
        true
    }
    /// Runs the checks of `doctor` that differ between servers.
    async fn checks(&self, session: &LdapSession) -> Result<Vec<Check>>;
}

/// Makes the error of a bind with a wrong name or password.
pub(super) fn wrong_password(_: &LdapResult) -> crate::domain::Error {
    crate::domain::Error::new(
        crate::domain::Kind::NotAllowed,
        crate::domain::Reason::SignInRefused,
        "Wrong agent name or password.",
    )
    .hint("Sign in again: `tellonce login`.")
}

/// A signed-in agent's connection, with what every call needs.
pub(super) struct LdapSession {
    pub(super) connection: Connection,
    pub(super) settings: Rc<LdapSettings>,
    pub(super) dialect: Rc<dyn Dialect>,
    pub(super) server_facts: ServerFacts,
    pub(super) protected: Vec<String>,
    pub(super) clock: Arc<dyn Clock + Send + Sync>,
    /// When the stored session ends.
    pub(super) until: Option<Timestamp>,
}

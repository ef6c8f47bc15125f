//! What differs between the servers.

use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use ldap3::LdapResult;

use super::connection::{BindErrorMapper, Connection};
use super::entry::Entry;
use super::root_dse::{RootDse, RootDseQuery};
use super::settings::LdapSettings;
use crate::domain::ports::{Clock, SetFailed};
use crate::domain::{
    Capabilities, Check, Forced, Intent, Issued, NewUser, Obstacle, PolicyRead, Reset, Result, Right, Stamp,
    TemporaryPassword, Unreadable, UserSnapshot, Withdrawal,
};

/// Who the agent is to the server, and what the server can do: read once, after the bind.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerFacts {
    /// The agent's own name (DN), where the server tells it.
    pub(super) dn: Option<String>,
    /// Active Directory: the agent's security identifiers.
    pub(super) sids: Vec<Vec<u8>>,
    /// The controls that the server knows.
    pub(super) controls: Vec<String>,
    /// The top of what the server holds above base (namingContexts), where it is asked for and told.
    pub(super) top: Option<String>,
}

impl ServerFacts {
    /// Whether the server knows a control.
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
    /// The name to bind with, for the name that the agent gave.
    fn bind_name(&self, agent: &str) -> String;
    /// What a refused bind means.
    fn bind_error_mapper(&self) -> BindErrorMapper;
    /// What is asked right after the bind.
    fn root_dse_query(&self) -> RootDseQuery;
    /// Who the agent is, from what the server said.
    fn server_facts(&self, root_dse: RootDse) -> ServerFacts;
    /// The filter that every user fits.
    fn user_filter(&self) -> &'static str;
    /// The filter that every person without a user fits.
    fn contact_filter(&self) -> &'static str;
    /// The attribute with the name to sign in with.
    fn login_attribute(&self) -> &'static str;
    /// Whether the server lets no two have one name to sign in with.
    fn has_unique_logins(&self) -> bool {
        false
    }
    /// Further attributes that name one user exactly.
    fn exact_name_attributes(&self) -> &'static [&'static str];
    /// Attributes that name one user as well, but that servers have no index for as shipped: a look-up by one of them
    /// reads every user, and is made only where no other name fits.
    fn unindexed_name_attributes(&self) -> &'static [&'static str] {
        &[]
    }
    /// The filter for part of a name, from text that is escaped.
    fn search_filter(&self, escaped: &str) -> String;
    /// The longest name to sign in with, in characters.
    fn max_login_length(&self) -> usize;
    /// The attributes that the snapshot of the user of this name is read from; some are answered for one entry at a time only.
    fn snapshot_attributes(&self, dn: &str) -> Vec<&'static str>;
    /// Where a user stands, by an entry that has the facts.
    async fn user_snapshot(&self, agent: &LdapAgent, user: &Entry) -> Result<UserSnapshot>;
    /// The policy for a new user.
    async fn new_user_policy(&self, agent: &LdapAgent) -> Result<PolicyRead>;
    /// Whether the agent may create users, as far as it can be read.
    async fn can_create_users(&self, agent: &LdapAgent) -> Result<bool>;
    /// What stands in the way of a new user, whoever it is for.
    async fn new_user_obstacles(&self, _: &LdapAgent) -> Result<Vec<Obstacle>> {
        Ok(Vec::new())
    }
    /// Sets the password of the intent's user, with a forced change.
    async fn set(
        &self,
        agent: &LdapAgent,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed>;
    /// Creates a user with that password, in one add.
    async fn create(
        &self,
        agent: &LdapAgent,
        intent: &Intent<Reset>,
        new: &NewUser,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed>;
    /// Reads back.
    async fn read_back(&self, agent: &LdapAgent, issued: &Issued) -> Result<Forced>;
    /// Replaces the pending password of the intent's user, if it has this stamp, by one that nobody knows.
    async fn withdraw(
        &self,
        agent: &LdapAgent,
        intent: &Intent<Withdrawal>,
        only: Option<&Stamp>,
        unknown: &TemporaryPassword,
    ) -> Result<()>;
    /// The attributes that a pending password is recognised by: those of the facts that are answered for many at once.
    fn pending_attributes(&self) -> &'static [&'static str];
    /// The filter that every pending user fits, and perhaps others.
    fn pending_filter(&self) -> &'static str;
    /// Reads the state of each entry that fits that filter and has those attributes, in their order.
    ///
    /// # Errors
    /// Exit 7: the agent may not read what the filter asks for, so that pending users may be missing from the entries.
    async fn pending_states(&self, agent: &LdapAgent, entries: &[Entry]) -> Result<Vec<PendingState>>;
    /// When the password was set, by an entry that has those attributes.
    fn stamp(&self, entry: &Entry) -> Option<Stamp>;
    /// Lifts the lock-out of the intent's user.
    async fn unlock(&self, agent: &LdapAgent, intent: &Intent<Reset>) -> Result<()>;
    /// What it keeps and does not keep.
    async fn capabilities(&self, agent: &LdapAgent) -> Result<Capabilities>;
    /// What the agent may do, as far as it can be read.
    async fn rights(&self, agent: &LdapAgent) -> Result<Vec<Right>>;
    /// Whether it tells agents their rights.
    fn tells_rights(&self) -> bool {
        true
    }
    /// For `doctor`.
    async fn checks(&self, agent: &LdapAgent) -> Result<Vec<Check>>;
}

/// The refusal of a bind for a wrong name or password.
pub(super) fn wrong_password(_: &LdapResult) -> crate::domain::Error {
    crate::domain::Error::new(
        crate::domain::Kind::NotAllowed,
        crate::domain::Reason::SignInRefused,
        "Wrong agent name or password.",
    )
    .hint("Sign in again: `tellonce login`.")
}

/// A signed-in agent.
pub(super) struct LdapAgent {
    pub(super) connection: Connection,
    pub(super) settings: Rc<LdapSettings>,
    pub(super) dialect: Rc<dyn Dialect>,
    pub(super) server_facts: ServerFacts,
    pub(super) protected: Vec<String>,
    pub(super) clock: Arc<dyn Clock + Send + Sync>,
    /// When the kept session ends.
    pub(super) until: Option<Timestamp>,
}

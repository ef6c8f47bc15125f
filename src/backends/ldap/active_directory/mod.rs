//! Active Directory: Windows Server, and Samba as a domain controller.

mod attributes;
mod checks;
mod contacts;
mod creation;
mod errors;
mod facts;
mod guid;
mod identity;
mod issued;
mod lock;
mod membership;
mod permissions;
mod policy;
mod readability;
mod rights;
mod user_snapshot;
mod values;
mod version;
mod write_rights;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use async_trait::async_trait;
use jiff::Timestamp;
use ldap3::controls::RawControl;
use ldap3::dn_escape;

use super::backend::{exists, gone_after_set, not_pending};
use super::ber;
use super::connection::BindErrorMapper;
use super::dialect::{Dialect, LdapSession, PendingState, ServerFacts};
use super::entry::Entry;
use super::immutable_id::ImmutableId;
use super::result_code::EXISTS;
use super::root_dse::{RootDse, RootDseQuery};
use super::settings::LdapSettings;
use super::trial::BindAnswer;
use crate::domain::ports::SetFailed;
use crate::domain::{
    Aid, Capabilities, ChangeScreen, Changed, Check, Error, Forced, Gap, Intent, Issued, Kind, LockOuts, Names,
    NewUser, Obstacle, PolicyRead, Reason, Reset, Result, Right, Stamp, TemporaryPassword, TrialAnswer, Unlocking,
    UserSnapshot, Withdrawal,
};
use errors::{bind_error, set_error, trial_answer, unreadable_after_set};
use facts::{FACTS, forced, stamp};
use guid::OBJECT_GUID;
use identity::Identity;
use lock::lift_lock;
use values::UnicodePwd;
use write_rights::WriteRightsCache;

/// How many resets run at once. A domain controller works on one change at a time, while others read.
///
/// With two it had pauses, and eight had no fewer than four (measured on Samba and two cores).
const CONCURRENCY: usize = 4;
/// The attributes that tell a forced change and the stamp, and of whom.
const SET: [&str; 5] =
    ["pwdLastSet", "userAccountControl", "msDS-User-Account-Control-Computed", "replPropertyMetaData", "objectGUID"];
/// The longest sAMAccountName of a user, in characters ([MS-SAMR] section 3.1.1.6).
const LONGEST_NAME: usize = 20;
/// The userAccountControl of an ordinary, enabled user.
const ENABLED: &[u8] = b"512";

/// The dialect of Active Directory.
pub(super) struct ActiveDirectory {
    settings: Rc<LdapSettings>,
    granted: WriteRightsCache,
    /// The identity of the agent with this bind name, once it was read.
    identity: RefCell<Option<(String, Rc<Identity>)>>,
}

impl ActiveDirectory {
    pub(super) fn new(settings: Rc<LdapSettings>) -> Self {
        Self { settings, granted: WriteRightsCache::default(), identity: RefCell::default() }
    }

    /// Returns who the agent is in the domain.
    async fn identity(&self, session: &LdapSession) -> Result<Rc<Identity>> {
        if let Some((name, identity)) = self.identity.borrow().as_ref()
            && *name == session.connection.bind_name()
        {
            return Ok(Rc::clone(identity));
        }
        let identity = Rc::new(Identity::read(session).await?);
        *self.identity.borrow_mut() = Some((session.connection.bind_name().to_owned(), Rc::clone(&identity)));
        Ok(identity)
    }

    /// Returns the control that keeps the password history, which a reset ignores without it, if the server supports it.
    fn controls(session: &LdapSession) -> Vec<RawControl> {
        if !session.server_facts.has(ber::POLICY_HINTS) {
            return Vec::new();
        }
        let hints = vec![0x30, 3, 2, 1, 1]; // SEQUENCE { INTEGER 1 }
        vec![RawControl { ctype: ber::POLICY_HINTS.to_owned(), crit: true, val: Some(hints) }]
    }
}

#[async_trait(?Send)]
impl Dialect for ActiveDirectory {
    fn bind_name(&self, agent: &str) -> String {
        let whole = agent.contains(['@', '\\', '=']);
        if whole { agent.to_owned() } else { creation::principal_name(&self.settings, agent) }
    }

    fn bind_error_mapper(&self) -> BindErrorMapper {
        bind_error
    }

    fn root_dse_query(&self) -> RootDseQuery {
        RootDseQuery { root: &["supportedControl", "tokenGroups"], who_am_i: false } // Samba does not support "Who am I?"
    }

    fn server_facts(&self, root_dse: RootDse) -> ServerFacts {
        let root = root_dse.root;
        let sids = root.values("tokenGroups").to_vec();
        ServerFacts { sids, controls: root.texts("supportedControl"), ..ServerFacts::default() }
    }

    fn user_filter(&self) -> &'static str {
        "(&(objectCategory=person)(objectClass=user)(sAMAccountName=*))"
    }

    fn contact_filter(&self) -> &'static str {
        "(&(objectClass=contact)(!(objectClass=user)))"
    }

    fn login_attribute(&self) -> &'static str {
        "sAMAccountName"
    }

    fn taken_login_filter(&self, name: &str) -> String {
        creation::taken_login_filter(&self.settings, name)
    }

    fn has_unique_logins(&self) -> bool {
        true
    }

    fn immutable_id(&self) -> ImmutableId {
        OBJECT_GUID
    }

    fn exact_name_attributes(&self) -> &'static [&'static str] {
        &["userPrincipalName"]
    }

    fn unindexed_name_attributes(&self) -> &'static [&'static str] {
        &["employeeID"]
    }

    fn search_filter(&self, escaped: &str) -> String {
        format!("(|(anr={escaped})(mail={escaped}*)(displayName=*{escaped}*)(userPrincipalName={escaped}*))")
    }

    fn max_login_length(&self) -> usize {
        LONGEST_NAME
    }

    fn snapshot_attributes(&self, dn: &str) -> Vec<&'static str> {
        let rights = if self.granted.has(dn) { None } else { Some(write_rights::WRITABLE) };
        FACTS.into_iter().chain(rights).collect()
    }

    async fn user_snapshot(&self, session: &LdapSession, user: &Entry) -> Result<UserSnapshot> {
        let identity = self.identity(session).await?;
        user_snapshot::read(session, &identity, &self.granted, user).await
    }

    async fn new_user_policy(&self, session: &LdapSession) -> Result<PolicyRead> {
        Ok(policy::read_domain_policy(session).await?.rules)
    }

    async fn can_create_users(&self, session: &LdapSession) -> Result<bool> {
        creation::can_create_users(session).await
    }

    async fn new_user_obstacles(&self, session: &LdapSession) -> Result<Vec<Obstacle>> {
        let identity = self.identity(session).await?;
        let hidden = creation::unreadable_of_new_user(session, &identity).await?;
        Ok(hidden.map(Obstacle::Unreadable).into_iter().collect())
    }

    async fn set(
        &self,
        session: &LdapSession,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let user = intent.user()?.as_str();
        let secret = password.request(intent, UnicodePwd);
        // One modify sets both: without pwdLastSet 0 the temporary password would be a full sign-in.
        let changes = [("unicodePwd", secret.as_slice()), ("pwdLastSet", b"0".as_slice())];
        let result = session.connection.replace(user, &changes, Self::controls(session)).await?;
        if result.rc != 0 {
            return Err(set_error(session, &result, password.length()));
        }
        Ok(issued::describe(session, intent, user).await?)
    }

    async fn create(
        &self,
        session: &LdapSession,
        intent: &Intent<Reset>,
        new: &NewUser,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let cn = creation::free_cn(session, new).await?;
        let dn = format!("CN={},{}", dn_escape(cn.as_str()), self.settings.create_in);
        let Names { first, last } = new.customer.first_and_last();
        let upn = creation::principal_name(&self.settings, &new.username);
        let secret = password.request(intent, UnicodePwd);
        let mut attributes: Vec<(&str, Vec<&[u8]>)> = vec![
            ("objectClass", vec![b"user"]),
            ("sAMAccountName", vec![new.username.as_bytes()]),
            ("userPrincipalName", vec![upn.as_bytes()]),
            ("displayName", vec![new.customer.name.as_bytes()]),
            ("userAccountControl", vec![ENABLED]),
            ("unicodePwd", vec![secret.as_slice()]),
            ("pwdLastSet", vec![b"0"]),
        ];
        let optional = [("givenName", Some(&first)), ("sn", Some(&last)), ("mail", new.customer.email.as_ref())];
        for (name, value) in optional {
            attributes.extend(value.filter(|value| !value.is_empty()).map(|value| (name, vec![value.as_bytes()])));
        }
        attributes.extend(session.customer_id_value(new).map(|(name, id)| (name, vec![id.as_bytes()])));
        let result = session.connection.add(&dn, &attributes, Vec::new()).await?;
        match result.rc {
            0 => Ok(issued::describe(session, intent, &dn).await?),
            EXISTS => Err(exists(&new.username).into()),
            _ => Err(set_error(session, &result, password.length())),
        }
    }

    async fn read_back(&self, session: &LdapSession, issued: &Issued) -> Result<Forced> {
        let entry =
            session.connection.read_over_secret(issued.user.as_str(), &SET).await?.ok_or_else(gone_after_set)?;
        let read = forced(&entry).and_then(|change_required| Ok(Forced { change_required, stamp: stamp(&entry)? }));
        read.map_err(|hidden| unreadable_after_set(&hidden))
    }

    fn trial_answer(&self, bind: &BindAnswer) -> TrialAnswer {
        trial_answer(bind)
    }

    async fn withdraw(
        &self,
        session: &LdapSession,
        intent: &Intent<Withdrawal>,
        only: Option<&Stamp>,
        unknown: &TemporaryPassword,
    ) -> Result<()> {
        let user = intent.user()?;
        let secret = unknown.request(intent, UnicodePwd);
        let now = session.entry(user, &SET).await?;
        if forced(&now) != Ok(true) || stamp(&now).ok().flatten().as_ref() != only {
            return Err(not_pending());
        }
        let changes = [("unicodePwd", secret.as_slice()), ("pwdLastSet", b"0".as_slice())];
        let result = session.connection.replace(user.as_str(), &changes, Vec::new()).await?;
        if result.rc != 0 {
            return Err(super::errors::from_result(&session.connection.server(), &result));
        }
        let now = issued::stamp_now(session, user.as_str()).await?;
        let versions = now.and_then(|stamp| stamp.version).zip(only.and_then(|stamp| stamp.version));
        if let Some((now, before)) = versions.filter(|(now, before)| *now != before + 1) {
            let (reason, message) = if now == before {
                (Reason::NotReplicated, "This server does not know the withdrawal yet.")
            } else {
                (Reason::Superseded, "Someone else set a password for this customer at the same moment.")
            };
            return Err(Error { changed: Changed::Yes, ..Error::new(Kind::Unavailable, reason, message) });
        }
        Ok(())
    }

    fn pending_attributes(&self) -> &'static [&'static str] {
        &SET
    }

    fn pending_filter(&self) -> &'static str {
        // Every user has pwdLastSet. A filter takes a hidden one for absent, so users without it are read as well.
        "(&(|(pwdLastSet=0)(!(pwdLastSet=*)))(!(userAccountControl:1.2.840.113556.1.4.803:=2)))"
    }

    async fn pending_states(&self, _: &LdapSession, entries: &[Entry]) -> Result<Vec<PendingState>> {
        let state = |entry| match forced(entry) {
            Ok(true) => stamp(entry).map_or_else(PendingState::Unreadable, |_| PendingState::Pending),
            Ok(false) => PendingState::NotPending,
            Err(hidden) => PendingState::Unreadable(hidden),
        };
        Ok(entries.iter().map(state).collect())
    }

    fn stamp(&self, entry: &Entry) -> Option<Stamp> {
        stamp(entry).ok().flatten()
    }

    async fn server_time(&self, session: &LdapSession) -> Result<Option<Timestamp>> {
        Ok(session.connection.read("", &["currentTime"]).await?.and_then(|root| root.time("currentTime")))
    }

    async fn unlock(&self, session: &LdapSession, intent: &Intent<Reset>) -> Result<()> {
        lift_lock(session, intent.user()?).await
    }

    async fn unlock_alone(&self, session: &LdapSession, intent: &Intent<Unlocking>) -> Result<()> {
        lift_lock(session, intent.user()?).await
    }

    async fn capabilities(&self, session: &LdapSession) -> Result<Capabilities> {
        let policy = policy::read_domain_policy(session).await?;
        let mut gaps = BTreeSet::from([
            Gap::StampNamesNoAuthor,
            Gap::RulesNotListed,
            Gap::SessionsGoOn,
            Gap::NeverRunsOut,
            Gap::NoSelfService,
            Gap::WithdrawnReadsAsPending,
        ]);
        let limits = gaps.clone();
        if policy.history.is_none_or(|remembered| remembered <= 0) {
            gaps.insert(Gap::TemporaryMayBeKept);
        }
        let aids = BTreeSet::from([Aid::TellsRules, Aid::Sweeps]);
        let (change_screen, lock_outs) = (ChangeScreen::AnyProgram, LockOuts::LiftedOnRequest);
        Ok(Capabilities { gaps, limits, aids, change_screen, lock_outs, lifetime: None, concurrency: CONCURRENCY })
    }

    async fn rights(&self, session: &LdapSession) -> Result<Vec<Right>> {
        rights::read(session).await
    }

    async fn checks(&self, session: &LdapSession) -> Result<Vec<Check>> {
        let identity = self.identity(session).await?;
        checks::read(session, self, &identity).await
    }
}

//! `OpenLDAP` with the password-policy overlay (slapo-ppolicy(5)).

mod checks;
mod coverage;
mod errors;
mod groups;
mod issued;
mod nesting;
mod new_user;
mod overlay;
mod own_user;
mod policy;
mod readability;
mod server_time;
mod unchanged_filter;
mod unlock;
mod user_snapshot;
mod validity;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use async_trait::async_trait;
use jiff::Timestamp;
use ldap3::controls::{Assertion, PostRead, RawControl};
use ldap3::dn_escape;

use super::backend::{exists, not_pending};
use super::connection::BindErrorMapper;
use super::dialect::{Dialect, LdapSession, PendingState, ServerFacts};
use super::entry::Entry;
use super::immutable_id::{ENTRY_UUID, ImmutableId};
use super::openldap::unchanged_filter::unchanged_filter;
use super::result_code::{ASSERTION_FAILED, EXISTS};
use super::root_dse::{RootDse, RootDseQuery};
use super::settings::LdapSettings;
use super::trial::BindAnswer;
use super::{ber, dn};
use crate::domain::ports::SetFailed;
use crate::domain::{
    Aid, Capabilities, ChangeScreen, Check, Error, Forced, Gap, Intent, Issued, LockOuts, Names, NewUser, Obstacle,
    PolicyRead, RequestBytes, Reset, Result, Right, Stamp, TemporaryPassword, TrialAnswer, Unlocking, UserId,
    UserSnapshot, Withdrawal, refusal,
};
use errors::{bind_error, modify_error, set_error, trial_answer};
use policy::UserPolicy;
use user_snapshot::{FACTS, SET, stamp};

/// How many resets run at once. slapd has a thread for each request, and more were not faster (measured on two cores).
const CONCURRENCY: usize = 8;
/// The longest uid of a new user, in characters. Every schema takes that many.
const LONGEST_NAME: usize = 64;
/// How often a withdrawal starts again after something else of the entry changed.
const MAX_RETRIES: usize = 3;

/// The dialect of `OpenLDAP`.
pub(super) struct OpenLdap {
    settings: Rc<LdapSettings>,
    /// Whether an entry showed no entryCSN, without which sets of one second cannot be told apart.
    lacks_entry_csn: Cell<bool>,
}

impl OpenLdap {
    pub(super) const fn new(settings: Rc<LdapSettings>) -> Self {
        Self { settings, lacks_entry_csn: Cell::new(false) }
    }

    fn controls(session: &LdapSession) -> Vec<RawControl> {
        let mut controls = vec![ber::optional_control(ber::PASSWORD_POLICY)];
        if session.server_facts.has(ber::POST_READ) {
            controls.push(PostRead::new(SET.to_vec()));
        }
        controls
    }
}

#[async_trait(?Send)]
impl Dialect for OpenLdap {
    fn bind_name(&self, agent: &str) -> String {
        match &self.settings.agents {
            Some(agents) if !agent.contains('=') => format!("uid={},{agents}", dn_escape(agent)),
            _ => agent.to_owned(),
        }
    }

    fn bind_error_mapper(&self) -> BindErrorMapper {
        bind_error
    }

    fn root_dse_query(&self) -> RootDseQuery {
        RootDseQuery { root: &["supportedControl", "namingContexts"], who_am_i: true }
    }

    fn server_facts(&self, root_dse: RootDse) -> ServerFacts {
        let own = root_dse.own.as_deref().and_then(own_user::parse_authz_id);
        let root = root_dse.root;
        let base = &self.settings.base;
        let tops = root.texts("namingContexts").into_iter().filter(|top| dn::is_below(base, top));
        let top = tops.min_by_key(|top| dn::depth(top));
        let contexts = root.texts("namingContexts");
        let database = |name: &str| {
            contexts.iter().filter(|context| dn::is_below(name, context)).max_by_key(|context| dn::depth(context))
        };
        let shares_database =
            own.as_deref().is_some_and(|own| database(own).is_some() && database(own) == database(base));
        ServerFacts {
            dn: own,
            controls: root.texts("supportedControl"),
            top,
            shares_database,
            ..ServerFacts::default()
        }
    }

    fn user_filter(&self) -> &'static str {
        "(&(|(objectClass=person)(objectClass=account))(uid=*))"
    }

    fn contact_filter(&self) -> &'static str {
        "(&(objectClass=person)(!(uid=*)))"
    }

    fn login_attribute(&self) -> &'static str {
        "uid"
    }

    fn immutable_id(&self) -> ImmutableId {
        ENTRY_UUID
    }

    fn exact_name_attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn search_filter(&self, escaped: &str) -> String {
        format!("(|(uid={escaped}*)(cn=*{escaped}*)(sn={escaped}*)(givenName={escaped}*)(mail={escaped}*))")
    }

    fn max_login_length(&self) -> usize {
        LONGEST_NAME
    }

    fn snapshot_attributes(&self, _: &str) -> Vec<&'static str> {
        FACTS.to_vec()
    }

    async fn user_snapshot(&self, session: &LdapSession, user: &Entry) -> Result<UserSnapshot> {
        if !user.has("entryCSN") {
            self.lacks_entry_csn.set(true);
        }
        Box::pin(user_snapshot::read(session, user)).await
    }

    async fn new_user_policy(&self, session: &LdapSession) -> Result<PolicyRead> {
        Ok(UserPolicy::read(session, None).await?.rules())
    }

    async fn new_user_obstacles(&self, session: &LdapSession) -> Result<Vec<Obstacle>> {
        new_user::obstacles(session, self).await
    }

    async fn can_create_users(&self, _: &LdapSession) -> Result<bool> {
        Ok(true) // slapd does not tell rights: the add itself answers
    }

    async fn set(
        &self,
        session: &LdapSession,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let user = intent.user()?;
        issued::wait_for_the_next_second(session, intent.stamp_before()).await;
        let secret = password.request(intent, RequestBytes);
        // One modify sets both: between two, the password would be a full sign-in. The Password Modify operation is no
        // choice, since it clears pwdReset for everybody but the root user.
        let changes = [("userPassword", secret.as_slice()), ("pwdReset", b"TRUE".as_slice())];
        let result = session.connection.replace(user.as_str(), &changes, Self::controls(session)).await?;
        if result.rc != 0 {
            return Err(set_error(session, &result, password.length()));
        }
        Ok(issued::describe(session, intent, user.as_str(), &result).await?)
    }

    async fn create(
        &self,
        session: &LdapSession,
        intent: &Intent<Reset>,
        new: &NewUser,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        if let Some(obstacle) = UserPolicy::read(session, None).await?.obstacle() {
            return Err(refusal(&obstacle, &new.customer).into());
        }
        let Names { first, last } = new.customer.first_and_last();
        let last = if last.is_empty() { new.username.clone() } else { last };
        let secret = password.request(intent, RequestBytes);
        let dn = format!("uid={},{}", dn_escape(new.username.as_str()), session.settings.create_in);
        let classes = session.settings.object_classes.iter().map(String::as_bytes).collect();
        let mut attributes: Vec<(&str, Vec<&[u8]>)> = vec![
            ("objectClass", classes),
            ("uid", vec![new.username.as_bytes()]),
            ("cn", vec![new.customer.name.as_bytes()]),
            ("sn", vec![last.as_bytes()]),
            ("userPassword", vec![secret.as_slice()]),
            ("pwdReset", vec![b"TRUE"]),
        ];
        if !first.is_empty() {
            attributes.push(("givenName", vec![first.as_bytes()]));
        }
        if let Some(email) = &new.customer.email {
            attributes.push(("mail", vec![email.as_bytes()]));
        }
        attributes.extend(session.customer_id_value(new).map(|(name, id)| (name, vec![id.as_bytes()])));
        let result = session.connection.add(&dn, &attributes, Self::controls(session)).await?;
        match result.rc {
            0 => Ok(issued::describe(session, intent, &dn, &result).await?),
            EXISTS => Err(exists(&new.username).into()),
            _ => Err(set_error(session, &result, password.length())),
        }
    }

    async fn read_back(&self, session: &LdapSession, issued: &Issued) -> Result<Forced> {
        issued::read_back(session, issued).await
    }

    fn trial_answer(&self, bind: &BindAnswer) -> TrialAnswer {
        trial_answer(bind)
    }

    async fn forced_after_trial(&self, session: &LdapSession, user: &UserId) -> Result<Option<Forced>> {
        issued::read_after_trial(session, user).await.map(Some)
    }

    async fn withdraw(
        &self,
        session: &LdapSession,
        intent: &Intent<Withdrawal>,
        only: Option<&Stamp>,
        unknown: &TemporaryPassword,
    ) -> Result<()> {
        let user = intent.user()?;
        let secret = unknown.request(intent, RequestBytes);
        let changes = [("userPassword", secret.as_slice()), ("pwdReset", b"TRUE".as_slice())];
        for _ in 0..MAX_RETRIES {
            let now = session.entry(user, &SET).await?;
            let is_reset = readability::is_reset(session, &now).await?;
            let is_reset =
                is_reset.ok_or_else(|| readability::unreadable_error(&readability::unreadable("pwdReset")))?;
            if !is_reset || !Stamp::same_set(stamp(&now).as_ref(), only) {
                return Err(not_pending());
            }
            let mut controls = Self::controls(session);
            if session.server_facts.has(ber::ASSERTION) {
                controls.push(RawControl { crit: true, ..Assertion::new(unchanged_filter(&now)) });
            }
            let result = session.connection.replace(user.as_str(), &changes, controls).await?;
            match result.rc {
                0 => return Ok(()),
                ASSERTION_FAILED => {} // a refused sign-in changes the entry as well, so look again
                _ => return Err(modify_error(session, &result)),
            }
        }
        Err(Error::unavailable("The user's entry changes faster than the temporary password can be withdrawn.")
            .hint("Somebody may be trying passwords for this user. Try again in a minute."))
    }

    fn pending_attributes(&self) -> &'static [&'static str] {
        &SET
    }

    fn pending_filter(&self) -> &'static str {
        "(pwdReset=TRUE)"
    }

    async fn pending_states(&self, session: &LdapSession, entries: &[Entry]) -> Result<Vec<PendingState>> {
        coverage::check(session, self, entries).await?;
        // The filter vouches for an entry that comes without pwdReset: agents may search it without reading it.
        let is_pending = |entry: &Entry| entry.is_true("pwdReset") || !entry.has("pwdReset");
        let state = |entry| match stamp(entry) {
            _ if !is_pending(entry) => PendingState::NotPending,
            Some(_) => PendingState::Pending,
            None => PendingState::Unreadable(readability::unreadable("createTimestamp")),
        };
        Ok(entries.iter().map(state).collect())
    }

    fn stamp(&self, entry: &Entry) -> Option<Stamp> {
        stamp(entry)
    }

    async fn server_time(&self, session: &LdapSession) -> Result<Option<Timestamp>> {
        server_time::read(session).await
    }

    async fn unlock(&self, _: &LdapSession, _: &Intent<Reset>) -> Result<()> {
        Ok(()) // the set lifted it (slapo-ppolicy(5): a changed password deletes pwdAccountLockedTime)
    }

    async fn unlock_alone(&self, session: &LdapSession, intent: &Intent<Unlocking>) -> Result<()> {
        unlock::lift_lock(session, intent.user()?).await
    }

    async fn capabilities(&self, session: &LdapSession) -> Result<Capabilities> {
        let policy = UserPolicy::read(session, None).await?;
        let mut gaps = BTreeSet::from([
            Gap::RulesNotListed,
            Gap::SessionsGoOn,
            Gap::NeverRunsOut,
            Gap::NoSelfService,
            Gap::WithdrawnReadsAsPending,
        ]);
        if policy.allows_reuse() {
            gaps.insert(Gap::TemporaryMayBeKept);
        }
        if !policy.needs_old_password() {
            gaps.insert(Gap::OpenFormOutlives);
        }
        if !session.server_facts.has(ber::POST_READ) || self.lacks_entry_csn.get() {
            gaps.insert(Gap::StampNamesNoAuthor);
        }
        let aids = BTreeSet::from([Aid::TellsRules, Aid::Sweeps]);
        let limits = BTreeSet::from([
            Gap::StampNamesNoAuthor,
            Gap::RulesNotListed,
            Gap::SessionsGoOn,
            Gap::NeverRunsOut,
            Gap::NoSelfService,
            Gap::WithdrawnReadsAsPending,
        ]);
        let (change_screen, lock_outs) = (ChangeScreen::AnyProgram, LockOuts::LiftedBySet);
        Ok(Capabilities { gaps, limits, aids, change_screen, lock_outs, lifetime: None, concurrency: CONCURRENCY })
    }

    async fn rights(&self, _: &LdapSession) -> Result<Vec<Right>> {
        // slapd does not tell rights, so any may have been granted. The first change shows it.
        Ok(vec![Right::FindCustomers, Right::IssueTemporaryPasswords, Right::CreateUsers, Right::Unlock, Right::Sweep])
    }

    fn tells_rights(&self) -> bool {
        false
    }

    async fn checks(&self, session: &LdapSession) -> Result<Vec<Check>> {
        checks::read(session).await
    }
}

//! Active Directory: Windows Server, and Samba as a domain controller.

mod checks;
mod permissions;
mod policy;
mod rights;
mod standing;
mod values;

use std::collections::BTreeSet;
use std::rc::Rc;

use async_trait::async_trait;
use ldap3::controls::RawControl;
use ldap3::{LdapResult, Scope, dn_escape, ldap_escape};

use super::agent::LdapAgent;
use super::backend::{exists, gone_after_set, not_pending};
use super::ber;
use super::connection::BindRefused;
use super::dialect::{Dialect, Known, wrong_password};
use super::entry::Entry;
use super::failure::{self, CONSTRAINT, EXISTS, UNWILLING, WRONG_CREDENTIALS};
use super::greeting::{Asks, Greeting};
use super::settings::{LdapSettings, suffix};
use crate::domain::ports::{Intent, SetFailed};
use crate::domain::{
    Aid, Answer, Capabilities, Changed, Check, Failure, Forced, Gap, Issued, Kind, Names, NewUser, PolicyRead, Reason,
    Right, Rule, Stamp, Standing, TemporaryPassword, UserId,
};
use rights::{Granted, MayWrite};
use standing::{change_required, stamp};
use values::unicode_pwd;

/// A domain controller works on one change at a time; what the others need besides is done meanwhile. With two it had
/// pauses, with eight no fewer than with four (measured on Samba and two cores).
const CONCURRENCY: usize = 4;
/// What a set is recognised by.
const SET: [&str; 4] =
    ["pwdLastSet", "userAccountControl", "msDS-User-Account-Control-Computed", "replPropertyMetaData"];
/// The longest sAMAccountName of a user, in characters ([MS-SAMR] section 3.1.1.6).
const LONGEST_NAME: usize = 20;
/// userAccountControl of a new user: an ordinary, enabled one.
const ENABLED: &[u8] = b"512";

/// The dialect of Active Directory.
pub(super) struct ActiveDirectory {
    settings: Rc<LdapSettings>,
    granted: Granted,
}

impl ActiveDirectory {
    pub(super) fn new(settings: Rc<LdapSettings>) -> Self {
        Self { settings, granted: Granted::default() }
    }

    /// A reset ignores the history unless it is asked to keep it; asked where the server knows the control.
    fn controls(agent: &LdapAgent) -> Vec<RawControl> {
        if !agent.known.has(ber::POLICY_HINTS) {
            return Vec::new();
        }
        let hints = vec![0x30, 3, 2, 1, 1]; // SEQUENCE { INTEGER 1 }
        vec![RawControl { ctype: ber::POLICY_HINTS.to_owned(), crit: true, val: Some(hints) }]
    }

    /// What a set leaves: the version that follows the one before. The server's answer says nothing of it, and the time is
    /// told by the read-back; where no version was read before, the stamp is read now.
    async fn issued(agent: &LdapAgent, dn: &str, before: Option<&Stamp>) -> Answer<Issued> {
        let stamp = match before.and_then(|stamp| stamp.version) {
            Some(before) => Some(Stamp { at: None, version: Some(before + 1) }),
            None => Self::stamp_now(agent, dn).await?,
        };
        let at = stamp.as_ref().and_then(|stamp| stamp.at).unwrap_or_else(|| agent.clock.now());
        Ok(Issued { user: UserId::new(dn), stamp, at, expires_at: None })
    }

    /// The stamp directly after a set.
    async fn stamp_now(agent: &LdapAgent, dn: &str) -> Answer<Option<Stamp>> {
        let read =
            agent.connection.read_after_a_secret(dn, &SET).await.and_then(|entry| entry.ok_or_else(gone_after_set));
        read.map(|entry| stamp(&entry)).map_err(|failure| Failure { changed: Changed::Yes, ..failure })
    }

    fn upn(&self, username: &str) -> String {
        let domain = || {
            suffix(&self.settings.base)
                .split(',')
                .filter_map(|part| part.split_once('=').map(|(_, value)| value.trim().to_lowercase()))
                .collect::<Vec<_>>()
                .join(".")
        };
        format!("{username}@{}", self.settings.upn_suffix.clone().unwrap_or_else(domain))
    }

    /// A name for the new entry that nobody below the same unit has.
    async fn free_cn(&self, agent: &LdapAgent, new: &NewUser) -> Answer<String> {
        let name: String = new.customer.name.chars().take(64 - LONGEST_NAME - 3).collect(); // cn: 64 at most
        let filter = format!("(cn={})", ldap_escape(name.as_str()));
        let taken = agent.connection.search(&self.settings.create_in, Scope::OneLevel, &filter, &["1.1"], 1).await?;
        let free = taken.entries.is_empty() && !name.trim().is_empty();
        Ok(if free { name } else { format!("{} ({})", name.trim(), new.username) })
    }
}

/// Why a password was not taken. Samba says the rule; Windows says 0000052D alone.
fn not_taken(agent: &LdapAgent, result: &LdapResult, length: usize) -> SetFailed {
    let policy = result.text.contains("0000052D") || result.text.contains("0000052d");
    if policy && matches!(result.rc, CONSTRAINT | UNWILLING) {
        let words = result.text.to_lowercase();
        let longer = words.split("longer than ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        return SetFailed::Policy(match longer {
            Some(length) => vec![Rule::MinLength(length)],
            None if words.contains("complexity") => {
                vec![Rule::Upper(2), Rule::Lower(2), Rule::Digits(2), Rule::Special(2)]
            }
            None => {
                vec![Rule::MinLength(length + 8), Rule::Upper(2), Rule::Lower(2), Rule::Digits(2), Rule::Special(2)]
            }
        });
    }
    failure::refused(&agent.connection.server(), result).into()
}

/// The number after "data" in a refused bind ([MS-ERREF] section 2.2).
fn bind_refused(result: &LdapResult) -> Option<Failure> {
    if result.rc != WRONG_CREDENTIALS {
        return None;
    }
    let data = result.text.split("data ").nth(1).unwrap_or_default();
    let code: String = data.chars().take_while(char::is_ascii_hexdigit).collect();
    let no = |reason, words: &str| Failure::new(Kind::NotAllowed, reason, words);
    Some(match code.as_str() {
        "775" => no(Reason::Locked, "Your own user is locked after failed attempts. Wait, or have it unlocked."),
        "533" => no(Reason::Disabled, "Your own user is disabled."),
        "532" => {
            no(Reason::PasswordExpired, "Your own password has expired. Choose a new one first, then sign in again.")
        }
        "701" => no(Reason::Disabled, "Your own user's time has ended (accountExpires)."),
        "773" => no(Reason::PasswordExpired, "You must choose a new password of your own first, then sign in again."),
        "530" | "531" => no(Reason::Disabled, "Your own user may not sign in now, or from here."),
        _ => wrong_password(result),
    })
}

#[async_trait(?Send)]
impl Dialect for ActiveDirectory {
    fn bind_name(&self, agent: &str) -> String {
        let whole = agent.contains(['@', '\\', '=']);
        if whole { agent.to_owned() } else { self.upn(agent) }
    }

    fn bind_refused(&self) -> BindRefused {
        bind_refused
    }

    fn asks(&self) -> Asks {
        Asks { root: &["supportedControl", "tokenGroups"], who_am_i: false } // Samba does not know that question
    }

    fn known(&self, greeting: Greeting) -> Known {
        let root = greeting.root;
        let sids = root.values("tokenGroups").to_vec();
        Known { sids, controls: root.texts("supportedControl"), ..Known::default() }
    }

    fn users(&self) -> &'static str {
        "(&(objectCategory=person)(objectClass=user)(sAMAccountName=*))"
    }

    fn contacts(&self) -> &'static str {
        "(&(objectClass=contact)(!(objectClass=user)))"
    }

    fn login(&self) -> &'static str {
        "sAMAccountName"
    }

    fn has_unique_logins(&self) -> bool {
        true
    }

    fn also_names(&self) -> &'static [&'static str] {
        &["userPrincipalName"]
    }

    fn slow_names(&self) -> &'static [&'static str] {
        &["employeeID"]
    }

    fn search(&self, escaped: &str) -> String {
        format!("(|(anr={escaped})(mail={escaped}*)(displayName=*{escaped}*)(userPrincipalName={escaped}*))")
    }

    fn longest_login(&self) -> usize {
        LONGEST_NAME
    }

    fn facts(&self, dn: &str) -> Vec<&'static str> {
        let rights = if self.granted.lately(dn) { None } else { Some(rights::WRITABLE) };
        standing::FACTS.into_iter().chain(rights).collect()
    }

    async fn standing(&self, agent: &LdapAgent, user: &Entry) -> Answer<Standing> {
        standing::read(agent, &self.granted, user).await
    }

    async fn new_users_policy(&self, agent: &LdapAgent) -> Answer<PolicyRead> {
        Ok(policy::read(agent, None).await?.rules)
    }

    async fn may_create(&self, agent: &LdapAgent) -> Answer<bool> {
        let unit = agent.connection.read(&agent.settings.create_in, &["allowedChildClassesEffective"]).await?;
        Ok(unit.is_some_and(|unit| unit.texts("allowedChildClassesEffective").iter().any(|class| class == "user")))
    }

    async fn set(
        &self,
        agent: &LdapAgent,
        intent: &Intent,
        user: &UserId,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let secret = unicode_pwd(password.for_backend(intent));
        // One modify: without pwdLastSet 0 in it the temporary password would be a full sign-in.
        let changes = [("unicodePwd", secret.as_slice()), ("pwdLastSet", b"0".as_slice())];
        let result = agent.connection.replace(user.as_str(), &changes, Self::controls(agent)).await?;
        if result.rc != 0 {
            return Err(not_taken(agent, &result, password.for_backend(intent).len()));
        }
        Ok(Self::issued(agent, user.as_str(), intent.stamp_before()).await?)
    }

    async fn create(
        &self,
        agent: &LdapAgent,
        intent: &Intent,
        new: &NewUser,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        let cn = self.free_cn(agent, new).await?;
        let dn = format!("CN={},{}", dn_escape(cn.as_str()), self.settings.create_in);
        let Names { first, last } = new.customer.first_and_last();
        let upn = self.upn(&new.username);
        let secret = unicode_pwd(password.for_backend(intent));
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
        if let Some(attribute) = agent.settings.customer_id.as_deref().filter(|_| !new.new_customer) {
            attributes.push((attribute, vec![new.customer.id.as_str().as_bytes()]));
        }
        let result = agent.connection.add(&dn, &attributes, Vec::new()).await?;
        match result.rc {
            0 => Ok(Self::issued(agent, &dn, None).await?),
            EXISTS => Err(exists(&new.username).into()),
            _ => Err(not_taken(agent, &result, password.for_backend(intent).len())),
        }
    }

    async fn read_back(&self, agent: &LdapAgent, issued: &Issued) -> Answer<Forced> {
        let entry =
            agent.connection.read_after_a_secret(issued.user.as_str(), &SET).await?.ok_or_else(gone_after_set)?;
        Ok(Forced { change_required: change_required(&entry), stamp: stamp(&entry) })
    }

    async fn withdraw(
        &self,
        agent: &LdapAgent,
        intent: &Intent,
        user: &UserId,
        only: Option<&Stamp>,
        unknown: &TemporaryPassword,
    ) -> Answer<()> {
        let secret = unicode_pwd(unknown.for_backend(intent));
        let now = agent.entry(user, &SET).await?;
        if !change_required(&now) || stamp(&now).as_ref() != only {
            return Err(not_pending());
        }
        let changes = [("unicodePwd", secret.as_slice()), ("pwdLastSet", b"0".as_slice())];
        let result = agent.connection.replace(user.as_str(), &changes, Vec::new()).await?;
        if result.rc != 0 {
            return Err(failure::refused(&agent.connection.server(), &result));
        }
        let now = Self::stamp_now(agent, user.as_str()).await?;
        let versions = now.and_then(|stamp| stamp.version).zip(only.and_then(|stamp| stamp.version));
        if versions.is_some_and(|(now, before)| now != before + 1) {
            let told = "Someone else set a password for this customer at the same moment.";
            let told = Failure::new(Kind::Unavailable, Reason::Superseded, told);
            return Err(Failure { changed: Changed::Yes, ..told });
        }
        Ok(())
    }

    fn recognised_by(&self) -> &'static [&'static str] {
        &SET
    }

    fn pending(&self) -> &'static str {
        "(&(pwdLastSet=0)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))"
    }

    fn is_pending(&self, entry: &Entry) -> bool {
        change_required(entry)
    }

    fn stamp(&self, entry: &Entry) -> Option<Stamp> {
        stamp(entry)
    }

    async fn unlock(&self, agent: &LdapAgent, user: &UserId) -> Answer<()> {
        let result = agent.connection.replace(user.as_str(), &[("lockoutTime", b"0".as_slice())], Vec::new()).await?;
        if result.rc == 0 { Ok(()) } else { Err(failure::refused(&agent.connection.server(), &result)) }
    }

    async fn capabilities(&self, agent: &LdapAgent) -> Answer<Capabilities> {
        let policy = policy::read(agent, None).await?;
        let mut gaps = BTreeSet::from([
            Gap::StampNamesNoAuthor,
            Gap::RulesNotListed,
            Gap::SessionsGoOn,
            Gap::NeverRunsOut,
            Gap::NoSelfService,
            Gap::WithdrawnReadsAsPending,
        ]);
        if policy.history == Some(0) {
            gaps.insert(Gap::TemporaryMayBeKept);
        }
        let aids = BTreeSet::from([Aid::TellsRules, Aid::Sweeps]);
        Ok(Capabilities { gaps, aids, set_lifts_lock: false, concurrency: CONCURRENCY })
    }

    async fn rights(&self, agent: &LdapAgent) -> Answer<Vec<Right>> {
        let mut rights = vec![Right::FindCustomers];
        if let Some(user) = agent.a_user().await? {
            let user = agent.entry(&UserId::new(user), &[rights::WRITABLE]).await?;
            let may_write = MayWrite::of(&user);
            if may_write.change {
                rights.extend([Right::IssueTemporaryPasswords, Right::Sweep]);
            }
            if may_write.lock {
                rights.push(Right::Unlock);
            }
        }
        if self.may_create(agent).await? {
            rights.push(Right::CreateUsers);
        }
        Ok(rights)
    }

    async fn checks(&self, agent: &LdapAgent) -> Answer<Vec<Check>> {
        checks::read(agent, self).await
    }
}

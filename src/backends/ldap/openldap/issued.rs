//! What a set left behind: its stamp, whether a change is forced, and both again after a sign-in.

use ldap3::LdapResult;

use super::policy::UserPolicy;
use super::readability::{self, Freshness};
use super::user_snapshot::{SET, password_time, stamp, stamp_of_change};
use crate::backends::ldap::backend::gone_after_set;
use crate::backends::ldap::ber;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::immutable_id::ENTRY_UUID;
use crate::domain::{Changed, Error, Forced, Intent, Issued, Reset, Result, Stamp, UserId};

/// Waits for the next second if the password was set in this one, since pwdChangedTime has whole seconds.
pub(super) async fn wait_for_the_next_second(session: &LdapSession, before: Option<&Stamp>) {
    let Some(at) = before.and_then(|stamp| stamp.at) else { return };
    let since = session.clock.now().duration_since(at);
    if !since.is_negative() && since < jiff::SignedDuration::from_millis(1050) {
        let rest = jiff::SignedDuration::from_millis(1050).checked_sub(since).unwrap_or_default();
        tokio::time::sleep(rest.unsigned_abs()).await;
    }
}

/// Describes a set by the answer to it, or by a read right after it.
pub(super) async fn describe(
    session: &LdapSession,
    intent: &Intent<Reset>,
    dn: &str,
    result: &LdapResult,
) -> Result<Issued> {
    let left = ber::post_read(result);
    let mut immutable_id = intent.immutable_id().map(str::to_owned).or_else(|| ENTRY_UUID.of(left.as_ref()?));
    let before = intent.stamp_before().and_then(|stamp| stamp.at);
    let stamp =
        if let Some(change) = left.as_ref().filter(|left| password_time(left) == before).and_then(stamp_of_change) {
            // Without the overlay no set moves the time of the password. The read-back says so.
            change
        } else {
            // The post-read control returns only what the session may read. It is useless without the time.
            let entry = if let Some(entry) = left.filter(|entry| entry.has("pwdChangedTime")) {
                entry
            } else {
                let after = session.connection.read_after_a_change(dn, &SET).await;
                after.map_err(|error| Error { changed: Changed::Yes, ..error })?.ok_or_else(gone_after_set)?
            };
            immutable_id = immutable_id.or_else(|| ENTRY_UUID.of(&entry));
            stamp_after_set(session, &entry).await.map_err(|error| Error { changed: Changed::Yes, ..error })?
        };
    let at = stamp.at.unwrap_or_else(|| session.clock.now());
    Ok(Issued { user: UserId::new(dn), immutable_id, stamp: Some(stamp), at, expires_at: None })
}

/// Reads back whether a change is forced, by the entry and the policy that applies now.
pub(super) async fn read_back(session: &LdapSession, issued: &Issued) -> Result<Forced> {
    let wanted = [&SET[..], &["pwdPolicySubentry"]].concat();
    let (entry, policy) = tokio::try_join!(
        session.connection.read_over_secret(issued.user.as_str(), &wanted),
        UserPolicy::read_now(session, None)
    )?;
    let entry = entry.ok_or_else(gone_after_set)?;
    if is_without_overlay(&entry, issued) {
        return Ok(Forced { change_required: false, stamp: issued.stamp.clone() });
    }
    let policy = policy.or_named_by(session, &entry).await?;
    if policy.dates_additions() && !entry.has("pwdChangedTime") {
        return Ok(Forced { change_required: false, stamp: issued.stamp.clone() });
    }
    let is_reset = is_reset_after_set(session, &entry).await?;
    let change_required = is_reset && policy.obstacle().is_none();
    Ok(Forced { change_required, stamp: Some(stamp_after_set(session, &entry).await?) })
}

/// Reads what a sign-in may have moved: it changes the entry where lastbind is on, and where it clears failed attempts.
pub(super) async fn read_after_trial(session: &LdapSession, user: &UserId) -> Result<Forced> {
    let entry = session.connection.read_after_a_change(user.as_str(), &SET).await?.ok_or_else(gone_after_set)?;
    let change_required = is_reset_after_set(session, &entry).await?;
    Ok(Forced { change_required, stamp: Some(stamp_after_set(session, &entry).await?) })
}

/// Whether the last change of the entry is this set, and yet the time of the password is another.
fn is_without_overlay(entry: &Entry, issued: &Issued) -> bool {
    let set = issued.stamp.as_ref();
    password_time(entry) != set.and_then(|set| set.at)
        && set.is_some_and(|set| set.version.is_some())
        && stamp_of_change(entry).as_ref() == set
}

async fn stamp_after_set(session: &LdapSession, entry: &Entry) -> Result<Stamp> {
    let hidden = readability::hidden(session, entry, &["pwdChangedTime"], Freshness::Now).await?;
    stamp(entry).filter(|_| hidden.is_empty()).ok_or_else(|| readability::unreadable_error_after_set("pwdChangedTime"))
}

async fn is_reset_after_set(session: &LdapSession, entry: &Entry) -> Result<bool> {
    let is_reset = readability::is_reset(session, entry).await?;
    is_reset.ok_or_else(|| readability::unreadable_error_after_set("pwdReset"))
}
